/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/flow/log_bucket.h"
#include "lib/flow/stream_layer.h"

struct stream {
	char	     *path; /* for errors */
	int	      fd;   /* owned unless standard input; -1: an object of S3 */
	struct layer *file, *top;
};

static size_t read_file(struct layer *layer, char *out, size_t size)
{
	const int *fd = layer->state;
	ssize_t	   got = read(*fd, out, size);

	if (got < 0)
		err_set(&layer->failure, ERR_INPUT, "cannot be read: %s", strerror(errno));
	return got < 0 ? 0 : (size_t)got;
}

static const struct layer_ops layer_file = { .name = "file", .read = read_file };

static struct stream *open_object(const char *path, struct err *err)
{
	struct layer  *object = log_bucket_layer(path, err);
	struct stream *stream;

	if (!object)
		return NULL;
	stream = mem_alloc(sizeof(*stream));
	stream->path = mem_copy_str(path);
	stream->fd = -1;
	stream->file = stream->top = object;
	return stream;
}

static struct stream *open_file(const char *path, struct err *err)
{
	bool	       is_stdin = strcmp(path, "-") == 0;
	struct stat    info;
	struct stream *stream;
	int	       fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_at(err, path, 0, 0, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
		if (!is_stdin)
			close(fd);
		err_at(err, path, 0, 0, "is a folder, expected a file of flow-log lines");
		return NULL;
	}
	stream = mem_alloc(sizeof(*stream));
	stream->path = mem_copy_str(is_stdin ? "standard input" : path);
	stream->fd = fd;
	stream->file = stream->top = layer_new(NULL);
	layer_start(stream->file, &layer_file);
	stream->file->state = &stream->fd;
	return stream;
}

struct stream *stream_open(const char *path, struct err *err)
{
	return is_in_bucket(path) ? open_object(path, err) : open_file(path, err);
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	layer_free(stream->top);
	if (stream->fd >= 0 && stream->fd != STDIN_FILENO)
		close(stream->fd);
	free(stream->path);
	free(stream);
}

void stream_close_at(struct stream **stream)
{
	stream_close(*stream);
}

ssize_t stream_read(struct stream *stream, char *out, size_t size, struct err *err)
{
	size_t got;

	assert(size >= STREAM_READ_MIN);
	if (stream->top == stream->file)
		stream->top = layer_pile(stream->file);
	got = layer_read(stream->top, out, size);
	if (got == 0 && stream->top->failure.kind) {
		*err = stream->top->failure;
		return err_in(err, stream->path);
	}
	return (ssize_t)got;
}

uint64_t stream_taken(const struct stream *stream)
{
	return stream->file->given;
}
