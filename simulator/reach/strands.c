/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/strands.h"

#include <string.h>

#include "policies/rules/interface.h"

enum { ICMP_ECHO = 8, ICMPV6_ECHO = 128, ICMPV6_ECHO_REPLY = 129 };
enum { ICMP_DESTINATION_UNREACHABLE = 3, ICMPV6_DESTINATION_UNREACHABLE = 1 };

static const int16_t query_types[] = { 13, 15, 17 };

struct packet packet_of_class(enum packet_class class)
{
	static const struct {
		uint8_t protocol;
		int16_t icmp_type;
	} headers[CLASS_COUNT] = {
		[CLASS_TCP] = { PROTO_TCP, -1 },
		[CLASS_UDP] = { PROTO_UDP, -1 },
		[CLASS_ECHO] = { PROTO_ICMP, ICMP_ECHO },
		[CLASS_QUERY] = { PROTO_ICMP, 13 },
		[CLASS_ICMP] = { PROTO_ICMP, ICMP_DESTINATION_UNREACHABLE },
		[CLASS_ECHO_V6] = { PROTO_ICMPV6, ICMPV6_ECHO },
		[CLASS_ECHO_REPLY_V6] = { PROTO_ICMPV6, ICMPV6_ECHO_REPLY },
		[CLASS_ICMPV6] = { PROTO_ICMPV6, ICMPV6_DESTINATION_UNREACHABLE },
		[CLASS_OTHER] = { PROTO_GRE, -1 },
	};

	return (struct packet){ .protocol = headers[class].protocol,
				.icmp_type = headers[class].icmp_type,
				.icmp_code = headers[class].icmp_type < 0 ? -1 : 0 };
}

static uint32_t types(struct packet_sets *sets, uint32_t protocol, int first, int last)
{
	return packet_sets_range(sets, protocol << 16 | (uint32_t)first << 8,
				 protocol << 16 | (uint32_t)last << 8 | 0xff, VERDICT_ALLOW);
}

static uint32_t without(struct packet_sets *sets, uint32_t a, uint32_t b)
{
	return packet_sets_both(sets, a, packet_sets_not(sets, b));
}

void strand_maker_init(struct strand_maker *maker)
{
	struct packet_sets *sets = maker->sets;
	uint32_t	   *classes = maker->classes;
	uint32_t	    rest = PACKET_SET_ALLOW;

	classes[CLASS_TCP] = types(sets, PROTO_TCP, 0, 255);
	classes[CLASS_UDP] = types(sets, PROTO_UDP, 0, 255);
	classes[CLASS_ECHO] = types(sets, PROTO_ICMP, ICMP_ECHO, ICMP_ECHO);
	classes[CLASS_QUERY] = PACKET_SET_DENY;
	for (size_t i = 0; i < ARRAY_LEN(query_types); i++)
		classes[CLASS_QUERY] = packet_sets_either(
			sets, classes[CLASS_QUERY],
			types(sets, PROTO_ICMP, query_types[i], query_types[i]));
	classes[CLASS_ICMP] = without(
		sets, types(sets, PROTO_ICMP, 0, 255),
		packet_sets_either(sets, classes[CLASS_ECHO], classes[CLASS_QUERY]));
	classes[CLASS_ECHO_V6] = types(sets, PROTO_ICMPV6, ICMPV6_ECHO, ICMPV6_ECHO);
	classes[CLASS_ECHO_REPLY_V6] = types(sets, PROTO_ICMPV6, ICMPV6_ECHO_REPLY,
					     ICMPV6_ECHO_REPLY);
	classes[CLASS_ICMPV6] = without(sets, types(sets, PROTO_ICMPV6, 0, 255),
					types(sets, PROTO_ICMPV6, ICMPV6_ECHO, ICMPV6_ECHO_REPLY));
	for (int class = 0; class < CLASS_OTHER; class ++)
		rest = without(sets, rest, classes[class]);
	classes[CLASS_OTHER] = rest;
	maker->queries = packet_sets_either(
		sets, packet_sets_either(sets, classes[CLASS_ECHO], classes[CLASS_QUERY]),
		classes[CLASS_ECHO_V6]);
	maker->messages = without(sets, without(sets, PACKET_SET_ALLOW, maker->queries),
				  classes[CLASS_TCP]);
}

/* A path under the eyes of packets of the protocol that walked it. */
struct view {
	const struct strand_maker *maker;
	uint8_t			   protocol;
};

static struct ip far_address(const struct hop *hop)
{
	return hop->direction == DIRECTION_EGRESS ? hop->packet.dst : hop->packet.src;
}

/* A translator between the families has made another protocol of it, with one type and code. */
static bool is_mapped(const struct view *view, const struct hop *hop)
{
	return hop->packet.protocol != view->protocol;
}

/* What an ACL says of all packets; of what they ask for when it stands on the way back. */
static uint32_t ask_acl(const struct view *view, const struct hop *hop, bool is_reply)
{
	struct packet_sets *sets = view->maker->sets;
	bool		    egress = hop->direction == DIRECTION_EGRESS;
	struct ip	    far = far_address(hop);
	uint32_t	    set;

	if (is_mapped(view, hop))
		set = interface_edge(view->maker->world, hop->subnet_idx, egress, &hop->packet)
			      .verdict;
	else if (is_reply)
		set = acl_sets_ask_replies(view->maker->acls, hop->subnet_idx, egress, far);
	else
		set = acl_sets_ask(view->maker->acls, hop->subnet_idx, egress, far);
	return hop->is_doubted ? packet_sets_either(sets, set, PACKET_SET_UNKNOWN) : set;
}

static uint32_t forward_hops(const struct view *view, const struct leg *leg, size_t count)
{
	struct packet_sets *sets = view->maker->sets;
	uint32_t	    set = PACKET_SET_ALLOW;

	for (size_t i = 0; i < count; i++) {
		const struct hop *hop = &leg->hops[i];

		if (hop->kind == HOP_NETWORK_ACL)
			set = packet_sets_both(sets, set, ask_acl(view, hop, false));
		else if (hop->kind != HOP_SECURITY_GROUP)
			set = packet_sets_both(sets, set, hop->decision.verdict);
	}
	return set;
}

/*
 * What replies leave of a way.  Replies to TCP go to any of the client's ports: the path has asked the ACLs
 * about all of them together.
 */
static bool back_hops(const struct view *view, const struct path *path, uint32_t *out)
{
	const struct strand_maker *maker = view->maker;
	struct packet_sets	  *sets = maker->sets;
	const struct leg	  *leg = &path->back;
	uint32_t		   all = leg->arrived ? PACKET_SET_ALLOW : PACKET_SET_UNKNOWN,
		 acls = PACKET_SET_ALLOW;

	for (size_t i = 0; i < leg->count; i++) {
		const struct hop *hop = &leg->hops[i];

		if (hop->kind == HOP_SECURITY_GROUP && !hop->is_stateful)
			return false;
		if (hop->kind == HOP_NETWORK_ACL)
			acls = packet_sets_both(sets, acls, ask_acl(view, hop, true));
		else
			all = packet_sets_both(sets, all, hop->decision.verdict);
	}
	*out = packet_sets_both(sets, packet_sets_both(sets, all, path->reply_acls),
				maker->classes[CLASS_TCP]);
	*out = packet_sets_either(
		sets, *out,
		packet_sets_both(sets, packet_sets_both(sets, all, acls), maker->queries));
	*out = packet_sets_either(sets, *out, maker->messages);
	return true;
}

static enum way_role role_of_address(const struct strand_maker *maker, struct ip ip, bool egress)
{
	struct ip		   addresses[] = { maker->src.ip, maker->src_public, maker->dst.ip,
						   maker->dst_public };
	static const int	   order[2][4] = { { 0, 1, 2, 3 }, { 2, 3, 0, 1 } };
	static const enum way_role roles[] = { ROLE_SRC, ROLE_SRC_PUBLIC, ROLE_DST,
					       ROLE_DST_PUBLIC };

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		if (addresses[order[egress][i]].family && ip_eq(addresses[order[egress][i]], ip))
			return roles[order[egress][i]];
	return ROLE_OTHER;
}

static enum way_role role_of_eni(const struct strand_maker *maker, uint32_t eni_idx)
{
	if (eni_idx == WORLD_NONE)
		return ROLE_NOBODY;
	return eni_idx == maker->src.eni_idx   ? ROLE_SRC
	       : eni_idx == maker->dst.eni_idx ? ROLE_DST
					       : ROLE_OTHER;
}

static bool add_check(const struct view *view, const struct hop *hop, struct strand *out)
{
	const struct strand_maker *maker = view->maker;
	struct way_check	  *check = &out->checks[out->check_count];
	bool			   egress = hop->direction == DIRECTION_EGRESS;

	if (hop->is_stateful)
		return true;
	/*
	 * Past NAT64 the far address is the one inside the destination's, for which there is no role though ends of one
	 * place differ in it.  It need not have one: of the ICMPv6 classes, which are walked wherever a NAT gateway is
	 * on the way, the protocol is mapped, and so the whole way is odd.
	 */
	if (is_mapped(view, hop) || out->check_count == CHECKS_MAX)
		return false;
	check->egress = egress;
	check->is_doubted = hop->is_doubted;
	check->is_known = hop->peer.is_known;
	check->owner = (uint8_t)role_of_eni(maker, hop->eni_idx);
	check->owner_eni_idx = check->owner == ROLE_OTHER ? hop->eni_idx : WORLD_NONE;
	check->address = (uint8_t)role_of_address(maker, far_address(hop), egress);
	if (check->address == ROLE_OTHER)
		check->ip = far_address(hop);
	check->identity = ROLE_NOBODY;
	check->other_eni_idx = WORLD_NONE;
	if (hop->peer.is_known)
		check->identity = (uint8_t)role_of_eni(maker, hop->peer.eni_idx);
	if (check->identity == ROLE_OTHER)
		check->other_eni_idx = hop->peer.eni_idx;
	out->check_count++;
	return true;
}

static bool add_checks(const struct view *view, const struct leg *leg, size_t count,
		       struct strand *out)
{
	for (size_t i = 0; i < count; i++)
		if (leg->hops[i].kind == HOP_SECURITY_GROUP && !add_check(view, &leg->hops[i], out))
			return false;
	return true;
}

bool strand_make(const struct strand_maker *maker, const struct path *path,
		 enum packet_class walked, uint32_t packets, struct strand *out)
{
	struct packet_sets *sets = maker->sets;
	struct view	    view = { maker, packet_of_class(walked).protocol };
	uint32_t	    set, back;

	memset(out, 0, sizeof(*out)); /* strands are compared as bytes */
	set = forward_hops(&view, &path->forward, path->forward.count);
	if (!path->forward.arrived)
		set = packet_sets_both(sets, set, PACKET_SET_UNKNOWN);
	if (!back_hops(&view, path, &back))
		return false;
	out->rest = packet_sets_both(sets, packet_sets_both(sets, set, back), packets);
	return add_checks(&view, &path->forward, path->forward.count, out);
}

bool strand_before_lb(const struct strand_maker *maker, const struct path *path, struct strand *out)
{
	struct view view = { maker, PROTO_TCP };
	size_t	    count = path->forward.count - 1;
	uint32_t    ports = packet_sets_either(maker->sets, maker->classes[CLASS_TCP],
					       maker->classes[CLASS_UDP]);

	memset(out, 0, sizeof(*out));
	out->rest = packet_sets_both(maker->sets, forward_hops(&view, &path->forward, count),
				     ports);
	return add_checks(&view, &path->forward, count, out);
}
