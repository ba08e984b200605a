/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversations that the sensor has seen lately: who opened them, and what has been judged and said of them.  A
 * fixed table; the one that was quiet longest of eight makes room.
 *
 * Who opened a TCP connection its flags tell, who asked by ICMP its types.  Of UDP it is who sent first, when this
 * table would have seen an earlier packet: not within CONVERSATION_IDLE_S after the start, after the clock was set, or
 * after something was forgotten too early; nor of one interface after it came.
 */
#pragma once

#include <stdbool.h>

#include "policies/match/record.h"
#include "sensor/flow_table.h"

/* Ends that were quiet so long begin anew (security groups track UDP streams for 180 s: aws-semantics.md 2.6). */
enum { CONVERSATION_IDLE_S = 180 };

struct conversation {
	uint64_t hash; /* of interface, protocol and both ends; 0: free */
	int64_t	 first_ns, last_ns;
	/* When each end, by conversation_sender, sent what is an answer; INT64_MIN: never. */
	int64_t	 heard_ns[2];
	uint32_t model;		   /* that the two below are about */
	uint8_t	 judged;	   /* directions, a bit each */
	uint8_t	 said;		   /* verdicts, a bit each */
	uint8_t	 opener;	   /* enum conversation_opener */
	bool	 is_certain : 1;   /* the opener is, */
	bool	 is_by_packet : 1; /* and needs no clock for that */
};

struct conversations;

/* At least so many.  start_ns: wall clock; interval_s: between two news of a flow. */
struct conversations *conversations_new(size_t count, int64_t start_ns,
					uint32_t interval_s) MUST_USE;
void		      conversations_free(struct conversations *conversations);
size_t		      conversations_memory_bytes(size_t count);

/*
 * A flow was seen, for the first time or again.  Never NULL; good until the next call.  What was said of it by
 * another model than that is forgotten.
 */
struct conversation *conversations_see(struct conversations *conversations, const struct flow *flow,
				       uint32_t model) MUST_USE;

/* An interface is watched from then on: what goes on there may have begun before. */
void conversations_come(struct conversations *conversations, uint32_t ifindex, int64_t from_ns);

/* The wall clock was set, and is at that now: who sent first before cannot be told by it. */
void conversations_clock_set(struct conversations *conversations, int64_t now_ns);

/* Which of the two ends sends: 0 or 1. */
unsigned conversation_sender(const struct flow *flow);

/*
 * Whether the other end has sent since the flow began, or up to a window before it, what is an answer if the flow's
 * sender opened it.  A reset is none, others than the other end send those.
 */
bool conversation_is_answered(const struct conversations *conversations,
			      const struct conversation *conversation, const struct flow *flow);

/* Whether the flow's sender opened it, as far as is known for certain. */
enum role conversation_role(const struct conversation *conversation, const struct flow *flow);
