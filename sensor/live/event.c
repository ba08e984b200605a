/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/event.h"

#include <assert.h>
#include <string.h>

#include "lib/aws/sign.h"
#include "lib/base/map.h"
#include "policies/rules/rule_text.h"
#include "sensor/live/event_party.h"

enum {
	NAME_MAX_BYTES = 160,
	TEXT_MAX_BYTES = 640,
	PARTY_MAX = 256,
	PATH_MAX = 1024,
	WHY_MAX = 4096
};

static const char *const kinds[EVENT_KIND_COUNT] = {
	[EVENT_UNEXPECTED] = "unexpected",
	[EVENT_CONTRADICTION] = "contradiction",
	[EVENT_WOULD_DENY] = "would-deny",
};

const char *event_kind_text(enum event_kind kind)
{
	assert(kind < EVENT_KIND_COUNT);
	return kinds[kind];
}

struct party event_source(const struct record_answer *answer)
{
	bool egress = answer->direction == DIRECTION_EGRESS;

	return (struct party){ egress ? answer->eni_idx : answer->peer_eni_idx, answer->src_tiers,
			       answer->packet.src };
}

struct party event_target(const struct record_answer *answer)
{
	bool egress = answer->direction == DIRECTION_EGRESS;

	return (struct party){ egress ? answer->peer_eni_idx : answer->eni_idx, answer->dst_tiers,
			       answer->packet.dst };
}

struct str event_name(const struct event *event, struct party party)
{
	return party.eni_idx == WORLD_NONE ? str_of("")
					   : world_eni_label(event->world, party.eni_idx);
}

struct str event_comm(const struct flow_process *process)
{
	return (struct str){ process->comm, strnlen(process->comm, sizeof(process->comm)) };
}

void event_add_cut(struct buf *out, struct str text, size_t max)
{
	auto_buf struct buf visible = buf_make(SIZE_MAX / 2);
	size_t		    len;

	buf_add_visible(&visible, text);
	for (len = visible.len < max ? visible.len : max; len < visible.len && len > 0; len--)
		if (((unsigned char)visible.data[len] & 0xc0) != 0x80)
			break;
	buf_add(out, visible.data, len);
	if (len < visible.len)
		buf_add_text(out, "...");
}

/* The VPC that an address of no known interface is in, the recording interface's own first; NULL: none. */
static const struct vpc *vpc_of(const struct event *event, struct ip ip)
{
	const struct world *world = event->world;
	uint32_t	    eni_idx = event->answer->eni_idx;
	uint32_t own_idx = eni_idx == WORLD_NONE ? WORLD_NONE : world->enis[eni_idx].vpc_idx;

	if (own_idx != WORLD_NONE && world_vpc_has(&world->vpcs[own_idx], ip))
		return &world->vpcs[own_idx];
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (world_vpc_has(&world->vpcs[i], ip))
			return &world->vpcs[i];
	return NULL;
}

/* Many addresses are one path: who scans from or to each of them is told of once. */
static void add_party(const struct event *event, struct party party, struct buf *out)
{
	const struct vpc *vpc = vpc_of(event, party.ip);
	struct str	  tier = { 0 };

	if (event->judge)
		tier = judge_tier_name(event->judge, party.tiers);
	if (tier.len)
		event_add_cut(out, tier, PARTY_MAX);
	else if (party.eni_idx != WORLD_NONE)
		event_add_cut(out, world_eni_label(event->world, party.eni_idx), PARTY_MAX);
	else if (vpc)
		event_add_cut(out, vpc->object.id, PARTY_MAX);
	else
		buf_add_text(out, world_internet_has(event->world, party.ip) ? "internet"
									     : "on-premises");
}

void event_print_path(const struct event *event, struct buf *out)
{
	const struct record_answer *answer = event->answer;
	bool			    is_reply = answer->reading == ROLE_REPLY;
	uint16_t		    port = answer->opening.dst_port;

	add_party(event, is_reply ? event_target(answer) : event_source(answer), out);
	buf_add_text(out, " -> ");
	add_party(event, is_reply ? event_source(answer) : event_target(answer), out);
	buf_add_char(out, ' ');
	rule_text_range(answer->opening.protocol, (struct port_range){ port, port }, -1, -1, out);
}

/* Verdict, interface and path. */
static void add_identity(const struct event *event, struct buf *out)
{
	struct str eni = event->record->text[FIELD_INTERFACE_ID];

	buf_printf(out, "%s ", event_kind_text(event->kind));
	buf_add_str(out, eni.len ? eni : str_of(event->ifname));
	buf_add_char(out, ' ');
	event_print_path(event, out);
}

void event_print_id(const struct event *event, char out[static EVENT_ID_SIZE])
{
	auto_buf struct buf identity = buf_make(SIZE_MAX / 2);
	char		    hash[AWS_HASH_SIZE];

	add_identity(event, &identity);
	aws_hash(buf_str(&identity), hash);
	memcpy(out, hash, EVENT_ID_SIZE - 1);
	out[EVENT_ID_SIZE - 1] = '\0';
}

uint64_t event_hash(const struct event *event)
{
	auto_buf struct buf identity = buf_make(SIZE_MAX / 2);

	add_identity(event, &identity);
	return map_hash(identity.data, identity.len);
}

bool event_acl_denies(const struct record_answer *answer)
{
	return answer->model.nacl_crossed && answer->model.nacl.verdict == VERDICT_DENY;
}

/*
 * Whether AWS will drop what leaves.  A reply of which the groups know nothing answers a packet that has come in all
 * the same, so they let the reply out too, and it is the snapshot that is wrong; the ACL knows no connections.
 */
static bool is_dropped(const struct record_answer *answer)
{
	return answer->direction == DIRECTION_EGRESS &&
	       (answer->reading != ROLE_REPLY || event_acl_denies(answer));
}

enum event_kind event_kind_of(const struct record_answer *answer)
{
	if (answer->verdict == RECORD_UNEXPECTED)
		return EVENT_UNEXPECTED;
	if (answer->verdict != RECORD_CONTRADICTION)
		return EVENT_KIND_COUNT;
	return is_dropped(answer) ? EVENT_WOULD_DENY : EVENT_CONTRADICTION;
}

static bool is_on_link(struct ip ip)
{
	if (ip.family == IP_V6)
		return ip.bytes[0] == 0xff || (ip.bytes[0] == 0xfe && ip.bytes[1] >> 6 == 2);
	return ip.bytes[0] >> 4 == 14 || (ip.bytes[0] == 169 && ip.bytes[1] == 254) ||
	       ip_eq(ip, ip_v4(255, 255, 255, 255));
}

bool event_is_on_link(const struct packet *packet)
{
	return is_on_link(packet->src) || is_on_link(packet->dst);
}
