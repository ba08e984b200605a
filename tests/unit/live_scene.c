/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/live_scene.h"

#include <unistd.h>

#include "lib/base/file.h"

struct scene scene;
const char  *vpc_id;

static bool make_record(const struct recorder *recorder, const struct flow *flow,
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

static void hear(void *context, const struct event_line *line)
{
	(void)context;
	CHECK_STR(line->eni, "eni-1");
	buf_add_str(&scene.said, line->json);
	buf_add_char(&scene.said, '\n');
}

static void hear_stranger(const struct live_interface *stranger)
{
	CHECK_TEXT(stranger->ifname, "ens5");
	CHECK(str_eq(stranger->id, scene.id));
	scene.stranger_vpc = stranger->vpc_id;
	scene.strangers++;
}

static bool interface_in(const struct recorder *recorder, size_t place, struct live_interface *out)
{
	(void)recorder;
	*out = (struct live_interface){
		.ifindex = 7, .ifname = "ens5", .id = scene.id, .vpc_id = str_of(vpc_id)
	};
	return vpc_id && place == 0; /* the next one is free */
}

void write_text(const char *path, const char *text)
{
	struct file_draft draft;
	struct err	  err;

	CHECK(file_draft_open(&draft, path, &err) == 0);
	for (; *text; text++)
		fputc(*text == '\'' ? '"' : *text, draft.stream);
	CHECK(file_draft_commit(&draft, &err) == 0);
}

static void ignore_model(const struct model *model)
{
	(void)model;
}

static void fail_model(const struct err_list *errors, bool has_old)
{
	(void)has_old;
	fail_msg("%s", errors->items[0].text);
}

static struct clock_pair at(int64_t second)
{
	return (struct clock_pair){ .mono = { (uint64_t)((second + 1) * NS_PER_S) },
				    .wall = { (START_S + second) * NS_PER_S } };
}

void open_estate(const char *estate, const char *id, unsigned cpu_percent)
{
	struct model_keeper_args models = { .snapshot = scene.snapshot,
					    .policy = scene.policy,
					    .memory_bytes = 64 * MIB,
					    .loaded = ignore_model,
					    .refused = fail_model };
	struct live_args	 live = { .record = make_record,
					  .interface = interface_in,
					  .interface_count = 2,
					  .say = hear,
					  .say_stranger = hear_stranger,
					  .max_flows = 1024,
					  .interval_s = 60,
					  .event_interval_s = 60,
					  .cpu_percent = cpu_percent };
	struct err_list		 errors;
	struct err		 err;

	scene = (struct scene){ .snapshot = "/tmp/weir-test-live-XXXXXX",
				.policy = "/tmp/weir-test-live-XXXXXX",
				.id = str_of(id),
				.said = buf_make(SAID_MAX) };
	close(mkstemp(scene.snapshot));
	close(mkstemp(scene.policy));
	write_text(scene.snapshot, estate);
	write_text(scene.policy, POLICY);
	scene.board = board_new(&err);
	models.board = &scene.board->model;
	scene.models = model_keeper_open(&models, &errors);
	assert_non_null(scene.models);
	live.models = scene.models;
	live.board = scene.board;
	scene.live = live_new(&live, at(0));
	live_turn(scene.live, at(0));
}

void open_scene_of(const char *id, unsigned cpu_percent)
{
	open_estate(WEB, id, cpu_percent);
}

void open_scene(void)
{
	open_scene_of("eni-1", 0);
}

void close_scene(void)
{
	live_free(scene.live);
	model_keeper_close(scene.models);
	board_free(scene.board);
	buf_done(&scene.said);
	unlink(scene.snapshot);
	unlink(scene.policy);
}

struct flow flow_of(enum flow_direction direction, uint8_t protocol, uint16_t src_port,
		    uint16_t dst_port, uint8_t flags)
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

void see(struct flow flow)
{
	live_see(scene.live, &flow, NULL);
}

enum action finish(struct flow flow)
{
	struct record record;
	const char   *ifname;

	CHECK(make_record(NULL, &flow, &record, &ifname));
	live_finish(scene.live, &flow, ifname, &record);
	return (enum action)record.action;
}

void turn(int64_t second)
{
	scene.now_s = second;
	live_turn(scene.live, at(second));
}

unsigned events(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < scene.said.len; i++)
		count += scene.said.data[i] == '\n';
	return count;
}

bool said(const char *text)
{
	return scene.said.len && strstr(scene.said.data, text);
}

uint64_t verdicts(enum board_verdict verdict)
{
	return board_get(&scene.board->verdicts[verdict]);
}
