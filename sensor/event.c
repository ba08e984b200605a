/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/event.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/aws/sign.h"
#include "lib/base/map.h"
#include "lib/net/proto.h"
#include "policies/match/record_words.h"
#include "policies/rules/rule_text.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/*
 * What a text may take of the line, in bytes of JSON.  Some thirty texts, a reason and a line of the policy, with
 * their keys, are less than EVENT_JSON_MAX.
 */
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

/* One of the two ends of a packet. */
struct party {
	uint32_t  eni_idx; /* WORLD_NONE: of no interface of the snapshot */
	uint64_t  tiers;
	struct ip ip;
};

static struct party source_of(const struct record_answer *answer)
{
	bool egress = answer->direction == DIRECTION_EGRESS;

	return (struct party){ egress ? answer->eni_idx : answer->peer_eni_idx, answer->src_tiers,
			       answer->packet.src };
}

static struct party target_of(const struct record_answer *answer)
{
	bool egress = answer->direction == DIRECTION_EGRESS;

	return (struct party){ egress ? answer->peer_eni_idx : answer->eni_idx, answer->dst_tiers,
			       answer->packet.dst };
}

/* Harmless, and no longer than that. */
static void add_cut(struct buf *out, struct str text, size_t max)
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

/* Many addresses are one path: who scans from or to each of them is told of once. */
static void add_party(const struct event *event, struct party party, struct buf *out)
{
	struct str tier = { 0 };

	if (event->judge)
		tier = judge_tier_name(event->judge, party.tiers);
	if (tier.len)
		add_cut(out, tier, PARTY_MAX);
	else if (party.eni_idx != WORLD_NONE)
		add_cut(out, world_eni_label(event->world, party.eni_idx), PARTY_MAX);
	else
		buf_add_text(out, world_internet_has(event->world, party.ip) ? "internet"
									     : "on-premises");
}

void event_print_path(const struct event *event, struct buf *out)
{
	const struct record_answer *answer = event->answer;
	bool			    is_reply = answer->reading == ROLE_REPLY;
	uint16_t		    port = answer->opening.dst_port;

	add_party(event, is_reply ? target_of(answer) : source_of(answer), out);
	buf_add_text(out, " -> ");
	add_party(event, is_reply ? source_of(answer) : target_of(answer), out);
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

/* What a character takes in a line of JSON, at most; *size is what it has here. */
static size_t cost_of(const char *text, size_t left, size_t *size)
{
	unsigned char c = (unsigned char)text[0];

	*size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*size > left)
		*size = left;
	if (c == '"' || c == '\\')
		return 2;
	return c < 0x20 || c >= 0x7f ? 6 : 1;
}

/* As much of it as takes so many bytes; what is cut ends in dots. */
static void put_cut(cJSON *object, const char *name, struct str text, size_t max)
{
	auto_buf struct buf whole = buf_make(SIZE_MAX / 2), cut = buf_make(SIZE_MAX / 2);
	size_t		    taken = 0, used = 0, size, cost;

	if (str_is_utf8(text))
		buf_add_str(&whole, text);
	else
		buf_add_visible(&whole, text);
	while (taken < whole.len) {
		cost = cost_of(whole.data + taken, whole.len - taken, &size);
		if (used + cost > max)
			break;
		used += cost;
		taken += size;
	}
	buf_add(&cut, whole.data, taken);
	if (taken < whole.len)
		buf_add_text(&cut, "...");
	json_put_str(object, name, buf_str(&cut));
}

static void put_name(cJSON *object, const char *name, struct str text)
{
	put_cut(object, name, text, NAME_MAX_BYTES);
}

static void put_time(cJSON *object, struct wall time)
{
	char seconds[CLOCK_TIME_SIZE], text[CLOCK_TIME_SIZE + 8];
	int  milliseconds = (int)((time.ns - clock_seconds(time) * NS_PER_S) / NS_PER_MS);

	clock_print_time(clock_seconds(time), seconds);
	snprintf(text, sizeof(text), "%.*s.%03dZ", (int)strlen(seconds) - 1, seconds, milliseconds);
	json_put_str(object, "time", str_of(text));
}

static void put_verdict(cJSON *object, const struct event *event)
{
	const struct record_answer *answer = event->answer;
	char			    id[EVENT_ID_SIZE];

	json_put_str(object, "schema", str_of("weir/event/1"));
	event_print_id(event, id);
	json_put_str(object, "id", str_of(id));
	put_time(object, event->time);
	json_put_str(object, "verdict", str_of(event_kind_text(event->kind)));
	json_put_str(object, "direction",
		     str_of(answer->direction == DIRECTION_EGRESS ? "egress" : "ingress"));
	json_put_str(object, "action",
		     str_of(event->record->action == ACTION_ACCEPT ? "ACCEPT" : "REJECT"));
	json_put_str(object, "role", str_of(role_text(answer->role)));
	json_put_str(object, "model", str_of(verdict_text(answer->model.overall.verdict)));
	json_put_str(object, "layer", record_layer(answer));
}

/* Ids and texts come from the snapshot, which may hold anything. */
static void put_rules(cJSON *object, const struct event *event)
{
	const struct record_view view = { event->world, event->judge, event->answer };
	cJSON			*all = cJSON_CreateArray();
	cJSON			*rules = cJSON_AddArrayToObject(object, "rules");
	const cJSON		*rule, *member;

	record_put_rules(all, &view);
	cJSON_ArrayForEach(rule, all) {
		cJSON *cut = cJSON_CreateObject();

		cJSON_ArrayForEach(member, rule) {
			if (cJSON_IsString(member))
				put_name(cut, member->string, str_of(member->valuestring));
			else
				cJSON_AddItemToObject(cut, member->string,
						      cJSON_Duplicate(member, true));
		}
		cJSON_AddItemToArray(rules, cut);
	}
	cJSON_Delete(all);
}

static void put_policy(cJSON *object, const struct event *event)
{
	const struct record_answer *answer = event->answer;
	const struct statement	   *statement = answer->intent.statement;
	const struct record_view    view = { event->world, event->judge, answer };
	auto_buf struct buf	    path = buf_make(PATH_MAX), why = buf_make(WHY_MAX);

	event_print_path(event, &path);
	put_cut(object, "path", buf_str(&path), 2 * NAME_MAX_BYTES);
	put_name(object, "src_tier",
		 event->judge ? judge_tier_name(event->judge, answer->src_tiers) : str_of(""));
	put_name(object, "dst_tier",
		 event->judge ? judge_tier_name(event->judge, answer->dst_tiers) : str_of(""));
	if (statement)
		json_put_u64(object, "policy_line", statement->line);
	else
		cJSON_AddNullToObject(object, "policy_line");
	put_cut(object, "policy", statement ? statement->text : str_of(""), TEXT_MAX_BYTES);
	record_explain(&view, &why);
	put_cut(object, "why", buf_str(&why), 2 * TEXT_MAX_BYTES);
}

static void put_place(cJSON *object, const struct event *event)
{
	static const struct {
		const char *name;
		enum field  field;
	} fields[] = {
		{ "account_id", FIELD_ACCOUNT_ID },   { "region", FIELD_REGION },
		{ "vpc_id", FIELD_VPC_ID },	      { "subnet_id", FIELD_SUBNET_ID },
		{ "instance_id", FIELD_INSTANCE_ID }, { "interface_id", FIELD_INTERFACE_ID },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		put_name(object, fields[i].name,
			 record_has(event->record, fields[i].field)
				 ? event->record->text[fields[i].field]
				 : str_of(""));
	put_name(object, "interface", str_of(event->ifname));
}

static void put_ip(cJSON *object, const char *name, struct ip ip)
{
	char text[IP_TEXT_SIZE];

	ip_print(ip, text);
	json_put_str(object, name, str_of(text));
}

static void put_port(cJSON *object, const char *name, const struct record *record, uint64_t port)
{
	if (proto_has_ports((int16_t)record->protocol))
		json_put_u64(object, name, port);
	else
		cJSON_AddNullToObject(object, name);
}

static void put_packet(cJSON *object, const struct record *record)
{
	char protocol[PROTO_TEXT_SIZE];

	put_ip(object, "srcaddr", record->srcaddr);
	put_ip(object, "dstaddr", record->dstaddr);
	if (!ip_eq(record->srcaddr, record->pkt_srcaddr))
		put_ip(object, "pkt_srcaddr", record->pkt_srcaddr);
	if (!ip_eq(record->dstaddr, record->pkt_dstaddr))
		put_ip(object, "pkt_dstaddr", record->pkt_dstaddr);
	put_port(object, "srcport", record, record->srcport);
	put_port(object, "dstport", record, record->dstport);
	proto_print((int16_t)record->protocol, protocol);
	json_put_str(object, "protocol", str_of(protocol));
	if (record->protocol == PROTO_TCP)
		json_put_u64(object, "tcp_flags", record->tcp_flags);
	else
		cJSON_AddNullToObject(object, "tcp_flags");
}

static struct str name_of(const struct event *event, struct party party)
{
	return party.eni_idx == WORLD_NONE ? str_of("")
					   : world_eni_label(event->world, party.eni_idx);
}

static struct str comm_of(const struct flow_process *process)
{
	return (struct str){ process->comm, strnlen(process->comm, sizeof(process->comm)) };
}

static void put_process(cJSON *object, const struct flow_process *process)
{
	cJSON *item = cJSON_AddObjectToObject(object, "process");

	json_put_u64(item, "pid", process->pid);
	put_name(item, "comm", comm_of(process));
	json_put_u64(item, "uid", process->uid);
}

void event_print_json(const struct event *event, struct buf *out)
{
	cJSON *object = cJSON_CreateObject();
	char  *text;

	put_verdict(object, event);
	put_rules(object, event);
	put_policy(object, event);
	put_place(object, event);
	put_packet(object, event->record);
	put_name(object, "src_name", name_of(event, source_of(event->answer)));
	put_name(object, "dst_name", name_of(event, target_of(event->answer)));
	if (event->process)
		put_process(object, event->process);
	text = cJSON_PrintUnformatted(object);
	assert(text);
	buf_add_json(out, str_of(text));
	cJSON_free(text);
	cJSON_Delete(object);
}

static void add_end(const struct event *event, struct party party, uint16_t port, struct buf *out)
{
	struct str name = name_of(event, party);
	char	   text[IP_TEXT_SIZE];

	add_cut(out, name, 64);
	ip_print(party.ip, text);
	buf_printf(out, name.len ? " %s" : "%s", text);
	if (proto_has_ports(event->answer->packet.protocol))
		buf_printf(out, ":%u", port);
}

static const char *flags_text(const struct record *record)
{
	if (record->protocol != PROTO_TCP)
		return "";
	switch (record_role_by_flags(record->tcp_flags)) {
	case ROLE_INITIATOR:
		return " SYN";
	case ROLE_REPLY:
		return " SYN-ACK";
	case ROLE_UNKNOWN:
	case ROLE_COUNT:
		break;
	}
	return "";
}

void event_print_terminal(const struct event *event, struct buf *out)
{
	const struct record_view    view = { event->world, event->judge, event->answer };
	const struct record_answer *answer = event->answer;
	const struct packet	   *packet = &answer->packet;
	auto_buf struct buf	    why = buf_make(WHY_MAX);
	char			    seconds[CLOCK_TIME_SIZE], protocol[PROTO_TEXT_SIZE];
	int64_t			    time_s = clock_seconds(event->time);

	clock_print_time(time_s, seconds);
	buf_printf(out, "%.8s.%03d %-13s %-3s ", seconds + 11,
		   (int)((event->time.ns - time_s * NS_PER_S) / NS_PER_MS),
		   event_kind_text(event->kind),
		   answer->direction == DIRECTION_EGRESS ? "out" : "in");
	add_end(event, source_of(answer), packet->src_port, out);
	buf_add_text(out, " -> ");
	add_end(event, target_of(answer), packet->dst_port, out);
	proto_print(packet->protocol, protocol);
	buf_printf(out, " %s%s  ", protocol, flags_text(event->record));
	record_explain(&view, &why);
	add_cut(out, buf_str(&why), 400);
	if (!event->process)
		return;
	buf_printf(out, "  pid %u ", event->process->pid);
	add_cut(out, comm_of(event->process), 64);
	buf_printf(out, " uid %u", event->process->uid);
}
