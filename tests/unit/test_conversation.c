/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/conversation.h"
#include "tests/unit/unit.h"

#define NS_PER_S INT64_C(1000000000)
#define START_NS (INT64_C(1700000000) * NS_PER_S)
/* When who sends first is the one who began. */
#define SURE_NS (START_NS + CONVERSATION_IDLE_S * NS_PER_S)

enum { US = 10, THEM = 20, INTERVAL_S = 60, SYN = 2, RST = 4, SYN_ACK = 18 };
enum { ANSWER = 0, UNREACHABLE = 3, ECHO = 8, TIMESTAMP = 13, TIMESTAMP_ANSWER = 14 };

/* A packet from one host to another, whose ports are 1000 times their numbers. */
static struct flow packet(uint8_t from, uint8_t to, uint8_t protocol, int64_t ns)
{
	struct flow flow = {
		.key = { .ifindex = 1,
			 .family = 4,
			 .protocol = protocol,
			 .src = { 10, 0, 0, from },
			 .dst = { 10, 0, 0, to },
			 .src_port = (uint16_t)(1000 * from),
			 .dst_port = (uint16_t)(1000 * to) },
		.count = { .packets = 1, .first_ns = (uint64_t)ns, .last_ns = (uint64_t)ns }
	};

	return flow;
}

static struct flow tcp(uint8_t from, uint8_t to, uint8_t flags, int64_t ns)
{
	struct flow flow = packet(from, to, 6, ns);

	flow.count.tcp_flags = flags;
	return flow;
}

static enum role see(struct conversations *conversations, struct flow flow)
{
	return conversation_role(conversations_see(conversations, &flow, 1), &flow);
}

TEST(flags_of_either_direction_tell_who_opened_a_tcp_connection)
{
	static const struct {
		uint8_t	  from, to, flags;
		enum role of_us; /* of the middle of the connection, from us */
	} cases[] = {
		{ US, THEM, SYN, ROLE_INITIATOR }, { THEM, US, SYN_ACK, ROLE_INITIATOR },
		{ THEM, US, SYN, ROLE_REPLY },	   { US, THEM, SYN_ACK, ROLE_REPLY },
		{ US, THEM, 0, ROLE_UNKNOWN },	   { THEM, US, 1, ROLE_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);

		(void)see(all, tcp(cases[i].from, cases[i].to, cases[i].flags, START_NS));
		CHECK(see(all, tcp(US, THEM, 0, START_NS + 1)) == cases[i].of_us);
		conversations_free(all);
	}
}

TEST(of_udp_it_is_who_sent_first_in_whatever_order_that_is_heard)
{
	for (int late = 0; late < 2; late++) {
		struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
		struct flow	      asks = packet(US, THEM, 17, SURE_NS);
		struct flow	      answers = packet(THEM, US, 17, SURE_NS + 1000);

		(void)see(all, late ? answers : asks);
		(void)see(all, late ? asks : answers);
		CHECK(see(all, asks) == ROLE_INITIATOR);
		CHECK(see(all, answers) == ROLE_REPLY);
		conversations_free(all);
	}
}

static struct flow icmp(uint8_t from, uint8_t to, uint8_t type)
{
	struct flow flow = packet(from, to, 1, START_NS);

	flow.count.icmp_type = type;
	return flow;
}

TEST(of_icmp_it_is_who_asks)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);

	/* An error is unasked, and what would be an answer may be a fragment. */
	CHECK(see(all, icmp(THEM, US, UNREACHABLE)) == ROLE_UNKNOWN);
	CHECK(see(all, icmp(THEM, US, ANSWER)) == ROLE_UNKNOWN);
	CHECK(see(all, icmp(US, THEM, ECHO)) == ROLE_INITIATOR);
	CHECK(see(all, icmp(THEM, US, ANSWER)) == ROLE_REPLY);
	conversations_clock_set(all, START_NS - 1);
	CHECK(see(all, icmp(US, THEM, ECHO)) == ROLE_INITIATOR);
	/* Then they ask too: the flow from us holds answers now. */
	CHECK(see(all, icmp(THEM, US, ECHO)) == ROLE_UNKNOWN);
	CHECK(see(all, icmp(US, THEM, ECHO)) == ROLE_UNKNOWN);
	conversations_free(all);
}

TEST(of_icmp_for_ipv6_it_is_who_asks_by_its_own_types)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
	struct flow	      echo = icmp(US, THEM, 128), other = icmp(US, THEM, 8);

	echo.key.protocol = other.key.protocol = 58;
	CHECK(see(all, other) == ROLE_UNKNOWN);
	CHECK(see(all, echo) == ROLE_INITIATOR);
	conversations_free(all);
}

static bool is_answered(struct conversations *conversations, struct flow flow)
{
	const struct conversation *conversation = conversations_see(conversations, &flow, 1);

	return conversation_is_answered(conversations, conversation, &flow);
}

TEST(what_the_other_end_answers_has_arrived)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
	int64_t		      then = START_NS + 150 * NS_PER_S;

	CHECK(!is_answered(all, tcp(US, THEM, SYN, START_NS)));
	(void)is_answered(all, tcp(THEM, US, RST, START_NS + 1)); /* perhaps of a firewall */
	CHECK(!is_answered(all, tcp(US, THEM, SYN, START_NS)));
	(void)is_answered(all, tcp(THEM, US, SYN_ACK, START_NS + 2));
	CHECK(is_answered(all, tcp(US, THEM, SYN, START_NS)));
	CHECK(is_answered(all, tcp(US, THEM, 0, START_NS + INTERVAL_S * NS_PER_S)));
	CHECK(!is_answered(all, tcp(US, THEM, 0, then)));
	(void)is_answered(all, tcp(THEM, US, 0, then + 1));
	CHECK(is_answered(all, tcp(US, THEM, 0, then)));
	/* Another connection of the same ports. */
	CHECK(!is_answered(all, tcp(US, THEM, SYN, then + 2)));
	conversations_free(all);
}

TEST(a_ping_is_answered_by_its_reply_alone)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);

	(void)is_answered(all, icmp(US, THEM, ECHO));
	(void)is_answered(all, icmp(THEM, US, UNREACHABLE));
	CHECK(!is_answered(all, icmp(US, THEM, ECHO)));
	(void)is_answered(all, icmp(THEM, US, ANSWER));
	CHECK(is_answered(all, icmp(US, THEM, ECHO)));
	conversations_free(all);
}

TEST(who_asks_for_the_time_is_answered_by_the_time)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);

	CHECK(!is_answered(all, icmp(US, THEM, TIMESTAMP)));
	(void)is_answered(all, icmp(THEM, US, TIMESTAMP_ANSWER));
	CHECK(is_answered(all, icmp(US, THEM, TIMESTAMP)));
	conversations_free(all);
}

TEST(what_may_have_begun_before_the_sensor_has_no_known_opener)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);

	CHECK(see(all, packet(US, THEM, 17, SURE_NS - 1)) == ROLE_UNKNOWN);
	CHECK(see(all, packet(THEM, US, 17, SURE_NS + 1)) == ROLE_UNKNOWN);
	CHECK(see(all, packet(US, THEM, 1, SURE_NS + 1)) == ROLE_UNKNOWN); /* ICMP has no ends */
	conversations_free(all);
}

TEST(after_a_long_silence_whoever_sends_begins_anew)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
	int64_t		      then = SURE_NS + CONVERSATION_IDLE_S * NS_PER_S;

	CHECK(see(all, packet(US, THEM, 17, SURE_NS)) == ROLE_INITIATOR);
	CHECK(see(all, packet(THEM, US, 17, then)) == ROLE_REPLY);
	CHECK(see(all, packet(THEM, US, 17, then + CONVERSATION_IDLE_S * NS_PER_S + 1)) ==
	      ROLE_INITIATOR);
	conversations_free(all);
}

TEST(long_windows_are_no_silence)
{
	struct conversations *all = conversations_new(16, START_NS, 3600);
	int64_t		      sure = START_NS + 2 * 3600 * NS_PER_S;

	CHECK(see(all, packet(US, THEM, 17, sure)) == ROLE_INITIATOR);
	CHECK(see(all, packet(THEM, US, 17, sure + 3600 * NS_PER_S)) == ROLE_REPLY);
	conversations_free(all);
}

TEST(what_may_have_begun_before_its_interface_came_has_no_known_opener)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
	int64_t		      sure = SURE_NS + CONVERSATION_IDLE_S * NS_PER_S;
	struct flow	      other = packet(US, THEM, 17, sure - 1);

	for (uint32_t ifindex = 1; ifindex < 1000; ifindex++)
		if (ifindex != 2)
			conversations_come(all, ifindex, START_NS);
	conversations_come(all, 1, SURE_NS);
	CHECK(see(all, packet(US, THEM, 17, sure - 1)) == ROLE_UNKNOWN);
	other.key.ifindex = 2;
	CHECK(see(all, other) == ROLE_INITIATOR);
	CHECK(see(all, packet(US, THEM + 1, 17, sure)) == ROLE_INITIATOR);
	conversations_free(all);
}

TEST(after_the_clock_was_set_nobody_is_taken_for_who_sent_first)
{
	static const int64_t steps_s[] = { 3600, -3600, -400 * INT64_C(86400) };

	for (size_t i = 0; i < ARRAY_LEN(steps_s); i++) {
		struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
		int64_t now = SURE_NS + 1000 * NS_PER_S, then = now + steps_s[i] * NS_PER_S;
		int64_t sure = then + CONVERSATION_IDLE_S * NS_PER_S;

		CHECK(see(all, packet(THEM, US, 17, now)) == ROLE_INITIATOR);
		CHECK(see(all, tcp(THEM, US, SYN, now)) == ROLE_INITIATOR);
		/* The sensor hears of the next packet before it looks at the clock. */
		(void)see(all, packet(US, THEM, 17, then));
		conversations_clock_set(all, then);
		CHECK(see(all, packet(US, THEM, 17, then + 1)) == ROLE_UNKNOWN);
		CHECK(see(all, packet(US, THEM + 1, 17, sure)) == ROLE_INITIATOR);
		/* What was quiet for long begins anew by the new time, too. */
		CHECK(see(all, packet(US, THEM, 17, sure + 2 * NS_PER_S)) == ROLE_INITIATOR);
		conversations_free(all);
	}
}

TEST(flags_hold_when_the_clock_is_set_back)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);

	CHECK(see(all, tcp(THEM, US, SYN, SURE_NS)) == ROLE_INITIATOR);
	conversations_clock_set(all, SURE_NS - 3600 * NS_PER_S);
	CHECK(see(all, tcp(US, THEM, 0, SURE_NS - 3599 * NS_PER_S)) == ROLE_REPLY);
	conversations_free(all);
}

TEST(what_was_said_is_remembered_for_both_directions_until_the_model_changes)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
	struct flow	      there = packet(US, THEM, 17, START_NS);
	struct flow	      back = packet(THEM, US, 17, START_NS + 1);

	conversations_see(all, &there, 1)->said = 4;
	conversations_see(all, &there, 1)->judged = 1;
	CHECK(conversations_see(all, &back, 1)->said == 4);
	CHECK(conversations_see(all, &back, 1)->judged == 1);
	CHECK(conversations_see(all, &back, 2)->said == 0);
	CHECK(conversations_see(all, &back, 2)->judged == 0);
	CHECK(conversation_sender(&there) != conversation_sender(&back));
	conversations_free(all);
}

TEST(ports_that_are_used_the_other_way_round_are_another_connection)
{
	struct conversations *all = conversations_new(16, START_NS, INTERVAL_S);
	struct flow	      there = tcp(US, THEM, SYN, START_NS);
	struct flow	      back = tcp(THEM, US, SYN, START_NS + 1);

	conversations_see(all, &there, 1)->said = 4;
	CHECK(conversations_see(all, &back, 1)->said == 0);
	CHECK(see(all, back) == ROLE_INITIATOR);
	conversations_free(all);
}

/* From one of many hosts. */
static struct flow from_host(uint32_t host, int64_t ns)
{
	struct flow flow = packet(US, THEM, 17, ns);

	memcpy(flow.key.src, &host, sizeof(host));
	return flow;
}

TEST(a_full_table_forgets_the_oldest_and_then_nothing_is_certain_for_a_while)
{
	enum { HOSTS = 20000 };
	struct conversations *all = conversations_new(1024, START_NS, INTERVAL_S);
	size_t		      certain = 0;

	CHECK(conversations_memory_bytes(1024) < 64 << 10);
	for (uint32_t i = 1; i <= HOSTS; i++) {
		struct flow flow = from_host(i, SURE_NS + i);

		conversations_see(all, &flow, 1)->said = 1;
	}
	for (uint32_t i = HOSTS - 100; i <= HOSTS; i++) {
		struct flow flow = from_host(i, SURE_NS + i);

		certain += conversation_role(conversations_see(all, &flow, 1), &flow) !=
			   ROLE_UNKNOWN;
		CHECK(conversations_see(all, &flow, 1)->said == 1);
	}
	CHECK(certain == 0);
	conversations_free(all);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_of_either_direction_tell_who_opened_a_tcp_connection),
		cmocka_unit_test(of_udp_it_is_who_sent_first_in_whatever_order_that_is_heard),
		cmocka_unit_test(of_icmp_it_is_who_asks),
		cmocka_unit_test(of_icmp_for_ipv6_it_is_who_asks_by_its_own_types),
		cmocka_unit_test(what_the_other_end_answers_has_arrived),
		cmocka_unit_test(a_ping_is_answered_by_its_reply_alone),
		cmocka_unit_test(who_asks_for_the_time_is_answered_by_the_time),
		cmocka_unit_test(what_may_have_begun_before_the_sensor_has_no_known_opener),
		cmocka_unit_test(after_a_long_silence_whoever_sends_begins_anew),
		cmocka_unit_test(long_windows_are_no_silence),
		cmocka_unit_test(what_may_have_begun_before_its_interface_came_has_no_known_opener),
		cmocka_unit_test(after_the_clock_was_set_nobody_is_taken_for_who_sent_first),
		cmocka_unit_test(flags_hold_when_the_clock_is_set_back),
		cmocka_unit_test(
			what_was_said_is_remembered_for_both_directions_until_the_model_changes),
		cmocka_unit_test(ports_that_are_used_the_other_way_round_are_another_connection),
		cmocka_unit_test(
			a_full_table_forgets_the_oldest_and_then_nothing_is_certain_for_a_while),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
