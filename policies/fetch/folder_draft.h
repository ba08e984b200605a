/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of files that appears whole or not at all.  It is written under a temporary name beside its place, which
 * begins with a dot so that a snapshot's reader passes it by; commit syncs it and puts it in the place of the old
 * one in one step.  Until then the old one is untouched.
 *
 * Files of different names may be written by different threads; the folder belongs to one.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

struct folder_draft {
	char *path, *temporary; /* NULL: nothing is open */
};

/*
 * What is at path already is only replaced when it is an empty folder, or one with a file called `mark`, as each
 * draft should have.
 */
int folder_draft_open(struct folder_draft *draft, const char *path, const char *mark,
		      struct err *err) MUST_USE;

/* A file, named from the folder on: "a/b.json".  Missing folders are made. */
FILE *folder_draft_file(const struct folder_draft *draft, const char *name, struct err *err);

/* Syncs and closes it; *size is what it has in bytes. */
int folder_draft_file_done(const struct folder_draft *draft, FILE *file, uint64_t *size,
			   struct err *err) MUST_USE;

/* Closes and removes it. */
void folder_draft_file_drop(const struct folder_draft *draft, FILE *file, const char *name);

/* Removes the drafts of that path that fetches left when they were killed; none may be under way. */
void folder_draft_sweep(const char *path);

int  folder_draft_commit(struct folder_draft *draft, struct err *err) MUST_USE;
void folder_draft_drop(struct folder_draft *draft); /* no-op after commit */

#define auto_folder_draft __attribute__((cleanup(folder_draft_drop)))
