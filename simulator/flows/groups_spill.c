/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum { WRITE_BYTES = 256 << 10 };

struct run {
	uint64_t first_row[GROUPS_PARTS +
			   1]; /* of the file; the last is where the next run begins */
	uint64_t records[GROUPS_PARTS];
};

struct groups_spill {
	int	    fd;
	size_t	    row_words, key_words;
	struct run *runs;
	size_t	    run_count, run_capacity;
};

/*
 * A file without a name; on file systems that have no such files, one whose name is removed at
 * once.
 */
static int open_unnamed(const char *folder)
{
	int		    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	auto_buf struct buf path = buf_make(PATH_MAX);

	if (fd >= 0)
		return fd;
	buf_printf(&path, "%s/weir-XXXXXX", folder);
	if (path.overflow)
		return -1;
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.data);
	return fd;
}

struct groups_spill *groups_spill_open(const char *folder, size_t row_words, size_t key_words)
{
	struct groups_spill *spill;
	int		     fd = open_unnamed(folder);

	if (fd < 0)
		return NULL;
	spill = mem_alloc(sizeof(*spill));
	spill->fd = fd;
	spill->row_words = row_words;
	spill->key_words = key_words;
	return spill;
}

void groups_spill_close(struct groups_spill *spill)
{
	if (!spill)
		return;
	close(spill->fd);
	free(spill->runs);
	free(spill);
}

static uint64_t end_row(const struct groups_spill *spill)
{
	return spill->run_count ? spill->runs[spill->run_count - 1].first_row[GROUPS_PARTS] : 0;
}

uint64_t groups_spill_bytes(const struct groups_spill *spill)
{
	return end_row(spill) * spill->row_words * sizeof(uint64_t);
}

static bool write_all(int fd, const void *bytes, size_t size, uint64_t offset)
{
	const char *at = bytes;

	while (size) {
		ssize_t written = pwrite(fd, at, size, (off_t)offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		size -= (size_t)written;
		offset += (size_t)written;
	}
	return true;
}

static bool write_run(const struct groups_spill *spill, const struct groups_table *table,
		      struct run *run)
{
	size_t		    row_bytes = spill->row_words * sizeof(uint64_t);
	size_t		    max = WRITE_BYTES / row_bytes, count;
	auto_free uint64_t *rows = mem_resize(NULL, max, row_bytes);
	uint64_t	    next = end_row(spill);

	for (unsigned part = 0; part < GROUPS_PARTS; part++) {
		size_t at = 0;

		run->first_row[part] = next;
		run->records[part] = 0;
		for (;;) {
			count = groups_table_part(table, part, &at, rows, max);
			if (!count)
				break;
			for (size_t i = 0; i < count; i++)
				run->records[part] += rows[i * spill->row_words + spill->key_words];
			if (!write_all(spill->fd, rows, count * row_bytes, next * row_bytes))
				return false;
			next += count;
		}
	}
	run->first_row[GROUPS_PARTS] = next;
	return true;
}

bool groups_spill_table(struct groups_spill *spill, const struct groups_table *table)
{
	struct run *run;

	spill->runs = mem_grow(spill->runs, spill->run_count, &spill->run_capacity,
			       sizeof(*spill->runs));
	run = &spill->runs[spill->run_count];
	if (!write_run(spill, table, run)) {
		/*
		 * Others may need what the half run took.  If that fails, the next run overwrites
		 * it.
		 */
		if (ftruncate(spill->fd, (off_t)groups_spill_bytes(spill)) < 0)
			return false;
		return false;
	}
	spill->run_count++;
	return true;
}

/* False: the disk does not give it back. */
static bool read_all(int fd, void *bytes, size_t size, uint64_t offset)
{
	char *at = bytes;

	while (size) {
		ssize_t got = pread(fd, at, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= (size_t)got;
		offset += (size_t)got;
	}
	return true;
}

size_t groups_spill_read(const struct groups_spill *spill, unsigned part,
			 struct groups_spill_at *at, uint64_t *out, size_t max)
{
	size_t row_bytes = spill->row_words * sizeof(uint64_t);

	for (; at->run < spill->run_count; at->run++, at->row = at->records = 0) {
		const struct run *run = &spill->runs[at->run];
		uint64_t	  first = run->first_row[part] + at->row;
		uint64_t	  rest = run->first_row[part + 1] - first;
		size_t		  count = rest < max ? (size_t)rest : max;

		if (count == 0)
			continue;
		if (!read_all(spill->fd, out, count * row_bytes, first * row_bytes)) {
			at->lost += run->records[part] - at->records;
			continue;
		}
		for (size_t i = 0; i < count; i++)
			at->records += out[i * spill->row_words + spill->key_words];
		at->row += count;
		return count;
	}
	return 0;
}
