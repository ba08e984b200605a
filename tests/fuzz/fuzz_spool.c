/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of a spool whose folder holds any bytes, in a file that was sealed or one that was open: what it gives
 * is whole lines that are in the file, in their order; a file of nothing but whole lines gives all of them, and
 * nothing is given twice; what is acknowledged is so after another start.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/delivery/spool.h"
#include "sensor/delivery/spool_file.h"
#include "tests/fuzz/fuzz.h"

static const char sealed_name[] = "20261128T1000Z-000001",
		  open_name[] = "20261128T1000Z-000001.open";

static char folder[64];

static struct board_sink board;

static struct spool *open_spool(void)
{
	struct spool_args args = { .folder = folder,
				   .period_s = 300,
				   .segment_max = 1 << 16,
				   .bytes_max = 1 << 20,
				   .board = &board };
	struct err	  err;
	struct spool	 *spool;

	memset(&board, 0, sizeof(board));
	spool = spool_open(&args, &err);
	PROPERTY(spool);
	return spool;
}

static void path_of(const char *name, char out[static 128])
{
	snprintf(out, 128, "%s/%s", folder, name);
}

static void make_folder(void)
{
	if (folder[0])
		return;
	snprintf(folder, sizeof(folder), "%s/weir-fuzz-spool-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	PROPERTY(mkdtemp(folder));
}

static void clear_folder(void)
{
	char	       path[512];
	DIR	      *dir = opendir(folder);
	struct dirent *file;

	while ((file = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
		unlink(path);
	}
	closedir(dir);
}

static void put(const char *name, struct str bytes)
{
	char path[128];
	int  fd;

	path_of(name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	PROPERTY(fd >= 0);
	PROPERTY(write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
	close(fd);
}

/* The lines that stand behind the place of the head. */
static uint64_t check_lines(struct str given, struct str file)
{
	struct str rest = str_skip(file, SPOOL_HEAD_SIZE);
	uint64_t   count = 0;

	while (given.len) {
		struct str	    one = str_cut(&given, '\n'), there;
		struct segment_line line;

		PROPERTY(segment_line_parse(one, &line));
		PROPERTY(line.end_s >= 0 && line.start_s >= 0 && line.eni.len && line.text.len);
		do {
			PROPERTY(rest.len);
			there = str_cut(&rest, '\n');
		} while (!str_eq(one, there));
		count++;
	}
	return count;
}

static void check(const char *name, struct str file)
{
	struct spool  *spool;
	struct segment segment;
	struct err     err;
	uint64_t       lines;

	put(name, file);
	spool = open_spool();
	if (spool_take(spool, &segment, &err) != 1) {
		spool_close(spool);
		clear_folder();
		return;
	}
	lines = check_lines(segment.text, file);
	PROPERTY(segment_begin(&segment, &err) == 0);
	PROPERTY(segment_ack(&segment, lines, 0, &err) == 0);
	spool_close(spool);
	spool = open_spool();
	PROPERTY(board_get(&board.spool_items) == 0);
	if (spool_take(spool, &segment, &err) == 1) {
		PROPERTY(segment.acked > 0 && !segment.in_doubt);
		spool_remove(spool);
	}
	PROPERTY(spool_take(spool, &segment, &err) == 0);
	PROPERTY(board_get(&board.spool_bytes) == 0);
	spool_close(spool);
	clear_folder();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str file = { (const char *)data, size };

	make_folder();
	check(sealed_name, file);
	check(open_name, file);
	return 0;
}
