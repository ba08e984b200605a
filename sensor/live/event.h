/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Something that should not have flowed, or that AWS will not let through, in the forms in which it is said: a line of
 * JSON (docs/cli.md, "Events") and one for people.  Names come from outside: in both they are harmless, and each
 * is cut, so that an event never takes more than EVENT_JSON_MAX and EVENT_TERMINAL_MAX bytes.
 */
#pragma once

#include "bpf/flow_abi.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "policies/match/record.h"
#include "sensor/delivery/event_line.h"

enum { EVENT_ID_SIZE = 17 };

enum event_kind { EVENT_UNEXPECTED, EVENT_CONTRADICTION, EVENT_WOULD_DENY, EVENT_KIND_COUNT };

const char *event_kind_text(enum event_kind kind); /* "would-deny" */

/* What a verdict on an accepted record is as an event; EVENT_KIND_COUNT: none. */
enum event_kind event_kind_of(const struct record_answer *answer);

/* Whatever the groups say, and whether it is a reply or not. */
bool event_acl_denies(const struct record_answer *answer);

/* Multicast, broadcast and link-local addresses: what has one of them leaves no link, and is no event. */
bool event_is_on_link(const struct packet *packet);

/* All borrowed. */
struct event {
	enum event_kind		    kind;
	struct wall		    time; /* of the first packet */
	const struct world	   *world;
	const struct judge	   *judge; /* NULL: no policy */
	const struct record	   *record;
	const struct record_answer *answer;
	const char		   *ifname;  /* "ens5" */
	const struct flow_process  *process; /* NULL: not known */
};

/* "app -> web tcp/22": tiers, else interfaces, else where their address is (VPC, internet); as the connection was opened. */
void event_print_path(const struct event *event, struct buf *out);

/* What is the same is one event to whoever is told of it: of verdict, interface and path.  Stable for ever. */
void event_print_id(const struct event *event, char out[static EVENT_ID_SIZE]);

/* Likewise, for tables of this process. */
uint64_t event_hash(const struct event *event);

void event_print_json(const struct event *event, struct buf *out);
void event_print_terminal(const struct event *event, struct buf *out);
