/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows of eni-1 (10.0.1.10) judged as they come.  The groups let in 443 and 5432 and let out 5432, the policy wants
 * 443 only.
 */
#include <unistd.h>

#include "lib/base/file.h"
#include "sensor/live/live.h"
#include "sensor/live/model.h"
#include "tests/unit/judged_line.h"

#define NS_PER_S INT64_C(1000000000)
#define START_S	 INT64_C(1700000000)

enum { MIB = 1 << 20, SYN = 2, SYN_ACK = 18, SAID_MAX = 1 << 16, TCP_ = 6, UDP_ = 17 };

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
};

static struct scene scene;

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

static void hear_stranger(const char *ifname, struct str id)
{
	CHECK_TEXT(ifname, "ens5");
	CHECK(str_eq(id, scene.id));
	scene.strangers++;
}

static void write_text(const char *path, const char *text)
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

static void open_estate(const char *estate, const char *id, unsigned cpu_percent)
{
	struct model_keeper_args models = { .snapshot = scene.snapshot,
					    .policy = scene.policy,
					    .memory_bytes = 64 * MIB,
					    .loaded = ignore_model,
					    .refused = fail_model };
	struct live_args	 live = { .record = make_record,
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

static void open_scene_of(const char *id, unsigned cpu_percent)
{
	open_estate(WEB, id, cpu_percent);
}

static void open_scene(void)
{
	open_scene_of("eni-1", 0);
}

static void close_scene(void)
{
	live_free(scene.live);
	model_keeper_close(scene.models);
	board_free(scene.board);
	buf_done(&scene.said);
	unlink(scene.snapshot);
	unlink(scene.policy);
}

/* To or from eni-2, whose port is 40000 unless it is the service. */
static struct flow flow_of(enum flow_direction direction, uint8_t protocol, uint16_t src_port,
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

static void see(struct flow flow)
{
	live_see(scene.live, &flow, NULL);
}

static enum action finish(struct flow flow)
{
	struct record record;
	const char   *ifname;

	CHECK(make_record(NULL, &flow, &record, &ifname));
	live_finish(scene.live, &flow, ifname, &record);
	return (enum action)record.action;
}

static void turn(int64_t second)
{
	scene.now_s = second;
	live_turn(scene.live, at(second));
}

static unsigned events(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < scene.said.len; i++)
		count += scene.said.data[i] == '\n';
	return count;
}

static bool said(const char *text)
{
	return scene.said.len && strstr(scene.said.data, text);
}

static uint64_t verdicts(enum board_verdict verdict)
{
	return board_get(&scene.board->verdicts[verdict]);
}

#define IN(port)	  flow_of(FLOW_INGRESS, TCP_, 40000, port, SYN)
#define ANSWER_TO(port)	  flow_of(FLOW_EGRESS, TCP_, port, 40000, SYN_ACK)
#define OUT(port)	  flow_of(FLOW_EGRESS, TCP_, 40000, port, SYN)
#define UDP_IN(src, dst)  flow_of(FLOW_INGRESS, UDP_, src, dst, 0)
#define UDP_OUT(src, dst) flow_of(FLOW_EGRESS, UDP_, src, dst, 0)

TEST(a_first_packet_is_judged_at_the_next_turn)
{
	static const struct {
		const char *event; /* NULL: none */
		uint16_t    port;
		bool	    is_out;
	} cases[] = {
		{ NULL, 443, false },
		{ "\"verdict\":\"unexpected\",\"direction\":\"ingress\",\"action\":\"ACCEPT\"",
		  5432, false },
		{ "\"verdict\":\"contradiction\",\"direction\":\"ingress\",\"action\":\"ACCEPT\"",
		  22, false },
		{ "\"verdict\":\"unexpected\",\"direction\":\"egress\",\"action\":\"ACCEPT\"", 5432,
		  true },
		{ "\"verdict\":\"would-deny\",\"direction\":\"egress\",\"action\":\"REJECT\"", 25,
		  true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		open_scene();
		see(cases[i].is_out ? OUT(cases[i].port) : IN(cases[i].port));
		CHECK(events() == 0);
		turn(0);
		CHECK(events() == (cases[i].event != NULL));
		if (cases[i].event && !said(cases[i].event))
			fail_msg("%s is not in %s", cases[i].event, scene.said.data);
		CHECK(board_get(&scene.board->events) == events());
		close_scene();
	}
}

TEST(a_finished_flow_has_a_verdict_and_its_record_the_action)
{
	open_scene();
	CHECK(finish(IN(443)) == ACTION_ACCEPT);
	CHECK(finish(ANSWER_TO(443)) == ACTION_ACCEPT);
	CHECK(finish(IN(5432)) == ACTION_ACCEPT);
	CHECK(finish(IN(22)) == ACTION_ACCEPT); /* it arrived */
	CHECK(finish(OUT(25)) == ACTION_REJECT);
	CHECK(verdicts(BOARD_EXPECTED) == 2 && verdicts(BOARD_UNEXPECTED) == 1);
	CHECK(verdicts(BOARD_CONTRADICTION) == 1 && verdicts(BOARD_WOULD_DENY) == 1);
	CHECK(verdicts(BOARD_UNKNOWN) == 0);
	close_scene();
}

TEST(a_flow_whose_news_was_lost_is_told_of_when_its_window_ends)
{
	open_scene();
	finish(IN(5432));
	CHECK(events() == 1 && said("unexpected"));
	close_scene();
}

TEST(a_conversation_is_told_of_once_in_all_its_windows_and_directions)
{
	open_scene();
	see(IN(5432));
	see(ANSWER_TO(5432));
	turn(0);
	finish(IN(5432));
	finish(ANSWER_TO(5432));
	turn(61);
	see(flow_of(FLOW_INGRESS, TCP_, 40000, 5432, 0)); /* it goes on in the next window */
	turn(62);
	finish(flow_of(FLOW_INGRESS, TCP_, 40000, 5432, 0));
	live_flush(scene.live);
	CHECK(events() == 1);
	CHECK(board_get(&scene.board->suppressed) == 0);
	close_scene();
}

TEST(other_conversations_of_the_path_are_suppressed_and_counted)
{
	open_scene();
	for (uint16_t port = 40000; port < 40010; port++)
		see(flow_of(FLOW_INGRESS, TCP_, port, 5432, SYN));
	turn(0);
	CHECK(events() == 1);
	live_flush(scene.live);
	CHECK(events() == 2 && said("\"suppressed\":8"));
	CHECK(board_get(&scene.board->events) == 2 && board_get(&scene.board->suppressed) == 8);
	close_scene();
}

TEST(the_middle_of_a_connection_is_read_as_its_flags_told_before)
{
	open_scene();
	finish(flow_of(FLOW_EGRESS, TCP_, 5000, 40000,
		       SYN_ACK)); /* to a connection that was not seen */
	CHECK(verdicts(BOARD_CONTRADICTION) == 1);
	finish(IN(443));
	CHECK(finish(flow_of(FLOW_EGRESS, TCP_, 443, 40000, 0)) == ACTION_ACCEPT);
	CHECK(finish(flow_of(FLOW_INGRESS, TCP_, 40000, 443, 1)) == ACTION_ACCEPT);
	CHECK(verdicts(BOARD_EXPECTED) == 3);
	close_scene();
}

TEST(what_answers_a_packet_that_came_in_is_not_dropped_by_the_groups)
{
	open_scene();
	CHECK(finish(IN(22)) == ACTION_ACCEPT);
	CHECK(finish(ANSWER_TO(22)) == ACTION_ACCEPT);
	CHECK(verdicts(BOARD_CONTRADICTION) == 2 && verdicts(BOARD_WOULD_DENY) == 0);
	CHECK(events() == 1);
	close_scene();
}

TEST(what_answers_a_packet_that_came_in_is_dropped_by_an_acl)
{
	open_estate(ONE_WAY_ACL, "eni-1", 0);
	CHECK(finish(IN(443)) == ACTION_ACCEPT);
	CHECK(finish(ANSWER_TO(443)) == ACTION_REJECT);
	CHECK(verdicts(BOARD_EXPECTED) == 1 && verdicts(BOARD_WOULD_DENY) == 1);
	CHECK(events() == 1 && said("\"layer\":\"network-acl\""));
	close_scene();
}

/* The groups have nothing to say of what answers, so they are not what drops it. */
TEST(a_reply_that_groups_and_acl_deny_is_dropped_by_the_acl)
{
	open_estate(NET SG_1(TCP("443"), ALL) NO_ACL_RULES, "eni-1", 0);
	finish(ANSWER_TO(22));
	CHECK(events() == 1 && said("\"verdict\":\"would-deny\""));
	CHECK(said("\"layer\":\"network-acl\""));
	close_scene();
}

TEST(a_reply_of_udp_is_read_as_one_when_the_question_was_seen)
{
	open_scene();
	scene.now_s = 1000; /* whatever began before the sensor has ended */
	see(UDP_OUT(5000, 53));
	see(UDP_IN(53, 5000));
	turn(1000);
	CHECK(events() == 0);
	finish(UDP_OUT(5000, 53));
	finish(UDP_IN(53, 5000));
	CHECK(verdicts(BOARD_EXPECTED) == 2);
	/* The same ports, asked from the other end: the policy has no such line. */
	see(UDP_IN(53, 5001));
	turn(1001);
	finish(UDP_IN(53, 5001));
	CHECK(events() == 1 && said("contradiction"));
	close_scene();
}

/* Everything may come in, to be answered; nothing may be begun but UDP to port 53. */
#define ANSWERS_ONLY NET ESTATE_OPEN_NACL SG_1(ALL, UDP("53"))
#define NO_ICMP	     NET ESTATE_OPEN_NACL SG_1(TCP("443"), TCP("443"))
#define NO_WAY_OUT   NET SG_1(ALL, ALL) NO_ACL_RULES

/* What passes as an answer only, and an error of ICMP, which passes when the groups track what it is about. */
TEST(where_nothing_tells_an_answer_from_what_is_begun_it_is_unknown)
{
	enum { ICMP = 1, GRE = 47, UNREACHABLE = 3, ECHO = 8 };
	static const struct {
		const char	   *estate;
		enum flow_direction direction;
		uint8_t		    protocol, icmp_type;
		enum board_verdict  verdict;
	} cases[] = {
		{ ANSWERS_ONLY, FLOW_EGRESS, GRE, 0, BOARD_UNKNOWN },
		{ ANSWERS_ONLY, FLOW_EGRESS, ICMP, ECHO, BOARD_WOULD_DENY },
		{ NO_ICMP, FLOW_EGRESS, ICMP, UNREACHABLE, BOARD_UNKNOWN },
		{ NO_ICMP, FLOW_INGRESS, ICMP, UNREACHABLE, BOARD_UNKNOWN },
		{ NO_WAY_OUT, FLOW_EGRESS, ICMP, UNREACHABLE, BOARD_WOULD_DENY },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow flow = flow_of(cases[i].direction, cases[i].protocol, 0, 0, 0);

		flow.count.icmp_type = cases[i].icmp_type;
		open_estate(cases[i].estate, "eni-1", 0);
		see(flow);
		turn(0);
		CHECK((finish(flow) == ACTION_REJECT) == (cases[i].verdict == BOARD_WOULD_DENY));
		CHECK(verdicts(cases[i].verdict) == 1);
		CHECK(events() == (cases[i].verdict == BOARD_WOULD_DENY));
		close_scene();
	}
}

TEST(what_is_answered_was_not_dropped)
{
	open_scene();
	finish(flow_of(FLOW_INGRESS, TCP_, 25, 40000, SYN_ACK));
	CHECK(finish(OUT(25)) == ACTION_ACCEPT);
	close_scene();
	/* In the middle of a connection whose ports tell the wrong end. */
	open_estate(ANSWERS_ONLY, "eni-1", 0);
	finish(flow_of(FLOW_INGRESS, TCP_, 2000, 50000, 0));
	CHECK(finish(flow_of(FLOW_EGRESS, TCP_, 50000, 2000, 0)) == ACTION_ACCEPT);
	close_scene();
}

TEST(what_flow_logs_leave_out_is_not_judged)
{
	open_scene();
	see(UDP_OUT(68, 67));
	turn(0);
	CHECK(events() == 0);
	close_scene();
}

TEST(what_leaves_no_link_is_counted_and_no_event)
{
	struct flow flow = flow_of(FLOW_EGRESS, 2, 0, 0, 0);

	open_scene();
	memcpy(flow.key.dst, (uint8_t[]){ 224, 0, 0, 22 }, 4);
	see(flow);
	turn(0);
	CHECK(finish(flow) == ACTION_REJECT);
	CHECK(events() == 0 && verdicts(BOARD_WOULD_DENY) == 1);
	close_scene();
}

/* Like ARP: IPv6 works in a VPC whose groups and ACLs let no ICMPv6 pass. */
TEST(how_neighbours_are_found_is_no_event_and_not_rejected)
{
	struct flow flow = flow_of(FLOW_EGRESS, 58, 0, 0, 0);

	open_scene();
	flow.count.is_discovery = 1;
	see(flow);
	turn(0);
	CHECK(finish(flow) == ACTION_ACCEPT);
	CHECK(events() == 0 && verdicts(BOARD_UNKNOWN) == 1);
	flow.count.is_discovery = 0; /* something besides, in the same window */
	CHECK(finish(flow) == ACTION_REJECT);
	CHECK(events() == 1 && said("would-deny"));
	close_scene();
}

TEST(an_interface_that_the_snapshot_does_not_have_is_told_once_and_never_expected)
{
	open_scene_of("eni-77", 0);
	see(IN(5432));
	see(IN(22));
	turn(0);
	finish(IN(443));
	CHECK(events() == 0 && scene.strangers == 1);
	CHECK(verdicts(BOARD_UNKNOWN) == 1 && verdicts(BOARD_EXPECTED) == 0);
	close_scene();
}

TEST(more_flows_than_the_queue_holds_are_counted_and_told_of_when_their_window_ends)
{
	enum { FLOWS = 10000 };

	open_scene();
	for (uint16_t i = 1; i <= FLOWS; i++)
		see(flow_of(FLOW_INGRESS, TCP_, i, 443, SYN));
	see(IN(5432));
	CHECK(board_get(&scene.board->unjudged) == FLOWS + 1 - 4096);
	turn(0);
	CHECK(events() == 0);
	finish(IN(5432));
	CHECK(events() == 1);
	close_scene();
}

TEST(above_the_budget_new_flows_are_left_to_the_end_of_their_window)
{
	open_scene_of("eni-1", 1);
	turn(1);
	for (int64_t begin_ns = (int64_t)clock_now().mono.ns;
	     (int64_t)clock_now().mono.ns - begin_ns < NS_PER_S / 10;)
		continue;
	turn(2);
	see(IN(5432));
	turn(2);
	CHECK(events() == 0 && board_get(&scene.board->unjudged) == 1);
	finish(IN(5432));
	CHECK(events() == 1);
	turn(3); /* the second that has passed took next to nothing */
	see(IN(22));
	turn(3);
	CHECK(events() == 2);
	close_scene();
}

static void take_new_model(void)
{
	model_keeper_reload(scene.models);
	for (uint32_t number = 1; number == 1; turn(1))
		number = model_keeper_take(scene.models)->number;
}

TEST(a_new_model_judges_what_goes_on_anew)
{
	struct err err;

	open_scene();
	see(IN(443));
	turn(0);
	CHECK(events() == 0);
	CHECK(model_keeper_start(scene.models, &err) == 0);
	write_text(scene.policy, "tier web = eni-1\ntier db = eni-2\ndeny any -> web\n");
	take_new_model();
	see(flow_of(FLOW_INGRESS, TCP_, 40000, 443, 0));
	turn(2);
	CHECK(events() == 1 && said("\"policy\":\"deny any -> web\""));
	close_scene();
}

TEST(an_interface_that_a_new_model_does_not_have_either_is_told_again)
{
	struct err err;

	open_scene_of("eni-77", 0);
	finish(IN(443));
	CHECK(scene.strangers == 1);
	CHECK(model_keeper_start(scene.models, &err) == 0);
	write_text(scene.policy, POLICY "deny any -> web\n");
	take_new_model();
	finish(IN(443));
	finish(IN(22));
	CHECK(scene.strangers == 2);
	close_scene();
}

TEST(who_sent_it_is_told_where_it_is_known)
{
	const struct flow_process process = { .pid = 7, .uid = 33, .comm = "curl" };
	const struct flow	  flow = OUT(25);

	open_scene();
	live_see(scene.live, &flow, &process);
	turn(0);
	CHECK(said("\"process\":{\"pid\":7,\"comm\":\"curl\",\"uid\":33}"));
	close_scene();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_packet_is_judged_at_the_next_turn),
		cmocka_unit_test(a_finished_flow_has_a_verdict_and_its_record_the_action),
		cmocka_unit_test(a_flow_whose_news_was_lost_is_told_of_when_its_window_ends),
		cmocka_unit_test(a_conversation_is_told_of_once_in_all_its_windows_and_directions),
		cmocka_unit_test(other_conversations_of_the_path_are_suppressed_and_counted),
		cmocka_unit_test(the_middle_of_a_connection_is_read_as_its_flags_told_before),
		cmocka_unit_test(what_answers_a_packet_that_came_in_is_not_dropped_by_the_groups),
		cmocka_unit_test(what_answers_a_packet_that_came_in_is_dropped_by_an_acl),
		cmocka_unit_test(a_reply_that_groups_and_acl_deny_is_dropped_by_the_acl),
		cmocka_unit_test(a_reply_of_udp_is_read_as_one_when_the_question_was_seen),
		cmocka_unit_test(where_nothing_tells_an_answer_from_what_is_begun_it_is_unknown),
		cmocka_unit_test(what_is_answered_was_not_dropped),
		cmocka_unit_test(what_flow_logs_leave_out_is_not_judged),
		cmocka_unit_test(what_leaves_no_link_is_counted_and_no_event),
		cmocka_unit_test(how_neighbours_are_found_is_no_event_and_not_rejected),
		cmocka_unit_test(
			an_interface_that_the_snapshot_does_not_have_is_told_once_and_never_expected),
		cmocka_unit_test(
			more_flows_than_the_queue_holds_are_counted_and_told_of_when_their_window_ends),
		cmocka_unit_test(above_the_budget_new_flows_are_left_to_the_end_of_their_window),
		cmocka_unit_test(a_new_model_judges_what_goes_on_anew),
		cmocka_unit_test(an_interface_that_a_new_model_does_not_have_either_is_told_again),
		cmocka_unit_test(who_sent_it_is_told_where_it_is_known),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
