/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a flow-log record means: on which interface and in which direction it was seen, who opened the
 * connection, what the configuration says of it and what the policy says (aws-semantics.md 8).  Written on
 * the plain rules, one record at a time; records.h judges many.  docs/cli.md fixes the verdicts.
 */
#pragma once

#include "lib/flow/record.h"
#include "policies/intent/judge.h"
#include "policies/rules/interface.h"

enum record_verdict {
	RECORD_EXPECTED,
	RECORD_UNEXPECTED,
	RECORD_REJECTED,
	RECORD_CONTRADICTION,
	RECORD_UNKNOWN,
	RECORD_VERDICT_COUNT
};

/* Who sent the first packet of the conversation that the record belongs to. */
enum role { ROLE_UNKNOWN, ROLE_INITIATOR, ROLE_REPLY, ROLE_COUNT };

/* What told the role, or at least the reading that was used. */
enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_TCP_FLAGS,
	EVIDENCE_OTHER_RECORD,	/* the tcp-flags of another record of the conversation */
	EVIDENCE_CONFIGURATION, /* only one reading can give the action that was recorded */
	EVIDENCE_PORTS,		/* probable: one port is a client's, the other a service's */
	EVIDENCE_COUNT
};

/*
 * Where the range that most clients draw their ports from begins (aws-semantics.md 3), and how many system
 * ports there are (RFC 6335), from which none does.
 */
enum { RECORD_EPHEMERAL_MIN = 32768, RECORD_SYSTEM_PORTS = 1024 };

struct record_answer {
	enum record_verdict	  verdict;
	enum direction		  direction;
	enum role		  role;	   /* certain, or ROLE_UNKNOWN */
	enum role		  reading; /* what the rest of the answer goes by */
	enum evidence		  evidence;
	bool			  has_model; /* false: no interface to ask */
	struct interface_decision model;
	uint32_t		  eni_idx, peer_eni_idx;
	struct packet		  packet; /* as recorded, pkt-* preferred */
	struct packet opening; /* the packet that opened the conversation: packet or its reply */
	uint64_t      src_tiers, dst_tiers; /* of packet */
	struct intent_answer intent;	    /* of opening; INTENT_SILENT without a policy */
	bool	    is_toss; /* the policy differs by the role, and its evidence is too weak */
	const char *why;     /* static text when the decision does not say it all */
};

/*
 * What the numbers of its ports make likely, whatever is known of its ends (port_evidence.h): the only system
 * port is the service's, the only ephemeral one the client's.
 */
enum role record_role_by_ports(uint8_t protocol, uint16_t src_port, uint16_t dst_port);

/* What tcp-flags tell: SYN without ACK opens, SYN-ACK (18) answers. */
enum role record_role_by_flags(uint64_t tcp_flags);

/* The packet that the record is of: pkt-srcaddr and pkt-dstaddr before srcaddr and dstaddr. */
struct packet record_packet(const struct record *record);

/* The role that the record's own tcp-flags tell. */
enum role record_role(const struct record *record);

/*
 * judge may be NULL: no policy.  known is what other records of the conversation tell, or ROLE_UNKNOWN (see
 * opener.h).  Total: never fails, never allocates.
 */
struct record_answer record_judge_known(const struct world *world, const struct judge *judge,
					const struct record *record, enum role known);
struct record_answer record_judge(const struct world *world, const struct judge *judge,
				  const struct record *record);

/*
 * The same in steps, for whoever asks the rules in another way (records.h).  record_locate finds interface,
 * direction and packet; false: the answer is complete, nothing is to be asked.  The readings are
 * interface_decide's of answer->packet.
 */
struct record_readings {
	struct interface_decision opening, reply;
};

bool record_locate(const struct world *world, const struct record *record, enum role known,
		   struct record_answer *answer);
void record_conclude(const struct world *world, const struct judge *judge,
		     const struct record *record, const struct record_readings *readings,
		     struct record_answer *answer);

const char *record_verdict_text(enum record_verdict verdict);
const char *role_text(enum role role);
const char *evidence_text(enum evidence evidence);
