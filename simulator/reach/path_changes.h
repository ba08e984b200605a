/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths differ between two worlds, said of parties: every pair of joint kinds is compared, and pairs of
 * parties with the same change for the same causes are one row.
 */
#pragma once

#include "policies/world/delta.h"
#include "simulator/reach/crowds.h"
#include "simulator/reach/transition.h"

/* Ends that only one world has make paths of their own. */
enum { PRESENCE_SRC_NEW = 1, PRESENCE_SRC_GONE = 2, PRESENCE_DST_NEW = 4, PRESENCE_DST_GONE = 8 };

enum path_change_sign {
	PATH_OPENED,
	PATH_WIDENED,
	PATH_CHANGED, /* some packets opened, others closed */
	PATH_NARROWED,
	PATH_CLOSED,
	PATH_FORBIDDEN, /* nothing was opened or closed; the policy does not allow it any more */
	PATH_PERMITTED, /* likewise; the policy has nothing against it any more */
	PATH_UNDECIDED, /* from or to what the snapshot does not tell, and nothing else */
	PATH_SIGN_COUNT
};

struct path_change {
	enum path_change_sign sign;
	struct transition     transition;
	/* Of what was opened, or of PATH_FORBIDDEN is as open as it was: what the policy does not want. */
	uint32_t  unintended;
	uint32_t  silent; /* of what was opened, what the policy does not speak of */
	unsigned  presence;
	uint32_t *srcs, *dsts; /* crowds, ascending */
	size_t	  src_count, dst_count;
	/* The foreign joint kinds of the crowds that are the internet or on-premises, ascending. */
	const uint32_t *foreign;
	size_t		foreign_count;
	const uint32_t *
		moved; /* joint kinds that changed their tiers; of PATH_FORBIDDEN, PATH_PERMITTED */
	size_t	moved_count;
	/* Of ends; interfaces where one end is foreign; 0 by instance. */
	uint64_t	pairs, pairs_total;
	const uint32_t *causes; /* of delta->changes, ascending */
	size_t		cause_count;
	uint64_t	untraced; /* pairs of kinds of which no cause was found or looked for */
};

struct path_changes {
	struct path_change *items;
	size_t		    count;
	bool		    is_undecided; /* of some packets neither world tells */
	uint64_t	    untraced;	  /* of all rows */
	size_t		    counts[PATH_SIGN_COUNT];
	bool		   *is_cause; /* beside delta->changes */
	struct arena	    arena;
};

struct path_question {
	struct joint	   *joint;
	struct crowds	   *crowds;
	struct transitions *transitions;
	const struct delta *delta;
	const struct judge *judge; /* B's; NULL: no policy */
	enum party_by	    by;
};

/* All borrowed, and to outlive the answer. */
void path_changes_find(const struct path_question *question, struct path_changes *out);
void path_changes_done(struct path_changes *changes);
