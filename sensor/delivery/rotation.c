/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/flow/format.h"
#include "sensor/amount.h"
#include "sensor/delivery/rotation_members.h"
#include "sensor/delivery/sink_spec.h"

#define SIZE_DEFAULT_BYTES (UINT64_C(100) << 20)

enum {
	TICK_MS = 1000,
	PIECE_SIZE = 1 << 18, /* written at once */
	TAIL_SIZE = 2 * FORMAT_LINE_MAX,
	RETRY_S = 60, /* until what cannot be packed is tried again */
	KEEP_MAX = 1 << 16,
	/* How long another process that is ending is waited for before that is told. */
	LOCK_TRIES = 70,
	LOCK_WAIT_MS = 100
};

struct rotating {
	const struct rotation	*args;
	int			 folder_fd, lock_fd;
	int			 fd; /* -1: the file is not open now */
	uint64_t		 size;
	int64_t			 period; /* of every_s, that the file belongs to */
	struct buf		 piece;	 /* to be written */
	uint64_t		 piece_lines;
	struct rotation_packing *packing;
	bool			 has_work; /* something may have to be packed */
	int64_t			 retry_s;
	int64_t stuck_s; /* until then it stays, since it could not be set aside; 0: it could */
};

int rotation_parse(const struct sink_spec *spec, struct rotation *out, struct err *err)
{
	static const char *const keys[] = { "size", "every", "keep", NULL };
	struct rotation		 rotation = { .size_max = SIZE_DEFAULT_BYTES };
	struct str		 value;

	if (sink_spec_check_keys(spec, keys, err) < 0)
		return -1;
	if (sink_spec_get(spec, "size", &value) &&
	    amount_parse_size(value, &rotation.size_max, err) < 0)
		return err_wrap(err, "'%s': size", spec->text);
	if (sink_spec_get(spec, "every", &value) &&
	    amount_parse_duration(value, &rotation.every_s, err) < 0)
		return err_wrap(err, "'%s': every", spec->text);
	if (sink_spec_get(spec, "keep", &value) &&
	    (str_u64(value, KEEP_MAX, &rotation.keep) < 0 || rotation.keep == 0))
		return err_set(err, ERR_USAGE, "'%s': keep: expected a number from 1 to %d",
			       spec->text, KEEP_MAX);
	if (spec->target.ptr[spec->target.len - 1] == '/')
		return err_set(err, ERR_USAGE, "'%s' is a folder: expected the name of a file",
			       spec->text);
	*out = rotation;
	return 0;
}

static int64_t now_s(void)
{
	return clock_seconds(clock_now().wall);
}

static int64_t period_of(const struct rotation *args, int64_t time_s)
{
	return args->every_s ? time_s / (int64_t)args->every_s : 0;
}

static void say(const struct rotating *rotating, const struct err *err)
{
	board_say(&rotating->args->board->failure, now_s(), str_of(err->text));
}

static void note_failure(const struct rotating *rotating, const struct err *err)
{
	struct board_sink *board = rotating->args->board;

	/* Whoever sees that it is counted finds out why. */
	say(rotating, err);
	board_set(&board->is_failing, 1);
	board_add(&board->failures, 1);
}

/* Of a writer that was killed: half a line at the end is no line. */
static void cut_tail(struct rotating *rotating)
{
	auto_free char *tail = mem_alloc(TAIL_SIZE);
	size_t		size = rotating->size < TAIL_SIZE ? (size_t)rotating->size : TAIL_SIZE;
	const char     *last;
	ssize_t		got = pread(rotating->fd, tail, size, (off_t)(rotating->size - size));

	if (got != (ssize_t)size || !size || tail[size - 1] == '\n')
		return;
	last = memrchr(tail, '\n', size);
	if (!last && size < rotating->size)
		return;
	rotating->size -= last ? size - (size_t)(last + 1 - tail) : size;
	if (ftruncate(rotating->fd, (off_t)rotating->size) == 0)
		board_add(&rotating->args->board->dropped[BOARD_TORN], 1);
}

static int open_file(struct rotating *rotating, struct err *err)
{
	const struct rotation *args = rotating->args;
	struct stat	       info;
	int		       fd = openat(rotating->folder_fd, args->name,
					   O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);

	if (fd < 0 || fstat(fd, &info) < 0) {
		err_sys(err, "cannot write '%s/%s'", args->folder, args->name);
		mem_close_at(&fd);
		return -1;
	}
	if (!S_ISREG(info.st_mode)) {
		mem_close_at(&fd);
		return err_set(err, ERR_INPUT, "'%s/%s' is no file that can be set aside",
			       args->folder, args->name);
	}
	rotating->fd = fd;
	rotating->size = (uint64_t)info.st_size;
	rotating->period = period_of(args, rotating->size ? info.st_mtime : now_s());
	cut_tail(rotating);
	return 0;
}

static void close_file(struct rotating *rotating)
{
	mem_close_at(&rotating->fd);
	rotating->fd = -1;
}

static int write_all(struct rotating *rotating, struct str text, struct err *err)
{
	while (text.len) {
		ssize_t written = write(rotating->fd, text.ptr, text.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_sys(err, "cannot write '%s/%s'", rotating->args->folder,
				       rotating->args->name);
		text = str_skip(text, (size_t)written);
	}
	return 0;
}

/* The piece whole or, as far as that can be helped, nothing of it. */
static int put(struct rotating *rotating, struct err *err)
{
	const struct rotation *args = rotating->args;
	auto_buf struct buf    first = buf_make(FORMAT_LINE_MAX);

	if (rotating->fd < 0 && open_file(rotating, err) < 0)
		return -1;
	if (!rotating->size && args->header) {
		buf_add_text(&first, args->header);
		buf_add_char(&first, '\n');
	}
	if (write_all(rotating, buf_str(&first), err) < 0 ||
	    write_all(rotating, buf_str(&rotating->piece), err) < 0) {
		(void)!ftruncate(rotating->fd, (off_t)rotating->size);
		return -1;
	}
	if (!rotating->size)
		rotating->period = period_of(args, now_s());
	rotating->size += first.len + rotating->piece.len;
	return 0;
}

static void flush(struct rotating *rotating)
{
	struct board_sink *board = rotating->args->board;
	struct err	   err;

	if (!rotating->piece_lines)
		return;
	board_add(&board->attempts, 1);
	if (put(rotating, &err) == 0) {
		board_add(&board->delivered, rotating->piece_lines);
		board_add(&board->delivered_bytes, rotating->piece.len);
		board_add(&board->deliveries, 1);
		board_set(&board->delivered_s, (uint64_t)now_s());
		board_set(&board->is_failing, rotating->stuck_s != 0);
	} else {
		note_failure(rotating, &err);
		board_add(&board->dropped[BOARD_DISK], rotating->piece_lines);
	}
	buf_clear(&rotating->piece);
	rotating->piece_lines = 0;
}

static int move_aside(const struct rotating *rotating, struct err *err)
{
	const struct rotation *args = rotating->args;
	char		       name[ROTATION_NAME_SIZE];

	if (!rotation_name(rotating->folder_fd, args->name, now_s(), name))
		return err_set(err, ERR_INPUT,
			       "'%s' cannot be set aside: there is no name left for it",
			       args->name);
	if (renameat(rotating->folder_fd, args->name, rotating->folder_fd, name) < 0)
		return err_sys(err, "'%s' grows on, it cannot be renamed", args->name);
	return 0;
}

/* What cannot be set aside is written to all the same: it is too large, but nothing is lost. */
static void set_aside(struct rotating *rotating)
{
	struct err err;

	if (now_s() < rotating->stuck_s)
		return;
	(void)fsync(rotating->fd);
	if (move_aside(rotating, &err) < 0) {
		rotating->stuck_s = now_s() + RETRY_S;
		note_failure(rotating, &err);
		return;
	}
	rotating->stuck_s = 0;
	close_file(rotating);
	rotating->size = 0;
	rotating->has_work = true;
}

static bool is_full(const struct rotating *rotating, size_t more)
{
	const char *header = rotating->args->header;
	uint64_t    size = rotating->size + rotating->piece.len;

	if (rotating->stuck_s && now_s() < rotating->stuck_s)
		return false;
	if (!rotating->size && header)
		more += strlen(header) + 1;
	return size && size + more > rotating->args->size_max;
}

static void add_lines(struct rotating *rotating, struct str lines)
{
	struct board_sink *board = rotating->args->board;

	while (lines.len) {
		struct str	    one = str_cut(&lines, '\n');
		struct segment_line line;

		if (!segment_line_parse(one, &line)) {
			board_add(&board->dropped[BOARD_TORN], 1);
			continue;
		}
		board_add(&board->taken, 1);
		if (is_full(rotating, line.text.len + 1) ||
		    rotating->piece.len + line.text.len >= PIECE_SIZE)
			flush(rotating);
		if (rotating->fd >= 0 && is_full(rotating, line.text.len + 1))
			set_aside(rotating);
		buf_add_str(&rotating->piece, line.text);
		buf_add_char(&rotating->piece, '\n');
		rotating->piece_lines++;
	}
	flush(rotating);
}

/* Somebody moved it away, or removed it: then it is made again. */
static void look_at_file(struct rotating *rotating)
{
	const struct rotation *args = rotating->args;
	struct stat	       here, there;
	struct err	       err;

	if (rotating->fd < 0 && faccessat(rotating->folder_fd, args->name, F_OK, 0) == 0 &&
	    open_file(rotating, &err) < 0)
		return;
	if (rotating->fd < 0)
		return;
	if (fstat(rotating->fd, &here) < 0 ||
	    fstatat(rotating->folder_fd, args->name, &there, 0) < 0 ||
	    here.st_ino != there.st_ino || here.st_dev != there.st_dev)
		close_file(rotating);
	else if (rotating->size && rotating->period != period_of(args, now_s()))
		set_aside(rotating);
}

static void pack(struct rotating *rotating)
{
	const struct rotation *args = rotating->args;
	struct err	       err;
	int		       more;

	if (!rotating->has_work || now_s() < rotating->retry_s)
		return;
	more = rotation_pack(rotating->packing, &err);
	if (more == 0 && args->keep)
		more = rotation_prune(rotating->folder_fd, args->name, args->keep, &err);
	if (more < 0) {
		say(rotating, &err);
		rotating->retry_s = now_s() + RETRY_S;
	}
	rotating->has_work = more != 0;
}

static bool is_packing(const struct rotating *rotating)
{
	return rotating->has_work && now_s() >= rotating->retry_s;
}

static void write_all_lines(struct rotating *rotating, int fd)
{
	struct inbox	*inbox = rotating->args->inbox;
	enum inbox_state state;

	do {
		struct str lines;

		state = inbox_fill(inbox, fd, is_packing(rotating) ? 0 : TICK_MS);
		lines = inbox_lines(inbox);
		look_at_file(rotating);
		if (lines.len) {
			add_lines(rotating, lines);
			inbox_forget(inbox, lines.len);
		}
		if (state != INBOX_ENDED)
			pack(rotating);
	} while (state != INBOX_ENDED);
	if (inbox_rest(inbox))
		board_add(&rotating->args->board->dropped[BOARD_TORN], 1);
	inbox_forget(inbox, inbox_rest(inbox));
}

/* Another sensor has the file: told as long as it lasts. */
static int wait_long(const struct rotating *rotating)
{
	const struct rotation *args = rotating->args;
	struct err	       err;
	int		       result;

	err_sys(&err, "waits for another process that writes '%s/%s'", args->folder, args->name);
	note_failure(rotating, &err);
	do
		result = flock(rotating->lock_fd, LOCK_EX);
	while (result < 0 && errno == EINTR);
	board_set(&args->board->is_failing, 0);
	return result;
}

/*
 * The process of a sensor that was killed still writes what was in its pipe.  A file of its own has the lock, for the
 * one that is written becomes another.
 */
static void wait_for_others(struct rotating *rotating)
{
	const struct rotation *args = rotating->args;
	char		       name[ROTATION_NAME_SIZE];
	struct err	       err;
	int		       result = -1;

	if (snprintf(name, sizeof(name), ".%s.lock", args->name) < (int)sizeof(name))
		rotating->lock_fd = openat(rotating->folder_fd, name,
					   O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
					   0600);
	for (int i = 0; rotating->lock_fd >= 0 && result < 0 && i < LOCK_TRIES; i++) {
		if (i)
			poll(NULL, 0, LOCK_WAIT_MS);
		result = flock(rotating->lock_fd, LOCK_EX | LOCK_NB);
	}
	if (result < 0 && errno == EWOULDBLOCK)
		result = wait_long(rotating);
	if (result == 0)
		return;
	err_sys(&err, "cannot have '%s/%s' alone", args->folder, args->name);
	say(rotating, &err);
}

int rotation_run(void *context, int fd, struct err *err)
{
	struct rotating rotating = { .args = context, .fd = -1, .lock_fd = -1, .has_work = true };

	rotating.folder_fd = open(rotating.args->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rotating.folder_fd < 0)
		return err_sys(err, "cannot open the folder '%s'", rotating.args->folder);
	rotating.piece = buf_make(PIECE_SIZE + FORMAT_LINE_MAX);
	rotating.packing = rotation_packing_new(rotating.folder_fd, rotating.args->name);
	wait_for_others(&rotating);
	write_all_lines(&rotating, fd);
	if (rotating.fd >= 0)
		(void)fsync(rotating.fd);
	rotation_packing_free(rotating.packing);
	buf_done(&rotating.piece);
	mem_close_at(&rotating.fd);
	mem_close_at(&rotating.lock_fd);
	mem_close_at(&rotating.folder_fd);
	return 0;
}
