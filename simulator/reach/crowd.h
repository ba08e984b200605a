/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a kind as pairs of them are counted: by the interfaces that they are of. */
#pragma once

#include "simulator/reach/kinds.h"

struct crowd {
	enum kind_scope scope;
	uint8_t		family;
	const uint32_t *owners; /* of KIND_INTERFACES: each member's interface, ascending */
	size_t		count;	/* likewise */
};

/*
 * How many pairs of members of different interfaces there are; a foreign crowd counts as one member.  is_simple:
 * no interface has two members of one family, here or elsewhere.
 */
uint64_t crowd_pairs(const struct crowd *from, const struct crowd *to, bool is_simple);
