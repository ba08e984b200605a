/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts as numbers, the same for all threads, so that keys of fixed size can hold them.  The first time a
 * text is met its number is agreed on under a lock; each thread remembers what it has met.  Numbers are given
 * out in order of arrival, which threads decide: whoever shows or orders them goes by the text.
 */
#pragma once

#include "lib/base/str.h"

enum { LEXICON_NONE = 0 /* no text */ };

struct lexicon;

/* Takes about memory_bytes at most, and each reader a fixed amount more. */
struct lexicon *lexicon_new(size_t memory_bytes) MUST_USE;
void		lexicon_free(struct lexicon *lexicon);
void		lexicon_free_at(struct lexicon **lexicon);

/* Of a number that was given out, when no thread adds any more.  LEXICON_NONE has the empty text. */
struct str lexicon_text(const struct lexicon *lexicon, uint32_t number);

/*
 * Puts the texts in order, when no thread adds any more: a text's rank is 1 for the first.  The rank of
 * LEXICON_NONE is LEXICON_NONE.
 */
void	 lexicon_settle(struct lexicon *lexicon);
uint32_t lexicon_rank(const struct lexicon *lexicon, uint32_t number);

/* A thread's memory of the numbers it has met. */
struct lexicon_reader;

struct lexicon_reader *lexicon_reader_new(struct lexicon *lexicon) MUST_USE;
void		       lexicon_reader_free(struct lexicon_reader *reader);

/* The text's number; LEXICON_NONE when it is new and there is no room.  It is copied when it is new. */
uint32_t lexicon_number(struct lexicon_reader *reader, struct str text);

#define auto_lexicon __attribute__((cleanup(lexicon_free_at)))
