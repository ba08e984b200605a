/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/inbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "lib/flow/format.h"
#include "sensor/shared_memory.h"

/* Some of the longest lines there are. */
enum { INBOX_SIZE = 4 * FORMAT_LINE_MAX };

/* What is not kept elsewhere: where it begins, and its bytes.  One word, so that a kill leaves it whole. */
struct inbox {
	_Atomic uint64_t place; /* begin << 32 | len */
	char		 bytes[INBOX_SIZE];
};

static size_t begin_of(const struct inbox *inbox)
{
	return (size_t)(inbox->place >> 32);
}

static size_t len_of(const struct inbox *inbox)
{
	return (size_t)(inbox->place & UINT32_MAX);
}

static void set_place(struct inbox *inbox, size_t begin, size_t len)
{
	inbox->place = (uint64_t)begin << 32 | len;
}

struct inbox *inbox_new(struct err *err)
{
	return shared_memory_new(sizeof(struct inbox), err);
}

void inbox_free(struct inbox *inbox)
{
	shared_memory_free(inbox, sizeof(*inbox));
}

size_t inbox_memory_bytes(void)
{
	return sizeof(struct inbox);
}

/* To the front, without writing over what is not copied yet; more than half of all is no line any more. */
static void make_room(struct inbox *inbox)
{
	size_t begin = begin_of(inbox), len = len_of(inbox);

	if (!begin || (len > begin && begin + len < INBOX_SIZE))
		return;
	memmove(inbox->bytes, inbox->bytes + begin, len);
	set_place(inbox, 0, len);
}

enum inbox_state inbox_fill(struct inbox *inbox, int fd, int wait_ms)
{
	struct pollfd pipe = { .fd = fd, .events = POLLIN };
	size_t	      begin, len;
	ssize_t	      got;

	make_room(inbox);
	begin = begin_of(inbox);
	len = len_of(inbox);
	if (begin + len == INBOX_SIZE)
		return INBOX_NEWS;
	if (poll(&pipe, 1, wait_ms) <= 0)
		return INBOX_IDLE;
	got = read(fd, inbox->bytes + begin + len, INBOX_SIZE - begin - len);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return INBOX_IDLE;
	if (got <= 0)
		return INBOX_ENDED;
	set_place(inbox, begin, len + (size_t)got);
	return INBOX_NEWS;
}

struct str inbox_lines(const struct inbox *inbox)
{
	const char *bytes = inbox->bytes + begin_of(inbox);
	size_t	    all = len_of(inbox);
	const char *last = memrchr(bytes, '\n', all);
	size_t	    len = last ? (size_t)(last + 1 - bytes) : 0;

	return (struct str){ bytes, !last && all == INBOX_SIZE ? all : len };
}

void inbox_forget(struct inbox *inbox, size_t size)
{
	assert(size <= len_of(inbox));
	set_place(inbox, begin_of(inbox) + size, len_of(inbox) - size);
}

size_t inbox_rest(const struct inbox *inbox)
{
	return len_of(inbox);
}
