/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy says of a packet between two ends of a world. */
#pragma once

#include "policies/intent/intent.h"
#include "policies/rules/packet.h"

/* Which tiers each interface is in, worked out once for a policy and a world (both borrowed). */
struct judge;

struct judge *judge_new(const struct intent *intent, const struct world *world) MUST_USE;
void	      judge_free(struct judge *judge);
void	      judge_free_at(struct judge **judge);

/*
 * The tiers of an end, a bit each.  eni_idx WORLD_NONE: an address that no interface of the snapshot owns; it
 * is in the tiers whose CIDRs hold it, and the internet when it is public and in no VPC.
 */
uint64_t judge_tiers(const struct judge *judge, uint32_t eni_idx, struct ip ip);

const struct intent *judge_policy(const struct judge *judge);

/* The first of them to show, or an empty slice. */
struct str judge_tier_name(const struct judge *judge, uint64_t tiers);

/* Interfaces in a tier; a tier that holds nothing is worth a warning. */
size_t judge_members(const struct judge *judge, unsigned tier);

/*
 * Whether nothing can ever be in a tier: no interface is, and it names no block of addresses.  The policy is
 * silent about what its author meant.
 */
bool judge_is_empty(const struct judge *judge, unsigned tier);

enum intent_verdict {
	INTENT_SILENT, /* not between two tiers: the policy does not speak of it */
	INTENT_ALLOWED,
	INTENT_WAIVED,	  /* forbidden or unlisted, but excused until a day that has not passed */
	INTENT_UNDECIDED, /* an ICMP type decides, and it is not known */
	INTENT_UNLISTED,  /* between two tiers and not listed */
	INTENT_FORBIDDEN,
	INTENT_VERDICT_COUNT
};

struct intent_answer {
	enum intent_verdict	verdict;
	const struct statement *statement; /* the deciding one; NULL when silent or unlisted */
	const struct statement *expired;   /* the last to end of waivers that excused it once */
};

/*
 * Of a packet that opens a connection, on a day (since 1970-01-01): the first statement of the file that
 * covers it decides.  Traffic inside one tier is not spoken of unless a statement says so.
 */
struct intent_answer judge_packet(const struct judge *judge, uint64_t src_tiers, uint64_t dst_tiers,
				  const struct packet *packet, int32_t day);

const char *intent_verdict_text(enum intent_verdict verdict); /* "allowed" */
bool	    intent_forbids(enum intent_verdict verdict);      /* unlisted or forbidden */

#define auto_judge __attribute__((cleanup(judge_free_at)))
