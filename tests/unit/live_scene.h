/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sensor's live half, begun and ended.  The groups of eni-1 let in 443 and 5432 and let out 5432, the policy wants 443
 * only.
 */
#pragma once

#include <unistd.h>

#include "lib/base/file.h"
#include "sensor/live/model.h"
#include "tests/unit/live_flows.h"

#define UDP(port)                                                                                  \
	"{'IpProtocol': 'udp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define WEB                                                                                        \
	NET ESTATE_OPEN_NACL SG_1(TCP("443") ", " TCP("5432") ", " UDP("5000"),                    \
				  TCP("5432") ", " UDP("53"))
#define POLICY                                                                                     \
	"tier web = eni-1\ntier db = eni-2\nallow db -> web : tcp/443\nallow db -> web : "         \
	"udp/5000\n"                                                                               \
	"allow web -> db : udp/53\n"

static inline void hear(void *context, const struct event_line *line)
{
	(void)context;
	CHECK_STR(line->eni, "eni-1");
	buf_add_str(&scene.said, line->json);
	buf_add_char(&scene.said, '\n');
}

static inline void hear_stranger(const struct live_interface *stranger)
{
	CHECK_TEXT(stranger->ifname, "ens5");
	CHECK(str_eq(stranger->id, scene.id));
	scene.stranger_vpc = stranger->vpc_id;
	scene.strangers++;
}

static inline bool interface_in(const struct recorder *recorder, size_t place,
				struct live_interface *out)
{
	(void)recorder;
	*out = (struct live_interface){
		.ifindex = 7, .ifname = "ens5", .id = scene.id, .vpc_id = str_of(vpc_id)
	};
	return vpc_id && place == 0; /* the next one is free */
}

static inline void write_text(const char *path, const char *text)
{
	struct file_draft draft;
	struct err	  err;

	CHECK(file_draft_open(&draft, path, &err) == 0);
	for (; *text; text++)
		fputc(*text == '\'' ? '"' : *text, draft.stream);
	CHECK(file_draft_commit(&draft, &err) == 0);
}

static inline void ignore_model(const struct model *model)
{
	(void)model;
}

static inline void fail_model(const struct err_list *errors, bool has_old)
{
	(void)has_old;
	fail_msg("%s", errors->items[0].text);
}

static inline void open_estate(const char *estate, const char *id, unsigned cpu_percent)
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

static inline void open_scene_of(const char *id, unsigned cpu_percent)
{
	open_estate(WEB, id, cpu_percent);
}

static inline void open_scene(void)
{
	open_scene_of("eni-1", 0);
}

static inline void close_scene(void)
{
	live_free(scene.live);
	model_keeper_close(scene.models);
	board_free(scene.board);
	buf_done(&scene.said);
	unlink(scene.snapshot);
	unlink(scene.policy);
}

static inline void take_new_model(void)
{
	model_keeper_reload(scene.models);
	for (uint32_t number = 1; number == 1; turn(1))
		number = model_keeper_take(scene.models)->number;
}
