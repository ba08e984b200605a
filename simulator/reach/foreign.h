/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that no interface of a snapshot has: the internet's, and private ones of no VPC. */
#pragma once

#include "simulator/reach/kinds.h"

/* The kind of the foreign addresses of a class, of which ip is one. */
typedef uint32_t foreign_kind_fn(void *context, enum kind_scope scope, uint32_t peer_class,
				 struct ip ip);

/* An address of the stretch, both included, that is nobody's; none when all that were tried are somebody's. */
struct ip foreign_free(const struct world *world, struct ip first, struct ip last);

/* Fills kinds->stretches and kinds->foreign, once for each class that has such addresses. */
void foreign_find(struct kinds *kinds, foreign_kind_fn *kind, void *context);
