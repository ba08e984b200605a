/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface-ids of a run, numbered as they come.  A log may say anything: there are bounds to how many are
 * numbered, and to the bytes of all of them.
 */
#pragma once

#include "lib/base/str.h"

enum { INTERFACES_MAX = 1 << 20, INTERFACES_BYTES_MAX = 1 << 26, INTERFACES_NONE = UINT32_MAX };

struct interfaces;

struct interfaces *interfaces_new(void) MUST_USE;
void		   interfaces_free(struct interfaces *interfaces);

/* Its number; INTERFACES_NONE when there are too many. */
uint32_t interfaces_number(struct interfaces *interfaces, struct str id);

/* Lives as long as the table. */
struct str interfaces_id(const struct interfaces *interfaces, uint32_t number);
