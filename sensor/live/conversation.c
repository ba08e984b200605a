/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/net/proto.h"

/* Where an entry may lie: two cache lines' worth of hashes are looked at, whatever the table's size. */
enum { WAYS = 8, COUNT_MIN = 1024, ARRIVALS_MAX = 64 };

#define NS_PER_S INT64_C(1000000000)

/* Which end, of the two as they sort.  Both: each asks the other, in flows that hold questions and answers. */
enum conversation_opener { OPENER_UNKNOWN, OPENER_LOW, OPENER_HIGH, OPENER_BOTH };

/* What is sent unasked, and answered.  A type of 0, an answer, is also what fragments without their first have. */
enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO = 8,
	ICMP_TIMESTAMP = 13,
	ICMP_TIMESTAMP_REPLY,
	ICMPV6_ECHO = 128,
	ICMPV6_ECHO_REPLY
};

/* Of flow_count.tcp_flags. */
enum { FLAG_SYN = 2, FLAG_RST = 4, FLAG_SYN_ACK = 18 };

/* Of an interface that came after the start; ifindex 0: free. */
struct arrival {
	uint32_t ifindex;
	int64_t	 doubt_ns;
};

struct conversations {
	struct conversation *table;
	size_t		     count; /* a power of two */
	int64_t		     idle_ns, interval_ns;
	int64_t		     doubt_ns; /* what begins before this may have begun earlier */
	struct arrival	     arrivals[ARRIVALS_MAX];
};

struct end_key {
	uint8_t	 bytes[16];
	uint16_t port;
};

struct conversation_key {
	uint32_t       ifindex;
	uint16_t       protocol, family;
	struct end_key low, high;
};

static size_t rounded(size_t count)
{
	size_t size = COUNT_MIN;

	while (size < count)
		size *= 2;
	return size;
}

struct conversations *conversations_new(size_t count, int64_t start_ns, uint32_t interval_s)
{
	struct conversations *conversations = mem_alloc(sizeof(*conversations));
	int64_t		      idle_s = CONVERSATION_IDLE_S;

	conversations->count = rounded(count);
	conversations->table = mem_alloc(conversations->count * sizeof(struct conversation));
	/* A flow that never stops is heard of once in a window, of each at another time. */
	if (idle_s < 2 * (int64_t)interval_s)
		idle_s = 2 * (int64_t)interval_s;
	conversations->idle_ns = idle_s * NS_PER_S;
	conversations->interval_ns = (int64_t)interval_s * NS_PER_S;
	conversations->doubt_ns = start_ns + conversations->idle_ns;
	return conversations;
}

void conversations_free(struct conversations *conversations)
{
	if (!conversations)
		return;
	free(conversations->table);
	free(conversations);
}

size_t conversations_memory_bytes(size_t count)
{
	return sizeof(struct conversations) + rounded(count) * sizeof(struct conversation);
}

static struct end_key end_of(const uint8_t bytes[16], uint16_t port)
{
	struct end_key end = { .port = port };

	memcpy(end.bytes, bytes, sizeof(end.bytes));
	return end;
}

static bool is_from_low(const struct flow_key *key)
{
	int order = memcmp(key->src, key->dst, sizeof(key->src));

	return order < 0 || (order == 0 && key->src_port <= key->dst_port);
}

static uint64_t hash_of(const struct flow_key *key)
{
	struct conversation_key both;
	bool			from_low = is_from_low(key);
	const struct end_key	src = end_of(key->src, key->src_port);
	const struct end_key	dst = end_of(key->dst, key->dst_port);

	memset(&both, 0, sizeof(both));
	both.ifindex = key->ifindex;
	both.protocol = key->protocol;
	both.family = key->family;
	both.low = from_low ? src : dst;
	both.high = from_low ? dst : src;
	return map_hash(&both, sizeof(both)) | 1;
}

/* Its entry, or the place of the one that was quiet longest. */
static struct conversation *find(const struct conversations *conversations, uint64_t hash)
{
	struct conversation *set =
		&conversations->table[(hash >> 1) & (conversations->count - WAYS)];
	struct conversation *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (oldest->hash && (!set[i].hash || set[i].last_ns < oldest->last_ns))
			oldest = &set[i];
	}
	return oldest;
}

/* Whether who is first in the table was first. */
static bool is_sure(const struct conversations *conversations, const struct flow *flow)
{
	int64_t first_ns = (int64_t)flow->count.first_ns;

	for (size_t i = 0; i < ARRIVALS_MAX && conversations->arrivals[i].ifindex; i++)
		if (conversations->arrivals[i].ifindex == flow->key.ifindex)
			return first_ns >= conversations->doubt_ns &&
			       first_ns >= conversations->arrivals[i].doubt_ns;
	return first_ns >= conversations->doubt_ns;
}

static bool is_question(const struct flow *flow)
{
	uint8_t type = flow->count.icmp_type;

	if (flow->key.protocol == PROTO_ICMPV6)
		return type == ICMPV6_ECHO;
	return flow->key.protocol == PROTO_ICMP && (type == ICMP_ECHO || type == ICMP_TIMESTAMP);
}

/* All ICMP between two hosts is one conversation: a flow-log record has no types. */
static void learn_question(struct conversation *conversation, const struct flow *flow)
{
	uint8_t asker = is_from_low(&flow->key) ? OPENER_LOW : OPENER_HIGH;

	if (conversation->opener == OPENER_UNKNOWN)
		conversation->opener = asker;
	else if (conversation->opener != asker && conversation->opener != OPENER_BOTH) {
		conversation->opener = OPENER_BOTH;
		conversation->judged = conversation->said = 0;
	}
	conversation->is_certain = conversation->is_by_packet = true;
}

/* SYN, SYN-ACK and questions of ICMP tell; else who is known to have sent first. */
static void learn(const struct conversations *conversations, struct conversation *conversation,
		  const struct flow *flow)
{
	bool	  is_early = (int64_t)flow->count.first_ns < conversation->first_ns;
	bool	  from_low = is_from_low(&flow->key);
	enum role by_flags = ROLE_UNKNOWN;
	uint8_t	  opener;

	if (is_question(flow))
		learn_question(conversation, flow);
	if (flow->key.protocol == PROTO_TCP)
		by_flags = record_role_by_flags(flow->count.tcp_flags);
	if (by_flags != ROLE_UNKNOWN) {
		opener = (by_flags == ROLE_INITIATOR) == from_low ? OPENER_LOW : OPENER_HIGH;
		if (conversation->opener != OPENER_UNKNOWN && conversation->opener != opener)
			conversation->judged = conversation->said = 0;
		conversation->opener = opener;
		conversation->is_certain = conversation->is_by_packet = true;
	} else if (flow->key.protocol == PROTO_UDP && is_early) {
		conversation->opener = from_low ? OPENER_LOW : OPENER_HIGH;
		conversation->is_certain = is_sure(conversations, flow);
	}
}

/* If the other end opened it. */
static bool is_answer(const struct flow *flow)
{
	switch (flow->key.protocol) {
	case PROTO_TCP:
		return !(flow->count.tcp_flags & FLAG_RST) ||
		       (flow->count.tcp_flags & FLAG_SYN_ACK) == FLAG_SYN_ACK;
	case PROTO_ICMP:
		return flow->count.icmp_type == ICMP_ECHO_REPLY ||
		       flow->count.icmp_type == ICMP_TIMESTAMP_REPLY;
	case PROTO_ICMPV6:
		return flow->count.icmp_type == ICMPV6_ECHO_REPLY;
	default:
		return true;
	}
}

struct conversation *conversations_see(struct conversations *conversations, const struct flow *flow,
				       uint32_t model)
{
	uint64_t	     hash = hash_of(&flow->key);
	struct conversation *conversation = find(conversations, hash);
	int64_t		     first_ns = (int64_t)flow->count.first_ns;
	int64_t		     last_ns = (int64_t)flow->count.last_ns;
	int64_t		    *heard_ns;
	bool		     is_new = conversation->hash != hash;

	if (is_new && conversation->hash &&
	    conversation->last_ns + conversations->idle_ns > first_ns &&
	    first_ns + conversations->idle_ns > conversations->doubt_ns)
		conversations->doubt_ns = first_ns + conversations->idle_ns;
	if (is_new || first_ns > conversation->last_ns + conversations->idle_ns)
		*conversation = (struct conversation){
			.hash = hash,
			.first_ns = INT64_MAX,
			.last_ns = INT64_MIN,
			.heard_ns = { INT64_MIN, INT64_MIN },
			.model = model,
		};
	if (conversation->model != model)
		conversation->judged = conversation->said = 0;
	conversation->model = model;
	learn(conversations, conversation, flow);
	if (first_ns < conversation->first_ns)
		conversation->first_ns = first_ns;
	if (last_ns > conversation->last_ns)
		conversation->last_ns = last_ns;
	heard_ns = &conversation->heard_ns[conversation_sender(flow)];
	if (last_ns > *heard_ns && is_answer(flow))
		*heard_ns = last_ns;
	return conversation;
}

/* Arrivals stand without a gap.  Of more than there is room for all share the oldest one's doubt. */
void conversations_come(struct conversations *conversations, uint32_t ifindex, int64_t from_ns)
{
	struct arrival *arrivals = conversations->arrivals, *place = arrivals;

	for (size_t i = 0; i < ARRIVALS_MAX; i++) {
		if (!arrivals[i].ifindex || arrivals[i].ifindex == ifindex) {
			place = &arrivals[i];
			break;
		}
		if (arrivals[i].doubt_ns < place->doubt_ns)
			place = &arrivals[i];
	}
	if (place->ifindex != ifindex && place->doubt_ns > from_ns &&
	    place->doubt_ns > conversations->doubt_ns)
		conversations->doubt_ns = place->doubt_ns;
	*place = (struct arrival){ ifindex, from_ns + conversations->idle_ns };
}

/* Times that have not come yet would keep an entry for good. */
void conversations_clock_set(struct conversations *conversations, int64_t now_ns)
{
	conversations->doubt_ns = now_ns + conversations->idle_ns;
	memset(conversations->arrivals, 0, sizeof(conversations->arrivals));
	for (size_t i = 0; i < conversations->count; i++) {
		struct conversation *conversation = &conversations->table[i];

		conversation->is_certain &= conversation->is_by_packet;
		if (conversation->first_ns > now_ns)
			conversation->first_ns = now_ns;
		if (conversation->last_ns > now_ns)
			conversation->last_ns = now_ns;
		for (size_t j = 0; j < ARRAY_LEN(conversation->heard_ns); j++)
			if (conversation->heard_ns[j] > now_ns)
				conversation->heard_ns[j] = now_ns;
	}
}

unsigned conversation_sender(const struct flow *flow)
{
	return is_from_low(&flow->key) ? 0 : 1;
}

enum role conversation_role(const struct conversation *conversation, const struct flow *flow)
{
	uint8_t sender = is_from_low(&flow->key) ? OPENER_LOW : OPENER_HIGH;

	if (!conversation->is_certain || conversation->opener == OPENER_UNKNOWN ||
	    conversation->opener == OPENER_BOTH)
		return ROLE_UNKNOWN;
	return conversation->opener == sender ? ROLE_INITIATOR : ROLE_REPLY;
}

bool conversation_is_answered(const struct conversations *conversations,
			      const struct conversation *conversation, const struct flow *flow)
{
	int64_t since_ns = (int64_t)flow->count.first_ns;

	/* A connection that begins may have the ports of one that was answered. */
	if (flow->key.protocol != PROTO_TCP || !(flow->count.tcp_flags & FLAG_SYN))
		since_ns -= conversations->interval_ns;
	return conversation->heard_ns[!conversation_sender(flow)] >= since_ns;
}
