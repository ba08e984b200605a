/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in, whole files out.  Nothing is ever half written: a file appears complete or not at all. */
#pragma once

#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* The bytes of path ("-" is standard input), at most max of them, into an initialised buf.  No folder. */
int file_read(const char *path, size_t max, struct buf *out, struct err *err) MUST_USE;

struct file_list {
	char **paths; /* sorted bytewise */
	size_t count, capacity;
};

/*
 * The regular files below a folder, sorted, so that two runs see the same order; path itself when it is a
 * file or "-".  At most max_files and 16 folders deep; names that start with a dot are left out.
 */
int  file_list_open(struct file_list *list, const char *path, size_t max_files,
		    struct err *err) MUST_USE;
void file_list_close(struct file_list *list);

/*
 * A file being written under a temporary name beside its place.  What is there already and is no regular
 * file (a pipe, /dev/stdout) is written to directly: it cannot be half a file.
 */
struct file_draft {
	FILE *stream;		/* write here; stdout when path is "-" */
	char *path, *temporary; /* NULL: written directly */
};

int file_draft_open(struct file_draft *draft, const char *path, struct err *err) MUST_USE;
int file_draft_commit(struct file_draft *draft, struct err *err) MUST_USE; /* flush, sync, rename */
void file_draft_drop(struct file_draft *draft);				   /* no-op after commit */

#define auto_file_list __attribute__((cleanup(file_list_close)))
