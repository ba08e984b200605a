/* SPDX-License-Identifier: Apache-2.0 */
/* The interfaces that are measured, from what was asked for: names, shell patterns, "all". */
#pragma once

#include "lib/base/cli.h"
#include "sensor/eni.h"

struct eni_set {
	/* In: how many there may be, up to ENI_COUNT_MAX, and whether there may be none of what is asked for yet. */
	size_t max;
	bool   wait;
	/* Places; at the start the first `count` are taken. */
	struct eni enis[ENI_COUNT_MAX];
	size_t	   count;
	/* What was asked for: a name or pattern, and its id. */
	struct eni asked[CLI_LIST_MAX];
	size_t	   asked_count;
};

/*
 * Looks up "NAME", "NAME=ENI", "PATTERN" (fnmatch(3); "PATTERN=ENI" when it matches one) or "all" (every
 * interface with a device behind it) for each item of the list.  What a pattern finds that has been named by
 * itself stands once, with the ENI it was named with.  The loopback device is only ever named.
 */
int eni_set_look_up(struct eni_set *set, const struct cli_list *list, struct err *err) MUST_USE;

/* Which of `asked` asks for an interface of this host, what names it before patterns; count: none. */
size_t eni_set_find(const struct eni *asked, size_t count, const char *name, uint32_t ifindex);

/* Whether some of it may mean interfaces that are not there yet; of any kind: not only network cards. */
bool eni_set_has_pattern(const struct eni_set *set);
bool eni_set_may_find_any(const struct eni_set *set);
