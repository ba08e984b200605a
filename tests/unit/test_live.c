/* SPDX-License-Identifier: Apache-2.0 */
/* Flows judged as they come: what is said of them, and when (live_scene.h). */
#include "tests/unit/live_scene.h"

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
	static const uint8_t group[4] = { 224, 0, 0, 22 };
	struct flow	     flow = flow_of(FLOW_EGRESS, 2, 0, 0, 0);

	open_scene();
	memcpy(flow.key.dst, group, 4);
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

TEST(an_interface_that_the_snapshot_lacks_is_told_before_it_has_a_flow)
{
	static const struct {
		const char *id, *vpc_id, *vpc_told;
		unsigned    strangers;
	} cases[] = {
		{ "eni-1", "vpc-1", "", 0 }, { "eni-77", "vpc-1", "", 1 },
		{ "eni-77", "", "", 1 },     { "eni-77", "vpc-9", "vpc-9", 1 },
		{ "", "vpc-9", "vpc-9", 1 }, { "", "vpc-1", "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		vpc_id = cases[i].vpc_id;
		open_scene_of(cases[i].id, 0);
		CHECK_STR(scene.stranger_vpc, cases[i].vpc_told);
		CHECK(scene.strangers == cases[i].strangers);
		CHECK(board_get(&scene.board->model.strangers) == cases[i].strangers);
		CHECK(board_get(&scene.board->model.foreign) == !!cases[i].vpc_told[0]);
		close_scene();
		vpc_id = NULL;
	}
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
	open_scene_of("eni-1", 10);
	turn(1);
	/* What counts is the processor's time, of which little may come in any time of the wall's. */
	for (uint64_t begin_ns = budget_used_ns(); budget_used_ns() - begin_ns < NS_PER_S / 5;)
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
		cmocka_unit_test(what_flow_logs_leave_out_is_not_judged),
		cmocka_unit_test(what_leaves_no_link_is_counted_and_no_event),
		cmocka_unit_test(how_neighbours_are_found_is_no_event_and_not_rejected),
		cmocka_unit_test(
			an_interface_that_the_snapshot_does_not_have_is_told_once_and_never_expected),
		cmocka_unit_test(
			more_flows_than_the_queue_holds_are_counted_and_told_of_when_their_window_ends),
		cmocka_unit_test(an_interface_that_the_snapshot_lacks_is_told_before_it_has_a_flow),
		cmocka_unit_test(above_the_budget_new_flows_are_left_to_the_end_of_their_window),
		cmocka_unit_test(a_new_model_judges_what_goes_on_anew),
		cmocka_unit_test(an_interface_that_a_new_model_does_not_have_either_is_told_again),
		cmocka_unit_test(who_sent_it_is_told_where_it_is_known),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
