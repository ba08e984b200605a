/* SPDX-License-Identifier: Apache-2.0 */
/* One member's value of an object or row: whether it is the same in both worlds, as a key, and in words. */
#pragma once

#include "lib/base/buf.h"
#include "policies/world/delta_member.h"

/* An object or a row, and the world that it is of. */
struct holder {
	const struct world *world;
	const void	   *at;
};

/* Of every type but MEMBER_ROWS. */
bool value_eq(const struct member *member, struct holder a, struct holder b);

/* No text, no address: what is not there cannot identify anything. */
bool value_is_empty(const struct member *member, struct holder holder);

/* Bytes that are equal where the values are, and sort as they do; they end where the value ends. */
void value_key(const struct member *member, struct holder holder, struct buf *out);

/* As a person would write it; texts as they came, not made harmless. */
void value_print(const struct member *member, struct holder holder, struct buf *out);
