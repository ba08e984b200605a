/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists that AWS cut into pages.  A document with a NextToken has its next page beside it, in the same folder:
 * that another folder has the whole list of another account or Region says nothing of this one.  Rows whose
 * owner knows that there are more are left alone: AWS has no more to tell of a long table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/map.h"
#include "lib/base/str.h"

struct loader;

/* The documents of a list in one folder. */
struct load_home {
	size_t	   family;   /* of the world's */
	struct str folder;   /* ends in NUL */
	bool	   is_whole; /* one of them has no NextToken: the last page, or all */
};

/* Zeroed it is ready for use. */
struct load_pages {
	struct load_home *homes;
	size_t		  count, capacity;
	struct map	  by_home; /* family and folder → index */
};

/* The last list of a document: whether it is whole.  At the end: an error for each that is not. */
void load_pages_note(struct loader *loader);
void load_pages_end(struct loader *loader);
