/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/match/opener.h"
#include "tests/unit/estate.h"

static struct record segment(const char *src, int src_port, const char *dst, int dst_port,
			     int flags)
{
	struct record record = { .srcaddr = estate_ip(src),
				 .dstaddr = estate_ip(dst),
				 .srcport = (uint64_t)src_port,
				 .dstport = (uint64_t)dst_port,
				 .protocol = PROTO_TCP,
				 .tcp_flags = (uint64_t)flags };

	record_set(&record, FIELD_TCP_FLAGS);
	record.text[FIELD_INTERFACE_ID] = str_of("eni-1");
	return record;
}

TEST(flags_of_one_record_tell_the_role_of_the_others)
{
	static const struct {
		int	  flags; /* of a record from the client, or (from_server) from the server */
		bool	  from_server;
		enum role client, server;
	} cases[] = {
		{ 2, false, ROLE_INITIATOR, ROLE_REPLY }, { 3, false, ROLE_INITIATOR, ROLE_REPLY },
		{ 18, true, ROLE_INITIATOR, ROLE_REPLY }, { 19, true, ROLE_INITIATOR, ROLE_REPLY },
		{ 0, false, ROLE_UNKNOWN, ROLE_UNKNOWN }, { 1, true, ROLE_UNKNOWN, ROLE_UNKNOWN },
		{ 4, false, ROLE_UNKNOWN, ROLE_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_openers struct openers *openers = openers_new();
		struct record		     client = segment("10.0.0.1", 1022, "10.0.0.2", 514, 0);
		struct record		     server = segment("10.0.0.2", 514, "10.0.0.1", 1022, 0);
		struct record		     told = cases[i].from_server ? server : client;

		told.tcp_flags = (uint64_t)cases[i].flags;
		openers_learn(openers, &told);
		CHECK(openers_role(openers, &client) == cases[i].client);
		CHECK(openers_role(openers, &server) == cases[i].server);
	}
}

TEST(another_interface_port_or_protocol_is_another_conversation)
{
	auto_openers struct openers *openers = openers_new();
	struct record		     told = segment("10.0.0.1", 1022, "10.0.0.2", 514, 2);
	struct record		     other = segment("10.0.0.1", 1023, "10.0.0.2", 514, 0);

	openers_learn(openers, &told);
	CHECK(openers_role(openers, &other) == ROLE_UNKNOWN);
	other = told;
	other.text[FIELD_INTERFACE_ID] = str_of("eni-2");
	CHECK(openers_role(openers, &other) == ROLE_UNKNOWN);
	other = told;
	other.protocol = PROTO_UDP;
	CHECK(openers_role(openers, &other) == ROLE_UNKNOWN);
}

TEST(many_conversations_are_remembered_as_the_table_grows)
{
	auto_openers struct openers *openers = openers_new();

	for (int port = 1024; port < 60000; port++) {
		struct record told = segment("10.0.0.1", port, "10.0.0.2", 443, 2);

		openers_learn(openers, &told);
	}
	for (int port = 1024; port < 60000; port++) {
		struct record asked = segment("10.0.0.2", 443, "10.0.0.1", port, 0);

		CHECK(openers_role(openers, &asked) == ROLE_REPLY);
	}
	CHECK(openers_not_learned(openers) == 0);
}

/* The port that the system gave the client tells the same as its SYN, which is why that may be forgotten. */
TEST(of_two_that_opened_a_conversation_the_one_that_the_ports_speak_against_counts)
{
	auto_openers struct openers *openers = openers_new();
	struct record		     likely = segment("10.0.0.1", 40000, "10.0.0.2", 514, 2);
	struct record		     unlikely = segment("10.0.0.2", 514, "10.0.0.1", 40000, 2);
	struct record		     even = segment("10.0.0.1", 1022, "10.0.0.2", 514, 2);
	struct record		     back = segment("10.0.0.2", 514, "10.0.0.1", 1022, 2);

	openers_learn(openers, &likely);
	CHECK(openers_role(openers, &likely) == ROLE_INITIATOR);
	openers_learn(openers, &unlikely);
	CHECK(openers_role(openers, &likely) == ROLE_REPLY);
	CHECK(openers_role(openers, &unlikely) == ROLE_INITIATOR);
	openers_learn(openers, &even);
	openers_learn(openers, &back);
	CHECK(openers_role(openers, &even) == ROLE_UNKNOWN);
}

TEST(a_record_without_tcp_flags_is_told_nothing)
{
	auto_openers struct openers *openers = openers_new();
	struct record		     told = segment("10.0.0.1", 1022, "10.0.0.2", 514, 2);
	struct record		     asked = told;

	openers_learn(openers, &told);
	asked.has = 0;
	CHECK(openers_role(openers, &asked) == ROLE_UNKNOWN);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_of_one_record_tell_the_role_of_the_others),
		cmocka_unit_test(another_interface_port_or_protocol_is_another_conversation),
		cmocka_unit_test(many_conversations_are_remembered_as_the_table_grows),
		cmocka_unit_test(
			of_two_that_opened_a_conversation_the_one_that_the_ports_speak_against_counts),
		cmocka_unit_test(a_record_without_tcp_flags_is_told_nothing),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
