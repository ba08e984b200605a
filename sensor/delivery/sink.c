/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/flow/writer.h"
#include "sensor/delivery/delivery.h"
#include "sensor/delivery/draft_keeper.h"

enum {
	PIECE_SIZE = 1 << 16, /* written in one call where there is no need to wait for a reader */
	PATIENT_SIZE = 1 << 20, /* of the queue there */
	LINE_SIZE = 64, /* bytes of queue for each line it may hold; few lines are shorter */
	TEXT_MAX = SEGMENT_FRAME_MAX + FORMAT_LINE_MAX
};

#define NS_PER_MS UINT64_C(1000000)

/* One line in the queue. */
struct line {
	uint32_t size; /* what is still to be written of it */
	bool	 is_record, is_flow, is_text;
	uint64_t packets;
};

/* Two rings: the bytes of the lines, and what the lines are. */
struct sink {
	struct file_draft   draft;  /* whole only */
	struct draft_keeper keeper; /* of the draft, once it is entrusted */
	struct format	    format;
	const char	   *path; /* borrowed */
	int		    fd;
	bool		    is_draft, owns_fd;
	bool		    is_courier;
	bool		    is_patient; /* may wait until fd takes what it is given */
	struct buf	    text;	/* the line being made */
	char		   *bytes;
	size_t		    size, head, used;
	struct line	   *lines;
	size_t		    line_max, line_head, line_count;
	char		    piece[PIECE_SIZE];
};

static int write_error(const struct sink *sink, struct err *err)
{
	if (strcmp(sink->path, "-") == 0)
		return err_sys(err, "cannot write to standard output");
	return err_sys(err, "cannot write '%s'", sink->path);
}

/* Not waiting is a matter of the open file, which others may share: so it is opened once more. */
static int open_stdout(struct sink *sink, struct err *err)
{
	struct stat info;
	int	    flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return write_error(sink, err);
	}
	sink->fd = STDOUT_FILENO;
	sink->is_patient = fstat(STDOUT_FILENO, &info) == 0 && S_ISREG(info.st_mode);
	if (!sink->is_patient) {
		int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		/* A socket cannot be, and a pipe of another user: poll tells when these have room. */
		sink->owns_fd = fd >= 0;
		sink->fd = fd >= 0 ? fd : STDOUT_FILENO;
	}
	return 0;
}

/* A named pipe is opened when it has a reader. */
static int open_file(struct sink *sink, struct err *err)
{
	struct stat info;
	int fd = open(sink->path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);

	if (fd < 0)
		return write_error(sink, err);
	sink->fd = fd;
	sink->owns_fd = true;
	sink->is_patient = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
	if (!sink->is_patient && fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) < 0)
		return write_error(sink, err);
	return 0;
}

/* Nobody else has this side of the pipe. */
static int open_courier(struct sink *sink, int fd, struct err *err)
{
	sink->fd = fd;
	sink->is_courier = true;
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? write_error(sink, err) : 0;
}

static int open_fd(struct sink *sink, const struct sink_args *args, struct err *err)
{
	if (args->is_courier)
		return open_courier(sink, args->fd, err);
	if (args->whole) {
		sink->is_patient = true;
		sink->is_draft = true;
		if (file_draft_open(&sink->draft, sink->path, err) < 0)
			return -1;
		sink->fd = fileno(sink->draft.stream);
		return 0;
	}
	if (strcmp(sink->path, "-") != 0)
		return open_file(sink, err);
	return open_stdout(sink, err);
}

static void copy_in(struct sink *sink, const char *text, size_t len)
{
	size_t at = (sink->head + sink->used) % sink->size;
	size_t first = len < sink->size - at ? len : sink->size - at;

	memcpy(sink->bytes + at, text, first);
	memcpy(sink->bytes, text + first, len - first);
	sink->used += len;
}

static bool has_room(const struct sink *sink)
{
	return sink->line_count < sink->line_max && sink->text.len <= sink->size - sink->used;
}

/* Puts sink->text into the queue. */
static void queue_text(struct sink *sink, struct line line)
{
	line.size = (uint32_t)sink->text.len;
	copy_in(sink, sink->text.data, sink->text.len);
	sink->lines[(sink->line_head + sink->line_count++) % sink->line_max] = line;
}

/* Any line fits. */
static size_t size_for(size_t queue_size)
{
	return queue_size > TEXT_MAX ? queue_size : TEXT_MAX;
}

size_t sink_memory_bytes(size_t queue_size)
{
	size_t size = size_for(queue_size);

	return sizeof(struct sink) + TEXT_MAX + size + size / LINE_SIZE * sizeof(struct line);
}

/* A full disk or a power cut leaves half a line, which would take the first of ours with it. */
static bool is_within_a_line(const struct sink *sink)
{
	char	       path[32], last;
	struct stat    info;
	auto_close int fd = -1;

	if (!sink->is_patient)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", sink->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0 &&
	       pread(fd, &last, 1, info.st_size - 1) == 1 && last != '\n';
}

struct sink *sink_open(const struct sink_args *args, struct err *err)
{
	struct sink *sink = mem_alloc(sizeof(*sink));

	sink->path = args->path;
	sink->format = *args->format;
	sink->fd = sink->keeper.fd = -1;
	sink->text = buf_make(TEXT_MAX);
	if (open_fd(sink, args, err) < 0) {
		sink_close(sink);
		return NULL;
	}
	sink->size = size_for(args->queue_size);
	if (sink->is_patient && sink->size > PATIENT_SIZE)
		sink->size = PATIENT_SIZE;
	sink->line_max = sink->size / LINE_SIZE;
	/* All the memory it will need, now: the sensor takes none later. */
	sink->bytes = mem_alloc(sink->size);
	sink->lines = mem_alloc(sink->line_max * sizeof(*sink->lines));
	buf_printf(&sink->text, "%*s", TEXT_MAX, "");
	buf_clear(&sink->text);
	if (is_within_a_line(sink)) {
		buf_add_char(&sink->text, '\n');
		queue_text(sink, (struct line){ 0 });
		buf_clear(&sink->text);
	}
	if (args->header) {
		format_print(&sink->format, &sink->text);
		buf_add_char(&sink->text, '\n');
		queue_text(sink, (struct line){ 0 });
	}
	return sink;
}

/* What is written in place has nothing to appear. */
int sink_entrust(struct sink *sink, struct err *err)
{
	if (!sink->is_draft || !sink->draft.temporary)
		return 0;
	return draft_keeper_open(&sink->keeper, &sink->draft, err);
}

void sink_close(struct sink *sink)
{
	if (!sink)
		return;
	draft_keeper_close(&sink->keeper);
	if (sink->is_draft)
		file_draft_drop(&sink->draft);
	if (sink->owns_fd)
		mem_close_at(&sink->fd);
	free(sink->bytes);
	free(sink->lines);
	buf_done(&sink->text);
	free(sink);
}

/* sink->text, as for sink_add. */
static int add_line(struct sink *sink, struct line line, struct err *err)
{
	if (!has_room(sink) && sink_flush(sink, err) < 0)
		return -1;
	if (!has_room(sink) || sink->text.overflow)
		return 0;
	queue_text(sink, line);
	return 1;
}

int sink_add(struct sink *sink, const struct record *record, struct err *err)
{
	buf_clear(&sink->text);
	if (sink->is_courier)
		segment_line_begin(&sink->text, (int64_t)record->end, (int64_t)record->start,
				   record->text[FIELD_INTERFACE_ID]);
	writer_add(&sink->text, &sink->format, record);
	return add_line(sink,
			(struct line){ .is_record = true,
				       .is_flow = record->log_status == LOG_STATUS_OK,
				       .packets = record->packets },
			err);
}

int sink_add_text(struct sink *sink, const struct sink_text *text, struct err *err)
{
	buf_clear(&sink->text);
	if (sink->is_courier)
		segment_line_begin(&sink->text, text->time_s, text->time_s, text->eni);
	buf_add_str(&sink->text, text->text);
	buf_add_char(&sink->text, '\n');
	return add_line(sink, (struct line){ .is_text = true }, err);
}

/*
 * Copies whole lines from the head of the queue into piece, as many as fit into limit; of a line that is
 * longer than that, its beginning.
 */
static size_t take_piece(struct sink *sink, size_t limit)
{
	size_t size = 0, first;

	for (size_t i = 0; i < sink->line_count; i++) {
		size_t next = sink->lines[(sink->line_head + i) % sink->line_max].size;

		if (size + next > limit)
			break;
		size += next;
	}
	if (!size)
		size = limit;
	first = size < sink->size - sink->head ? size : sink->size - sink->head;
	memcpy(sink->piece, sink->bytes + sink->head, first);
	memcpy(sink->piece + first, sink->bytes, size - first);
	return size;
}

static void forget_bytes(struct sink *sink, size_t size)
{
	sink->head = (sink->head + size) % sink->size;
	sink->used -= size;
	while (size) {
		struct line *line = &sink->lines[sink->line_head];

		if (line->size > size) {
			line->size -= (uint32_t)size;
			return;
		}
		size -= line->size;
		sink->line_head = (sink->line_head + 1) % sink->line_max;
		sink->line_count--;
	}
}

static bool is_writable(const struct sink *sink, int wait_ms)
{
	struct pollfd fd = { .fd = sink->fd, .events = POLLOUT };

	return poll(&fd, 1, wait_ms) > 0;
}

/* How much is written at once: a pipe that poll calls writable takes PIPE_BUF bytes, and in one piece. */
static size_t piece_limit(const struct sink *sink)
{
	return sink->is_patient || sink->is_courier ? PIECE_SIZE : PIPE_BUF;
}

int sink_flush(struct sink *sink, struct err *err)
{
	while (sink->used) {
		size_t	size;
		ssize_t written;

		if (!sink->is_patient && !is_writable(sink, 0))
			return 0;
		size = take_piece(sink, piece_limit(sink));
		written = write(sink->fd, sink->piece, size);
		if (written >= 0)
			forget_bytes(sink, (size_t)written);
		else if (errno == EAGAIN && !sink->is_patient)
			return 0;
		else if (errno == EAGAIN)
			is_writable(sink, -1);
		else if (errno != EINTR)
			return write_error(sink, err);
	}
	return 0;
}

int sink_wait_fd(const struct sink *sink)
{
	return sink->used && !sink->is_patient ? sink->fd : -1;
}

int sink_commit(struct sink *sink, int wait_ms, struct err *err)
{
	uint64_t now_ns = clock_now().mono.ns, end_ns = now_ns + (uint64_t)wait_ms * NS_PER_MS;

	if (sink_flush(sink, err) < 0)
		return -1;
	while (sink->used && now_ns < end_ns) {
		is_writable(sink, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		if (sink_flush(sink, err) < 0)
			return -1;
		now_ns = clock_now().mono.ns;
	}
	if (sink->keeper.fd >= 0)
		return draft_keeper_commit(&sink->keeper, err);
	return sink->is_draft ? file_draft_commit(&sink->draft, err) : 0;
}

struct sink_left sink_left(const struct sink *sink)
{
	struct sink_left left = { 0 };

	for (size_t i = 0; i < sink->line_count; i++) {
		const struct line *line = &sink->lines[(sink->line_head + i) % sink->line_max];

		left.records += line->is_record;
		left.flows += line->is_flow;
		left.packets += line->packets;
		left.texts += line->is_text;
	}
	return left;
}
