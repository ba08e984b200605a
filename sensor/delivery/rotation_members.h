/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a rotation set aside, beside the one it writes: "flow.log.20261128T102500Z", then "-1" and so on when
 * there is one of that second, and ".gz" once it is packed.  Packing goes piece by piece, between other work.  The
 * bytes depend on nothing but what is packed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

enum { ROTATION_NAME_SIZE = 256 };

/* A name for what is set aside at that second; false: there is none left. */
bool rotation_name(int folder_fd, const char *name, int64_t time_s,
		   char out[static ROTATION_NAME_SIZE]);

struct rotation_packing;

struct rotation_packing *rotation_packing_new(int folder_fd, const char *name); /* both borrowed */
void			 rotation_packing_free(
			    struct rotation_packing *packing); /* accepts NULL; drops what is half packed */

/* Packs a piece of the oldest that is not.  1: there is more to do.  0: nothing is left to be packed. */
int rotation_pack(struct rotation_packing *packing, struct err *err) MUST_USE;

/* Removes all but the `keep` newest. */
int rotation_prune(int folder_fd, const char *name, uint64_t keep, struct err *err) MUST_USE;
