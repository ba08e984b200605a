/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All consumers of judged records at once: what `weir check` and `weir rules` answer, and a book of everything
 * that they may tell apart.
 */
#pragma once

#include "tests/differential/book.h"

struct answers;

/* asks_interfaces: what two interfaces saw is apart; else usage is left out. */
struct answers *answers_new(const struct world *world, const struct judge *judge,
			    bool asks_interfaces) MUST_USE;
void		answers_free(struct answers *answers);

uint32_t answers_place(struct answers *answers, const struct judged *judged);
void	 answers_note(struct answers *answers, uint32_t place, const struct judged_end *end);
void	 answers_add(struct answers *answers, uint32_t place, const struct sums *sums);

/* from can only be freed then. */
void answers_merge(struct answers *into, struct answers *from);

/* Nothing can be added any more. */
void answers_finish(struct answers *answers);

/* Of finished ones.  What differs is told on stderr unless quiet. */
bool answers_equal(const struct answers *plain, const struct answers *fast, bool quiet);
