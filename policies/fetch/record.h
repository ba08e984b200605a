/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a snapshot was made, for those who read it later: when, by whom, where, which calls were denied, which members
 * of answers are not kept.  policies/world/load_record reads it.
 */
#pragma once

#include "policies/fetch/fetch.h"

void record_print(const struct fetch_options *options, const struct fetch_result *result,
		  struct buf *out);
