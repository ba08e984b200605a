/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same questions as formulas over the bits of a packet, for Z3 through its C API.  Built without libz3,
 * rival_is_here is false.
 */
#pragma once

#include "policies/rules/packet.h"
#include "policies/world/world.h"

bool	    rival_is_here(void);
const char *rival_version(void);

/*
 * What groups, ACLs and routes say of a packet from one interface to another of the same VPC, and of its reply.
 * Built once, may be asked packet by packet.
 */
struct rival_pair;

/* Who carries each group, so that formulas need not look for members. */
struct rival_members;

struct rival_members *rival_members_new(const struct world *world) MUST_USE;
void		      rival_members_free(struct rival_members *members);

struct rival_pair *rival_pair_new(const struct world *world, const struct rival_members *members,
				  uint32_t src_eni_idx, uint32_t dst_eni_idx) MUST_USE;
void		   rival_pair_free(struct rival_pair *pair);

/* Whether a connection of TCP comes about; packet has both ports. */
bool rival_pair_ask(struct rival_pair *pair, const struct packet *packet);

enum rival_answer { RIVAL_SAME, RIVAL_DIFFERENT, RIVAL_GAVE_UP };

/* Whether two groups' rules for what enters over IPv4 let the same packets in; all of them name blocks. */
enum rival_answer rival_compare(const struct sg *a, const struct sg *b, unsigned timeout_ms);
