/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parties of two worlds together (parties.h), and those that fare alike as one: a crowd has its ends in the
 * same joint kinds as the next.  What was said of a pair of crowds holds for every pair of their parties.
 *
 * An end that is in both worlds belongs to what it belongs to in B.
 */
#pragma once

#include "simulator/reach/joint.h"
#include "simulator/reach/parties.h"

struct crowd_party {
	struct str label, id; /* as of a party */
};

struct crowd {
	enum kind_scope	    scope;
	struct crowd_party *parties; /* in the order of parties_new */
	size_t		    party_count, party_capacity;
	uint32_t	   *kinds; /* joint ones, ascending */
	size_t		    kind_count;
};

struct crowds {
	struct crowd *items; /* in the order of their first parties */
	size_t	      count, capacity;
	uint32_t
		*kind_firsts; /* by joint kind: where its crowds begin; one more than joint kinds */
	uint32_t       *kind_crowds;
	struct parties *parties[2]; /* of the worlds, whose labels these are */
};

/* judges of the sides; NULL without a policy. */
struct crowds *crowds_new(const struct joint *joint, const struct judge *const judges[2],
			  enum party_by by) MUST_USE;
void	       crowds_free(struct crowds *crowds);
