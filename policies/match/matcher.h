/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a world, compiled: the answers of policies/rules at the speed of memory.  Immutable, so threads
 * may share one; a reload swaps it whole.
 *
 * Interfaces with the same groups in the same subnet have the same policy.  A policy and a direction are a
 * side; a flow asks a side about a peer and a protocol with its destination port (axis_key).  Its answer
 * stands for a whole interface_decision.  Where rules depend on more than that, the answer is to ask
 * policies/rules, and matcher_decide does.
 */
#pragma once

#include "policies/match/spans.h"
#include "policies/rules/interface.h"

struct matcher;

struct match_v4 {
	uint32_t peer; /* host order */
	uint32_t side, key;
};

struct match_v6 {
	struct point peer;
	uint32_t     side, key;
};

/* The world is borrowed. */
struct matcher *matcher_compile(const struct world *world) MUST_USE;

/* For tests: with policies in the form that they have in large worlds (directory.h), however small this is. */
struct matcher *matcher_compile_as_large(const struct world *world) MUST_USE;

/*
 * For a world that differs from the old one's only in the rules of one group: what does not use the group is
 * taken over, not compiled.
 */
struct matcher *matcher_recompile(const struct matcher *old, const struct world *world,
				  uint32_t changed_sg_idx) MUST_USE;

/*
 * For whoever learns only from its input which interfaces matter, one thread: nothing is compiled yet, and
 * everything is left to policies/rules.  matcher_want says that a side is about to be asked; one that is
 * asked often enough to be worth it is compiled then.  matcher_need compiles it at once.
 */
struct matcher *matcher_open(const struct world *world) MUST_USE;
void		matcher_want(struct matcher *matcher, uint32_t side);
void		matcher_need(struct matcher *matcher, uint32_t side);

void matcher_free(struct matcher *matcher);
void matcher_free_at(struct matcher **matcher);

const struct world *matcher_world(const struct matcher *matcher);

uint32_t	matcher_side(const struct matcher *matcher, uint32_t eni_idx, bool egress);
struct match_v4 matcher_flow_v4(uint32_t side, struct ip peer, const struct packet *packet);
struct match_v6 matcher_flow_v6(uint32_t side, struct ip peer, const struct packet *packet);

/* One answer for each flow.  No allocation, no lock; the flows may be of any mixture of sides. */
void matcher_eval_v4(const struct matcher *matcher, const struct match_v4 *flows, size_t count,
		     uint16_t *answers);
void matcher_eval_v6(const struct matcher *matcher, const struct match_v6 *flows, size_t count,
		     uint16_t *answers);

/* VERDICT_COUNT: ask policies/rules. */
static inline enum verdict match_verdict(uint16_t answer)
{
	return (enum verdict)(answer >> 14);
}

/* The answers to both readings of a packet: its own, and that of the packet it would answer. */
struct match_pair {
	uint16_t opening; /* of packet, on the side of its direction */
	uint16_t asked;	  /* of packet_asked, on the other side */
};

/* interface_decide, from the answers. */
struct interface_decision matcher_decide(const struct matcher *matcher, uint32_t side,
					 const struct packet *packet, struct match_pair pair,
					 bool as_reply);

/* For reports: bytes of all policies, how many sides, and how many of them this matcher itself compiled. */
struct matcher_size {
	size_t bytes, sides, compiled;
};

struct matcher_size matcher_size(const struct matcher *matcher);

/* The ways of evaluation; the fastest that the processor has is taken unless one is asked for. */
enum match_method { MATCH_SCALAR, MATCH_AVX2, MATCH_AVX512, MATCH_METHOD_COUNT };

const char *match_method_text(enum match_method method);
bool	    match_method_is_here(enum match_method method);
void matcher_use(struct matcher *matcher, enum match_method method); /* for tests and benches */

#define auto_matcher __attribute__((cleanup(matcher_free_at)))
