/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that a record may have hit, beside those that it did: where the snapshot does not have what a rule speaks
 * of, where a record does not have what a rule asks (an ICMP type), and where nothing but its ports tells who
 * opened the connection, so that it may as well be the other way round.  A group's rule can be hit by what was
 * accepted only, an ACL's entry by what it gives its own action.
 */
#pragma once

#include "simulator/flows/usage_rules.h"

/* Appends to hits, which have those of usage_rules_hit.  The answer is record's. */
void usage_maybe(const struct usage_rules *rules, const struct record *record,
		 const struct record_answer *answer, struct usage_hits *hits);
