/* SPDX-License-Identifier: Apache-2.0 */
/* The interfaces that are measured, from what was asked for: names, shell patterns, "all". */
#pragma once

#include "lib/base/cli.h"
#include "sensor/eni.h"

struct eni_set {
	struct eni enis[ENI_COUNT_MAX];
	size_t	   count;
};

/*
 * Looks up "NAME", "NAME=ENI", "PATTERN" (fnmatch(3); "PATTERN=ENI" when it matches one) or "all" (every
 * interface with a device behind it) for each item of the list.  What a pattern finds that has been named by
 * itself stands once, with the ENI it was named with.  The loopback device is only ever named.
 */
int eni_set_look_up(struct eni_set *set, const struct cli_list *list, struct err *err) MUST_USE;
