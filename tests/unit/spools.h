/* SPDX-License-Identifier: Apache-2.0 */
/* A spool in a folder of its own, for the tests of what is kept and what is lost there. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/delivery/spool.h"
#include "sensor/delivery/spool_file.h"
#include "tests/unit/unit.h"

enum { PERIOD_S = 300, BEGIN_S = 1795860000 /* 2026-11-28T10:00:00Z, a multiple of 300 */ };

static char		 folder[32];
static struct board_sink board;

static inline struct spool_args spool_args(uint32_t period_s, uint64_t bytes_max)
{
	return (struct spool_args){ .folder = folder,
				    .period_s = period_s,
				    .settle_s = 5,
				    .segment_max = bytes_max / 4,
				    .bytes_max = bytes_max,
				    .board = &board };
}

static inline struct spool *open_spool(uint32_t period_s, uint64_t bytes_max)
{
	struct spool_args args = spool_args(period_s, bytes_max);
	struct err	  err;
	struct spool	 *spool = spool_open(&args, &err);

	if (!spool)
		fail_msg("%s", err.text);
	return spool;
}

static inline struct clock_pair at(int64_t time_s)
{
	return (struct clock_pair){ .mono = { .ns = (uint64_t)(time_s - BEGIN_S) * 1000000000 },
				    .wall = { .ns = time_s * 1000000000 } };
}

static inline void add(struct spool *spool, int64_t end_s, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%lld %lld eni-1 %s\n", (long long)end_s, (long long)end_s,
		 text);
	CHECK(spool_add(spool, str_of(line), at(end_s)).len == 0);
}

static inline uint64_t dropped(enum board_drop reason)
{
	return board_get(&board.dropped[reason]);
}

static inline int take(struct spool *spool, struct segment *segment)
{
	struct err err;
	int	   result = spool_take(spool, segment, &err);

	if (result < 0)
		fail_msg("%s", err.text);
	return result;
}

/* The texts of the oldest sealed segment, one after the other, which is removed; "" when there is none. */
static inline const char *deliver(struct spool *spool)
{
	static char	    texts[4096];
	struct segment	    segment;
	struct segment_line line;
	struct err	    err;
	uint64_t	    lines = 0;

	texts[0] = '\0';
	if (!take(spool, &segment))
		return texts;
	for (struct str rest = segment.text; segment_next(&rest, &line); lines++)
		snprintf(texts + strlen(texts), sizeof(texts) - strlen(texts), "%.*s ",
			 STR_ARG(line.text));
	CHECK(segment_begin(&segment, &err) == 0);
	CHECK(segment_ack(&segment, lines, segment.text.len, &err) == 0);
	spool_remove(spool);
	return texts;
}

/* Of the files of segments in the folder, the first in order, into name; how many. */
static inline size_t files(char name[static 256])
{
	DIR	      *dir = opendir(folder);
	struct dirent *file;
	size_t	       count = 0;

	name[0] = '\0';
	while ((file = readdir(dir))) {
		struct spool_name parsed;

		if (!spool_name_parse(str_of(file->d_name), &parsed))
			continue;
		if (!count++ || strcmp(file->d_name, name) < 0)
			snprintf(name, 256, "%s", file->d_name);
	}
	closedir(dir);
	return count;
}

static inline void path_of(const char *name, char out[static 512])
{
	snprintf(out, 512, "%s/%s", folder, name);
}

static inline int set_up(void **state)
{
	(void)state;
	memset(&board, 0, sizeof(board));
	snprintf(folder, sizeof(folder), "/tmp/weir-spool-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static inline int tear_down(void **state)
{
	char	       path[512];
	DIR	      *dir = opendir(folder);
	struct dirent *file;

	(void)state;
	while ((file = readdir(dir))) {
		path_of(file->d_name, path);
		unlink(path);
	}
	closedir(dir);
	return rmdir(folder);
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
