/* SPDX-License-Identifier: Apache-2.0 */
/* Who decides about a packet from the internet to an interface, and what the policy says of it. */
#pragma once

#include "simulator/reach/exposure.h"

struct exposure_facts {
	enum verdict		verdict;
	struct intent_answer	intent;
	const struct sg_rule   *sg_rule;
	uint32_t		sg_idx;
	const struct nacl_rule *nacl_rule;
	uint32_t		nacl_idx, listener_idx;
};

bool exposure_facts_eq(const struct exposure_facts *a, const struct exposure_facts *b);

/* A receiver, and what is looked up once for all packets to it, and once for each stretch of them. */
struct exposure_receiver {
	const struct exposure_question *question;
	const struct world	       *world;
	const struct kind	       *kind;
	uint32_t			eni_idx, lb_idx;
	/* Of the packets that are asked about now. */
	struct packet	       packet;
	uint32_t	       listener_idx;
	const struct sg_rule **rules; /* of its groups, those that the packets' header fits */
	uint32_t	      *rule_sgs;
	size_t		       rule_count, rule_capacity, sg_capacity;
};

struct exposure_receiver exposure_receiver_of(const struct exposure_question *question,
					      uint32_t			      kind);
void			 exposure_receiver_done(struct exposure_receiver *receiver);

/* Where the facts of packets may change, but for what the sets themselves tell. */
struct cuts;
void exposure_receiver_cuts(const struct exposure_receiver *receiver, struct cuts *cuts);

/* From here on the packets are those from this key to the next cut. */
void exposure_receiver_turn(struct exposure_receiver *receiver, uint32_t key);

/* What the policy says of them when they come from these tiers. */
struct intent_answer exposure_receiver_intent(const struct exposure_receiver *receiver,
					      uint64_t			      src_tiers);

/* The rules that decide when they come from an address; of a load balancer its listener does. */
void exposure_receiver_rules(const struct exposure_receiver *receiver, struct ip src,
			     struct exposure_facts *out);
