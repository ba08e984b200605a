/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in words.  Everything appends to a buf; what comes from outside is made harmless. */
#pragma once

#include "lib/base/buf.h"
#include "policies/world/world.h"

/* "tcp/5432", "icmp/8", "proto/47"; -1: any. */
void rule_text_range(int16_t protocol, struct port_range ports, int16_t icmp_type,
		     int16_t icmp_code, struct buf *out);

void rule_text_sg_in(const struct world *world, const struct sg_rule *rule,
		     struct buf *out); /* "tcp/5432 from sg shop-app" */
void rule_text_nacl(const struct nacl_rule *rule,
		    struct buf		   *out); /* "allow tcp/5432 10.0.0.0/16" */
