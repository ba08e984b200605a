/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of eni-1 (10.0.1.10) with eni-2 (10.0.2.10), and what a sensor's live half has said and counted of them. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "sensor/live/live.h"
#include "tests/unit/judged_line.h"

#define NS_PER_S INT64_C(1000000000)
#define START_S	 INT64_C(1700000000)

enum { MIB = 1 << 20, SYN = 2, SYN_ACK = 18, SAID_MAX = 1 << 16, TCP_ = 6, UDP_ = 17 };

/* A sensor's live half with a snapshot and a policy, and what it says. */
struct scene {
	char		     snapshot[32], policy[32];
	struct board	    *board;
	struct model_keeper *models;
	struct live	    *live;
	struct str	     id; /* of the interface */
	int64_t		     now_s;
	struct buf	     said;
	unsigned	     strangers;
	struct str	     stranger_vpc; /* the last that was named */
};

static struct scene scene;
static const char  *vpc_id; /* of the interface; NULL: it is not known before it has flows */

static inline bool make_record(const struct recorder *recorder, const struct flow *flow,
			       struct record *out, const char **ifname)
{
	const struct flow_key *key = &flow->key;
	struct record	       record = { .start = (uint64_t)START_S, .end = (uint64_t)START_S };

	(void)recorder;
	if (key->dst_port == 67) /* as flow logs leave something out */
		return false;
	record.srcaddr = record.pkt_srcaddr = ip_from_bytes(IP_V4, key->src);
	record.dstaddr = record.pkt_dstaddr = ip_from_bytes(IP_V4, key->dst);
	record.srcport = key->src_port;
	record.dstport = key->dst_port;
	record.protocol = key->protocol;
	record.tcp_flags = flow->count.tcp_flags;
	record.flow_direction = key->direction;
	record.text[FIELD_INTERFACE_ID] = scene.id;
	for (int field = FIELD_INTERFACE_ID; field <= FIELD_PROTOCOL; field++)
		record_set(&record, (enum field)field);
	record_set(&record, FIELD_ACTION);
	record_set(&record, FIELD_TCP_FLAGS);
	record_set(&record, FIELD_END);
	record_set(&record, FIELD_FLOW_DIRECTION);
	*out = record;
	*ifname = "ens5";
	return true;
}

static inline struct clock_pair at(int64_t second)
{
	return (struct clock_pair){ .mono = { (uint64_t)((second + 1) * NS_PER_S) },
				    .wall = { (START_S + second) * NS_PER_S } };
}

/* To or from eni-2, whose port is 40000 unless it is the service. */
static inline struct flow flow_of(enum flow_direction direction, uint8_t protocol,
				  uint16_t src_port, uint16_t dst_port, uint8_t flags)
{
	static const uint8_t web[4] = { 10, 0, 1, 10 }, db[4] = { 10, 0, 2, 10 };
	struct flow	     flow = { .key = { .ifindex = 1,
					       .family = 4,
					       .protocol = protocol,
					       .direction = direction,
					       .src_port = src_port,
					       .dst_port = dst_port },
				      .count = {
					      .packets = 1,
					      .tcp_flags = flags,
					      .first_ns = (uint64_t)((START_S + scene.now_s) * NS_PER_S),
					      .last_ns = (uint64_t)((START_S + scene.now_s) * NS_PER_S) } };

	memcpy(flow.key.src, direction == FLOW_INGRESS ? db : web, 4);
	memcpy(flow.key.dst, direction == FLOW_INGRESS ? web : db, 4);
	return flow;
}

static inline void see(struct flow flow)
{
	live_see(scene.live, &flow, NULL);
}

static inline enum action finish(struct flow flow)
{
	struct record record;
	const char   *ifname;

	CHECK(make_record(NULL, &flow, &record, &ifname));
	live_finish(scene.live, &flow, ifname, &record);
	return (enum action)record.action;
}

static inline void turn(int64_t second)
{
	scene.now_s = second;
	live_turn(scene.live, at(second));
}

static inline unsigned events(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < scene.said.len; i++)
		count += scene.said.data[i] == '\n';
	return count;
}

static inline bool said(const char *text)
{
	return scene.said.len && strstr(scene.said.data, text);
}

static inline uint64_t verdicts(enum board_verdict verdict)
{
	return board_get(&scene.board->verdicts[verdict]);
}

#define IN(port)	  flow_of(FLOW_INGRESS, TCP_, 40000, port, SYN)
#define ANSWER_TO(port)	  flow_of(FLOW_EGRESS, TCP_, port, 40000, SYN_ACK)
#define OUT(port)	  flow_of(FLOW_EGRESS, TCP_, 40000, port, SYN)
#define UDP_IN(src, dst)  flow_of(FLOW_INGRESS, UDP_, src, dst, 0)
#define UDP_OUT(src, dst) flow_of(FLOW_EGRESS, UDP_, src, dst, 0)
