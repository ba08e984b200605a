/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: from now on this process writes below some folders only, and executes nothing. */
#pragma once

#include <stddef.h>

#include "lib/base/err.h"

/* 1: so it is.  0: this kernel has no Landlock.  Needs no_new_privs; counts for threads made later. */
int confine_writes(const char *const *folders, size_t count, struct err *err) MUST_USE;
