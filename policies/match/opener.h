/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who opened a conversation, learned from the tcp-flags of any of its records: a long connection's middle
 * records have no flags of their own (aws-semantics.md 1.4), but the record of the other direction, or of
 * another interval, does.  A bounded table; what finds no room is not learned and counted.
 */
#pragma once

#include "policies/match/record.h"

enum { OPENERS_MAX = 1 << 20 };

struct openers;

struct openers *openers_new(void) MUST_USE;
void		openers_free(struct openers *openers);
void		openers_free_at(struct openers **openers);

/*
 * In whatever order.  Of a conversation whose two ends both opened it, one after the other, the flags that say
 * otherwise than the ports count, so that those that say the same need not be learned; where the ports say
 * nothing it has no known opener.
 */
void openers_learn(struct openers *openers, const struct record *record);
void openers_merge(struct openers *into, const struct openers *from);

/* Nobody is asked about a record without tcp-flags: those of its log have none either. */
enum role openers_role(const struct openers *openers, const struct record *record);
bool	  openers_is_empty(const struct openers *openers);
uint64_t  openers_not_learned(const struct openers *openers);

#define auto_openers __attribute__((cleanup(openers_free_at)))
