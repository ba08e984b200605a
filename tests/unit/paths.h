/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as short texts.  A leg is its hops: what it is, > out or < in, ! and the code where it stops the
 * packet, ? and the code where that is not known:
 *
 *	"sg> nacl> route igw>!IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
 */
#pragma once

#include "lib/base/buf.h"
#include "simulator/path.h"
#include "tests/unit/estate.h"

/* "10.0.1.10", "vpc-2/10.0.1.10" where several VPCs have it, "internet". */
static inline struct end path_end(const struct world *world, const char *text)
{
	struct str name = str_of(text), vpc = str_cut(&name, '/');
	struct end end = { .eni_idx = WORLD_NONE };
	char	   ip[IP_TEXT_SIZE];

	if (strcmp(text, "internet") == 0)
		return end;
	snprintf(ip, sizeof(ip), "%.*s", STR_ARG(name.len ? name : vpc));
	end.ip = estate_ip(ip);
	end.eni_idx = name.len ? world_eni_in_vpc(world, world_index(world, WORLD_VPC, vpc), end.ip)
			       : world_eni_by_peer(world, WORLD_NONE, end.ip);
	return end;
}

/* A question and all of its answer. */
struct path_case {
	const char  *src, *dst;
	int	     protocol, port; /* of TCP and UDP, or an ICMP type */
	enum verdict verdict;
	const char  *forward, *back; /* back NULL: of no interest */
};

static inline void path_ask(const struct world *world, const struct path_case *asked,
			    struct path *out)
{
	struct question question = { .src = path_end(world, asked->src),
				     .dst = path_end(world, asked->dst),
				     .client_ports = path_default_client_ports() };

	question.packet = (struct packet){ .src = question.src.ip,
					   .dst = question.dst.ip,
					   .protocol = (uint8_t)asked->protocol,
					   .icmp_type = -1,
					   .icmp_code = -1 };
	if (proto_is_icmp((int16_t)asked->protocol))
		question.packet.icmp_type = (int16_t)asked->port;
	else
		question.packet.dst_port = (uint16_t)asked->port;
	path_walk(world, &question, out);
}

static inline void path_print(const struct leg *leg, struct buf *out)
{
	for (size_t i = 0; i < leg->count; i++) {
		const struct hop     *hop = &leg->hops[i];
		const struct hop_ops *ops = hop_ops_of(hop->kind);
		const char	     *code = reason_code(hop->decision.reason);

		buf_printf(out, "%s%s%s", i ? " " : "",
			   ops->label  ? ops->label
			   : ops->name ? ops->name
				       : hop->outside,
			   hop->direction == DIRECTION_EGRESS	 ? ">"
			   : hop->direction == DIRECTION_INGRESS ? "<"
								 : "");
		if (hop->decision.verdict != VERDICT_ALLOW)
			buf_printf(out, "%c%s", hop->decision.verdict == VERDICT_DENY ? '!' : '?',
				   code ? code : "");
	}
}

static inline void path_check_leg(const struct leg *leg, const char *expected, const char *about)
{
	auto_buf struct buf text = buf_make(4096);

	path_print(leg, &text);
	if (strcmp(text.data, expected) != 0)
		fail_msg("%s:\n\t%s\n\tnot\n\t%s", about, text.data, expected);
}

static inline void path_check(const struct world *world, const struct path_case *expected)
{
	char	    about[128];
	struct path path;

	snprintf(about, sizeof(about), "%s -> %s %d/%d", expected->src, expected->dst,
		 expected->protocol, expected->port);
	path_ask(world, expected, &path);
	path_check_leg(&path.forward, expected->forward, about);
	if (expected->back)
		path_check_leg(&path.back, expected->back, about);
	CHECK_VERDICT(path.verdict, expected->verdict, about);
}

static inline void path_check_all(const char *estate, const struct path_case *cases, size_t count)
{
	auto_world struct world *world = estate_open(estate);

	for (size_t i = 0; i < count; i++)
		path_check(world, &cases[i]);
}
