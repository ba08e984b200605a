/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/inbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/flow/format.h"

/* Some of the longest lines there are. */
enum { INBOX_SIZE = 4 * FORMAT_LINE_MAX };

struct inbox {
	size_t len;
	char   bytes[INBOX_SIZE];
};

struct inbox *inbox_new(struct err *err)
{
	void *inbox = mmap(NULL, sizeof(struct inbox), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (inbox != MAP_FAILED)
		return inbox;
	err_sys(err, "cannot share memory");
	return NULL;
}

void inbox_free(struct inbox *inbox)
{
	if (inbox)
		munmap(inbox, sizeof(*inbox));
}

size_t inbox_memory_bytes(void)
{
	return sizeof(struct inbox);
}

enum inbox_state inbox_fill(struct inbox *inbox, int fd, int wait_ms)
{
	struct pollfd pipe = { .fd = fd, .events = POLLIN };
	ssize_t	      got;

	if (inbox->len == INBOX_SIZE)
		return INBOX_NEWS;
	if (poll(&pipe, 1, wait_ms) <= 0)
		return INBOX_IDLE;
	got = read(fd, inbox->bytes + inbox->len, INBOX_SIZE - inbox->len);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return INBOX_IDLE;
	if (got <= 0)
		return INBOX_ENDED;
	inbox->len += (size_t)got;
	return INBOX_NEWS;
}

struct str inbox_lines(const struct inbox *inbox)
{
	const char *last = memrchr(inbox->bytes, '\n', inbox->len);
	size_t	    len = last ? (size_t)(last + 1 - inbox->bytes) : 0;

	return (struct str){ inbox->bytes, !last && inbox->len == INBOX_SIZE ? INBOX_SIZE : len };
}

void inbox_forget(struct inbox *inbox, size_t size)
{
	assert(size <= inbox->len);
	memmove(inbox->bytes, inbox->bytes + size, inbox->len - size);
	inbox->len -= size;
}

size_t inbox_rest(const struct inbox *inbox)
{
	return inbox->len;
}
