/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"

struct buf secret_buf_make(size_t max)
{
	return (struct buf){ .data = mem_alloc(max + 1), .capacity = max + 1, .max = max };
}

void secret_buf_done(struct buf *buf)
{
	if (buf->capacity)
		OPENSSL_cleanse(buf->data, buf->capacity);
	buf_done(buf);
}

static int input_sys(struct err *err, const char *path)
{
	return err_at(err, path, 0, 0, "cannot be read: %s", strerror(errno));
}

int secret_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	auto_close int	       fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_secret struct buf text = secret_buf_make(fd < 0 ? 0 : max + 1);

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return input_sys(err, path);
	while (fd >= 0) {
		ssize_t got = read(fd, text.data + text.len, text.max - text.len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return input_sys(err, path);
		if (got == 0)
			break;
		text.len += (size_t)got;
		if (text.len > max)
			return err_at(err, path, 0, 0, "has more than %zu bytes", max);
	}
	*out = text;
	text = buf_make(0);
	return fd >= 0;
}
