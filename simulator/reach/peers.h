/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What some ends reach, or who reaches them: the other side, party by party.  An interface is no peer of its
 * own, and ends of two families are none of each other.
 */
#pragma once

#include "simulator/endpoint.h"
#include "simulator/reach/deciders.h"
#include "simulator/reach/intents.h"
#include "simulator/reach/parties.h"

struct peers_query {
	const struct endpoint *endpoint; /* borrowed */
	bool		       is_src;	 /* its ends send: what do they reach? */
	uint32_t	       asked;	 /* which packets */
	enum party_by	       by;
	const struct judge    *judge; /* borrowed; NULL: no policy */
	int32_t		       day;
	bool		       is_brief; /* verdicts and counts only */
};

/* By what some packets get from or to a party, and what the policy says of them there. */
struct peer_fact {
	struct decider	     decider; /* its set: which packets */
	struct intent_answer intent;  /* silent without a policy */
	uint32_t	    *foreign; /* of which foreign kinds, each once */
	size_t		     foreign_count, foreign_capacity;
};

/* Addresses that no interface has. */
struct peer_foreign {
	uint32_t     kind;
	enum verdict verdict;
};

struct peer_row {
	const struct party *party;    /* NULL: all interfaces */
	size_t ends, undecided, of;   /* of interfaces: that do, that may, that there are */
	struct peer_foreign *foreign; /* those that are not denied */
	size_t		     foreign_count, foreign_capacity;
	size_t		     query_ends; /* how many of the query's they reach, or are reached by */
	uint32_t	     set, unintended, silent; /* as of struct cell */
	enum verdict	     verdict;		      /* the most open of all */
	struct peer_fact    *facts;		      /* none when brief */
	size_t		     fact_count, fact_capacity;
	bool is_cut; /* not all rules are named; the facts without one are the rest */
};

struct peers {
	struct reach	  *reach; /* borrowed */
	struct peers_query query;
	struct parties	  *parties;
	size_t		 party_count; /* of interfaces; the internet and on-premises are two more */
	struct peer_row *rows;	      /* of the parties that are not denied, in their order */
	size_t		 row_count;
	struct peer_row	 total;			/* of all interfaces, each end once */
	enum verdict	 internet, on_premises; /* DENY too where they are the query itself */
	/* The most open of all; not known where there is nobody to ask about. */
	enum verdict verdict;
	size_t	     query_ends; /* of interfaces; 0: addresses outside */
	struct end
		*ends; /* the query's; gateways' own interfaces only where nothing else is named */
	size_t	 end_count;
	struct deciders *deciders; /* whose doubts the facts name; NULL: brief */
};

/* ERR_USAGE when an address is nobody's: of no interface and of neither scope outside. */
int  peers_find(struct reach *reach, const struct peers_query *query, struct peers *out,
		struct err *err) MUST_USE;
void peers_done(struct peers *peers);
