/* SPDX-License-Identifier: Apache-2.0 */
/* Who began what a flow is part of, and so whether AWS lets it pass (live_scene.h). */
#include "tests/unit/live_scene.h"

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
	see(OUT(25));
	turn(0);
	CHECK(said("would-deny"));
	finish(flow_of(FLOW_INGRESS, TCP_, 25, 40000, SYN_ACK));
	CHECK(finish(OUT(25)) == ACTION_ACCEPT);
	CHECK(verdicts(BOARD_CONTRADICTION) == 2 && verdicts(BOARD_WOULD_DENY) == 0);
	close_scene();
}

TEST(what_both_ends_send_is_not_dropped_by_the_groups_though_the_ports_tell_the_wrong_end)
{
	open_estate(ANSWERS_ONLY, "eni-1", 0);
	finish(flow_of(FLOW_INGRESS, TCP_, 2000, 50000, 0));
	CHECK(finish(flow_of(FLOW_EGRESS, TCP_, 50000, 2000, 0)) == ACTION_ACCEPT);
	close_scene();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_middle_of_a_connection_is_read_as_its_flags_told_before),
		cmocka_unit_test(what_answers_a_packet_that_came_in_is_not_dropped_by_the_groups),
		cmocka_unit_test(what_answers_a_packet_that_came_in_is_dropped_by_an_acl),
		cmocka_unit_test(a_reply_that_groups_and_acl_deny_is_dropped_by_the_acl),
		cmocka_unit_test(a_reply_of_udp_is_read_as_one_when_the_question_was_seen),
		cmocka_unit_test(where_nothing_tells_an_answer_from_what_is_begun_it_is_unknown),
		cmocka_unit_test(what_is_answered_was_not_dropped),
		cmocka_unit_test(
			what_both_ends_send_is_not_dropped_by_the_groups_though_the_ports_tell_the_wrong_end),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
