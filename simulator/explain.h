/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, hops and ends in words.  Everything appends to a buf; what comes from outside is made harmless. */
#pragma once

#include "lib/base/buf.h"
#include "policies/match/record.h"
#include "policies/rules/rule_text.h"
#include "simulator/path.h"

void explain_route(const struct route *route, struct buf *out); /* "10.0.0.0/16 -> local" */
void explain_tgw_route(const struct tgw_route *route, struct buf *out);

/* "tcp/5432", "icmp/8", "proto/47": what the packet asks for. */
void explain_ports_of(const struct packet *packet, struct buf *out);

/* The same of a hop, where a reply goes to one of a range of ports. */
void explain_hop_ports(const struct hop *hop, struct buf *out);

enum { EXPLAIN_ADDRESS_SIZE = IP_TEXT_SIZE + CIDR_TEXT_SIZE + 4 };

/*
 * "10.0.1.10"; of a delegated prefix "10.0.1.16/28", of what lies inside it and fares otherwise than its
 * beginning "10.0.1.24 in 10.0.1.16/28"; "-" for none.
 */
void explain_address(const struct end *end, char out[static EXPLAIN_ADDRESS_SIZE]);

/* "web-1 (10.0.1.10, eni-…)", "203.0.113.9", "internet". */
void explain_end(const struct world *world, const struct end *end, struct buf *out);

/* The component's kind as docs/cli.md names it, its id ("" when unknown) and its name. */
const char *explain_hop_kind(const struct hop *hop);
const char *explain_hop_label(const struct hop *hop); /* the kind, shorter: "sg" */
struct str  explain_hop_id(const struct world *world, const struct hop *hop);
struct str  explain_hop_name(const struct world *world, const struct hop *hop);

/* The deciding rule of a hop: its id (a group rule's sgr-, an ACL rule's number) and its text. */
void explain_hop_rule_id(const struct hop *hop, struct buf *out);
void explain_hop_rule(const struct world *world, const struct hop *hop, struct buf *out);

/* What a component that lets the packet through does with it: "source 10.0.1.10 becomes 198.51.100.7". */
void explain_hop_effect(const struct world *world, const struct hop *hop, struct buf *out);

/* Why a hop does not let the packet through, in one sentence. */
void explain_hop_reason(const struct world *world, const struct hop *hop, struct buf *out);

/* What leaves a path undecided: the component and its reason. */
void explain_doubt(const struct world *world, const struct hop *hop, struct buf *out);

/* The rule of the interface's groups that comes nearest to matching, or NULL. */
const struct sg_rule *explain_nearest(const struct world *world, uint32_t eni_idx, bool egress,
				      const struct packet *packet);
