/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a snapshot or a policy, as they are on the disk: nothing of them is parsed here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

enum { DOCUMENTS_MAX = 100000 };

struct documents {
	uint64_t
		stamp; /* of names, places, sizes and times: another one when anything was written */
	uint64_t bytes;	   /* of those that hold JSON */
	int64_t	 newest_s; /* when the newest document was written, since 1970; 0: there is none */
};

/* path: a file or folder.  Of a folder only what is named as a document counts for newest_s. */
int documents_look(const char *path, struct documents *out, struct err *err) MUST_USE;

/* In a folder there may be notes and policies beside the documents: those are not JSON objects. */
bool documents_is_json(const char *path);
