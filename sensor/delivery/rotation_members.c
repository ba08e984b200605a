/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/rotation_members.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/aws/stamp.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum {
	PIECE_SIZE = 1 << 18,
	SAME_SECOND_MAX = 1000,
	MEMBERS_MAX = 1 << 16,
	WINDOW_GZIP =
		15 +
		16, /* of deflateInit2: the largest window, a gzip header without name and time */
	MEMORY_DEFAULT = 8
};

#define PACKED_SUFFIX ".gz"
#define PART_SUFFIX   ".part"

struct member {
	int64_t	 time_s;
	uint64_t number;
	bool	 is_packed;
	char	 name[NAME_MAX + 1];
};

struct members {
	struct member *items; /* oldest first */
	size_t	       count, capacity;
};

static bool parse_member(struct str text, struct str name, struct member *out)
{
	struct str rest = str_skip(text, name.len + 1), stamp;

	if (text.len <= name.len + 1 || text.len > NAME_MAX ||
	    !str_eq(str_head(text, name.len), name) || text.ptr[name.len] != '.')
		return false;
	*out = (struct member){ 0 };
	if (rest.len > strlen(PACKED_SUFFIX) &&
	    str_is(str_skip(rest, rest.len - strlen(PACKED_SUFFIX)), PACKED_SUFFIX)) {
		out->is_packed = true;
		rest = str_head(rest, rest.len - strlen(PACKED_SUFFIX));
	}
	stamp = str_cut(&rest, '-');
	if (stamp.len != STAMP_SIZE - 1 || stamp_parse(stamp, &out->time_s) < 0 ||
	    (rest.len && str_u64(rest, SAME_SECOND_MAX, &out->number) < 0))
		return false;
	memcpy(out->name, text.ptr, text.len);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->is_packed - y->is_packed;
}

static int list(int folder_fd, const char *name, struct members *members, struct err *err)
{
	int	       fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR	      *files = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *file;

	if (!files) {
		err_sys(err, "cannot list the folder of '%s'", name);
		mem_close_at(&fd);
		return -1;
	}
	while ((file = readdir(files)) && members->count < MEMBERS_MAX) {
		struct member member;

		if (!parse_member(str_of(file->d_name), str_of(name), &member))
			continue;
		members->items = mem_grow(members->items, members->count, &members->capacity,
					  sizeof(*members->items));
		members->items[members->count++] = member;
	}
	closedir(files);
	if (members->count)
		qsort(members->items, members->count, sizeof(*members->items), compare);
	return 0;
}

static bool is_there(int folder_fd, const char *name)
{
	struct stat info;

	return fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

bool rotation_name(int folder_fd, const char *name, int64_t time_s,
		   char out[static ROTATION_NAME_SIZE])
{
	char stamp[STAMP_SIZE], packed[ROTATION_NAME_SIZE], number[16] = "";

	stamp_print(time_s, stamp);
	for (int i = 0; i < SAME_SECOND_MAX; i++) {
		if (i)
			snprintf(number, sizeof(number), "-%d", i);
		if (snprintf(packed, sizeof(packed), "%s.%s%s" PACKED_SUFFIX, name, stamp,
			     number) >= (int)sizeof(packed))
			return false;
		snprintf(out, ROTATION_NAME_SIZE, "%s.%s%s", name, stamp, number);
		if (!is_there(folder_fd, out) && !is_there(folder_fd, packed))
			return true;
	}
	return false;
}

int rotation_prune(int folder_fd, const char *name, uint64_t keep, struct err *err)
{
	struct members members = { 0 };
	int	       result = 0;

	if (list(folder_fd, name, &members, err) < 0)
		return -1;
	for (size_t i = 0; i + keep < members.count && result == 0; i++)
		if (unlinkat(folder_fd, members.items[i].name, 0) < 0)
			result = err_sys(err, "cannot remove '%s'", members.items[i].name);
	free(members.items);
	return result;
}

struct rotation_packing {
	int	    folder_fd;
	const char *name;
	char	    from[NAME_MAX + 1];
	char	    to[NAME_MAX + sizeof(PACKED_SUFFIX)];
	char	    part[NAME_MAX + sizeof(PACKED_SUFFIX) + sizeof(PART_SUFFIX)];
	int	    in, out; /* -1: none is being packed */
	z_stream    stream;
	Bytef	    plain[PIECE_SIZE], packed[PIECE_SIZE];
};

struct rotation_packing *rotation_packing_new(int folder_fd, const char *name)
{
	struct rotation_packing *packing = mem_alloc(sizeof(*packing));

	packing->folder_fd = folder_fd;
	packing->name = name;
	packing->in = packing->out = -1;
	return packing;
}

static void stop(struct rotation_packing *packing)
{
	if (packing->in < 0)
		return;
	deflateEnd(&packing->stream);
	mem_close_at(&packing->in);
	mem_close_at(&packing->out);
	packing->in = packing->out = -1;
}

static void give_up(struct rotation_packing *packing)
{
	if (packing->in >= 0)
		(void)unlinkat(packing->folder_fd, packing->part, 0);
	stop(packing);
}

void rotation_packing_free(struct rotation_packing *packing)
{
	if (!packing)
		return;
	give_up(packing);
	free(packing);
}

/* The oldest that is not packed into packing->from; false: all are. */
static int choose(struct rotation_packing *packing, bool *found, struct err *err)
{
	struct members members = { 0 };

	*found = false;
	if (list(packing->folder_fd, packing->name, &members, err) < 0)
		return -1;
	for (size_t i = 0; i < members.count && !*found; i++) {
		*found = !members.items[i].is_packed;
		memcpy(packing->from, members.items[i].name, sizeof(packing->from));
	}
	free(members.items);
	return 0;
}

static int start(struct rotation_packing *packing, struct err *err)
{
	snprintf(packing->to, sizeof(packing->to), "%s" PACKED_SUFFIX, packing->from);
	snprintf(packing->part, sizeof(packing->part), "%s" PART_SUFFIX, packing->to);
	packing->in = openat(packing->folder_fd, packing->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (packing->in < 0)
		return err_sys(err, "cannot open '%s'", packing->from);
	packing->out = openat(packing->folder_fd, packing->part,
			      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (packing->out < 0) {
		err_sys(err, "cannot open '%s'", packing->part);
		mem_close_at(&packing->in);
		packing->in = -1;
		return -1;
	}
	packing->stream = (z_stream){ 0 };
	if (deflateInit2(&packing->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP,
			 MEMORY_DEFAULT, Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	return 0;
}

static int write_packed(struct rotation_packing *packing, struct err *err)
{
	size_t	     size = PIECE_SIZE - packing->stream.avail_out;
	const Bytef *bytes = packing->packed;

	while (size) {
		ssize_t written = write(packing->out, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_sys(err, "cannot write '%s'", packing->part);
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

static int pack_piece(struct rotation_packing *packing, bool *at_end, struct err *err)
{
	ssize_t got;

	do
		got = read(packing->in, packing->plain, PIECE_SIZE);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(err, "cannot read '%s'", packing->from);
	*at_end = got == 0;
	packing->stream.next_in = packing->plain;
	packing->stream.avail_in = (uInt)got;
	do {
		packing->stream.next_out = packing->packed;
		packing->stream.avail_out = PIECE_SIZE;
		(void)deflate(&packing->stream, *at_end ? Z_FINISH : Z_NO_FLUSH);
		if (write_packed(packing, err) < 0)
			return -1;
	} while (packing->stream.avail_out == 0);
	return 0;
}

static int complete(struct rotation_packing *packing, struct err *err)
{
	if (fsync(packing->out) < 0)
		return err_sys(err, "cannot write '%s'", packing->part);
	if (renameat(packing->folder_fd, packing->part, packing->folder_fd, packing->to) < 0)
		return err_sys(err, "cannot rename '%s'", packing->part);
	stop(packing);
	if (unlinkat(packing->folder_fd, packing->from, 0) < 0)
		return err_sys(err, "cannot remove '%s'", packing->from);
	return 0;
}

int rotation_pack(struct rotation_packing *packing, struct err *err)
{
	bool found = packing->in >= 0, at_end = false;

	if (!found && choose(packing, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (packing->in < 0 && start(packing, err) < 0)
		return -1;
	if (pack_piece(packing, &at_end, err) < 0 || (at_end && complete(packing, err) < 0)) {
		give_up(packing);
		return -1;
	}
	return 1;
}
