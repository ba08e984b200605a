/* SPDX-License-Identifier: Apache-2.0 */
/* The changes that open a path at route tables, peering connections and transit gateways; see remedy.h. */
#pragma once

#include "simulator/remedy.h"

void remedy_route_words(const struct obstacle *obstacle, struct buf *out);
void remedy_route_command(const struct obstacle *obstacle, struct buf *out);
void remedy_peering_words(const struct obstacle *obstacle, struct buf *out);
void remedy_peering_command(const struct obstacle *obstacle, struct buf *out);
void remedy_tgw_words(const struct obstacle *obstacle, struct buf *out);
void remedy_tgw_command(const struct obstacle *obstacle, struct buf *out);
void remedy_tgw_route_words(const struct obstacle *obstacle, struct buf *out);
void remedy_tgw_route_command(const struct obstacle *obstacle, struct buf *out);

/* The route whose destination shares the most with the packet's, when that is more than chance. */
void remedy_nearest_route(const struct obstacle *obstacle, struct buf *out);
