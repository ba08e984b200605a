/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir diff`, and its forms. */
#pragma once

#include <stdio.h>

#include "lib/base/buf.h"
#include "simulator/reach/path_changes.h"

struct diff_answer {
	const char		  *paths[2]; /* as typed; all borrowed */
	const struct delta	  *delta;
	const struct path_changes *changes;
	const struct crowds	  *crowds;
	const struct joint	  *joint;
	const struct judge	  *judge; /* NULL: no policy */
	struct packet_sets	  *sets;
	enum party_by		   by;
	bool			   all, no_header;
	size_t			   limit; /* rows of the text forms */
	size_t renewed; /* interfaces that are others by id, matched all the same */
};

/* Changes of the configuration that are no cause: all of them, and those that cannot be one. */
struct diff_noise {
	size_t count, cosmetic;
};

struct diff_noise diff_noise_of(const struct diff_answer *answer);

/* What they are called: when not all causes were found, it is not certain that they do nothing. */
const char *diff_noise_words(const struct diff_answer *answer);

/* "opened", "widened", … */
const char *diff_sign_word(enum path_change_sign sign);

/* '+', '~', '-', '!', '=', '?'. */
char diff_sign_mark(enum path_change_sign sign);

/*
 * The senders or receivers: "web", "web-1, web-2", "web-1 … web-14 (14)", "internet but 203.0.113.0/24".  Not made
 * harmless.
 */
void diff_add_parties(const struct diff_answer *answer, const struct path_change *change,
		      bool is_dst, struct buf *out);

/* The addresses of a party that is foreign, as far as the change is about them; limit as in addresses.h. */
void diff_add_foreign(const struct diff_answer *answer, const struct path_change *change,
		      enum kind_scope scope, size_t limit, struct buf *out);

/* "new end", "end is gone"; nothing when both snapshots have the ends. */
void diff_add_presence(const struct path_change *change, struct buf *out);

/* "tcp/22 undecided: icmp"; "nothing". */
void diff_add_set(const struct diff_answer *answer, uint32_t set, struct buf *out);

/* What passes in a world (side), of the protocols of which anything changed. */
void diff_add_side(const struct diff_answer *answer, const struct path_change *change, size_t side,
		   struct buf *out);

/* Whether the packets are as open as they were, and the policy judges them otherwise. */
bool diff_is_judged(const struct path_change *change);

/* An interface that went from tier to tier. */
struct diff_move {
	struct str label, id, from, to; /* empty: of no tier */
};

/* Those that a change is about, each once; the caller's to free. */
struct diff_move *diff_moves_of(const struct diff_answer *answer, const struct path_change *change,
				size_t *count);

/* "no longer allowed: web-2 moved from tier web to app"; nothing of other changes. */
void diff_add_judged(const struct diff_answer *answer, const struct path_change *change,
		     struct buf *out);

/* A change of the configuration in words, with what a rule's author wrote of it. */
void diff_add_cause(const struct diff_answer *answer, uint32_t cause, struct buf *out);

/* Where the cause is not known, in a sentence; else nothing. */
void diff_add_untraced(const struct path_change *change, struct buf *out);

void diff_print_text(const void *answer, FILE *out);
void diff_print_markdown(const void *answer, FILE *out);
void diff_print_csv(const void *answer, FILE *out);
void diff_print_json(const void *answer, FILE *out);
