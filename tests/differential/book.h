/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judged records added up by everything that a consumer may tell apart (simulator/flows/sums.h), so that two
 * ways of judging can be compared: a page for each answer, with its sums, the place of its first record and its
 * addresses.  What told the role of a record is left aside; the reading that was used is not.
 */
#pragma once

#include "simulator/flows/sums.h"

struct book;

struct book *book_new(const struct world *world, const struct judge *judge) MUST_USE;
void	     book_free(struct book *book);

uint32_t book_place(struct book *book, const struct judged *judged);
void	 book_note(struct book *book, uint32_t place, const struct judged_end *end);
void	 book_add(struct book *book, uint32_t place, const struct sums *sums);
void	 book_merge(struct book *into, const struct book *from);

uint64_t book_pages(const struct book *book);

/* Whether they say the same; what differs first is told on stderr unless quiet. */
bool book_equal(const struct book *plain, const struct book *fast, bool quiet);
