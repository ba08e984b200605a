/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/proto.h"
#include "policies/match/record_words.h"
#include "sensor/live/event_party.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/*
 * What a text may take of the line, in bytes of JSON.  Some thirty texts, a reason and a line of the policy, with
 * their keys, are less than EVENT_JSON_MAX.
 */
enum { NAME_MAX_BYTES = 160, TEXT_MAX_BYTES = 640, PATH_MAX_BYTES = 1024, WHY_MAX = 4096 };

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
	auto_buf struct buf	    path = buf_make(PATH_MAX_BYTES), why = buf_make(WHY_MAX);

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

static void put_process(cJSON *object, const struct flow_process *process)
{
	cJSON *item = cJSON_AddObjectToObject(object, "process");

	json_put_u64(item, "pid", process->pid);
	put_name(item, "comm", event_comm(process));
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
	put_name(object, "src_name", event_name(event, event_source(event->answer)));
	put_name(object, "dst_name", event_name(event, event_target(event->answer)));
	if (event->process)
		put_process(object, event->process);
	text = cJSON_PrintUnformatted(object);
	assert(text);
	buf_add_json(out, str_of(text));
	cJSON_free(text);
	cJSON_Delete(object);
}
