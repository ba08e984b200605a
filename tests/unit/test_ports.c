/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/net/ports.h"

static struct ports ports(const char *text)
{
	struct ports out;
	struct err   err;

	if (ports_parse(str_of(text), &out, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

TEST(ports_print_is_the_shortest_text_that_parses_back)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "5432", "tcp/5432" },
		{ "tcp/443", "tcp/443" },
		{ "udp/53", "udp/53" },
		{ "tcp/8000-8100,9000", "tcp/8000-8100,9000" },
		{ "9000,8000-8100", "tcp/8000-8100,9000" },
		{ "tcp/1-5,3-9,10,12", "tcp/1-10,12" },
		{ "tcp/1-9,2-3", "tcp/1-9" },
		{ "tcp/0-65535", "tcp" },
		{ "tcp/0-100,101-65535", "tcp" },
		{ "tcp", "tcp" },
		{ "icmp", "icmp" },
		{ "icmp/8", "icmp/8" },
		{ "icmp/3/4", "icmp/3/4" },
		{ "icmpv6/128", "icmpv6/128" },
		{ "proto/47", "gre" },
		{ "proto/89", "proto/89" },
		{ "proto/0", "proto/0" },
		{ "https", "tcp/443" },
		{ "all", "all" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ports once = ports(cases[i].text);
		char	     text[PORTS_TEXT_SIZE], again[PORTS_TEXT_SIZE];

		ports_print(&once, text);
		CHECK_TEXT(text, cases[i].printed);
		once = ports(text);
		ports_print(&once, again);
		CHECK_TEXT(again, text);
	}
}

TEST(ports_parse_rejects_and_leaves_output_alone)
{
	static const char *bad[] = {
		"",	     "65536",	   "tcp/65536",	  "tcp/",     "tcp/ 1",
		"/443",	     "tcp/9-1",	   "tcp/1-",	  "tcp/-1",   "tcp/1,",
		"tcp/,1",    "tcp/1,,2",   "1-2-3",	  "icmp/256", "icmp/",
		"icmp/8/",   "icmp/3/4/5", "icmp/a",	  "gre/1",    "proto/",
		"proto/256", "proto/-1",   "proto/6/443", "6/443",    "nosuchservice",
		"all/1",     "tcp/x",	   " 443",	  "443 ",     "tcp//443"
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ports out = { .protocol = 77 };
		struct err   err = { 0 };

		if (ports_parse(str_of(bad[i]), &out, &err) != -1)
			fail_msg("'%s' is accepted", bad[i]);
		CHECK(out.protocol == 77);
		CHECK(err.kind == ERR_INPUT && err.text[0]);
	}
}

TEST(ports_has_looks_at_destination_ports_of_its_protocol)
{
	struct ports web = ports("tcp/443,8000-8100"), any_tcp = ports("tcp"), all = ports("all");

	CHECK(ports_has(&web, PROTO_TCP, 443, -1, -1) && ports_has(&web, PROTO_TCP, 8000, -1, -1));
	CHECK(ports_has(&web, PROTO_TCP, 8100, -1, -1) &&
	      !ports_has(&web, PROTO_TCP, 8101, -1, -1));
	CHECK(!ports_has(&web, PROTO_UDP, 443, -1, -1) && !ports_has(&web, PROTO_TCP, 0, -1, -1));
	CHECK(ports_has(&any_tcp, PROTO_TCP, 0, -1, -1) &&
	      !ports_has(&any_tcp, PROTO_UDP, 0, -1, -1));
	CHECK(ports_has(&all, PROTO_TCP, 1, -1, -1) && ports_has(&all, 89, 0, -1, -1));
}

TEST(ports_has_takes_an_unknown_icmp_type_only_where_any_would_do)
{
	struct ports any = ports("icmp"), echo = ports("icmp/8"), too_big = ports("icmp/3/4");

	CHECK(ports_has(&any, PROTO_ICMP, 0, -1, -1) && ports_has(&any, PROTO_ICMP, 0, 3, 4));
	CHECK(ports_has(&echo, PROTO_ICMP, 0, 8, 0) && ports_has(&echo, PROTO_ICMP, 0, 8, -1));
	CHECK(!ports_has(&echo, PROTO_ICMP, 0, -1, -1) && !ports_has(&echo, PROTO_ICMP, 0, 0, 0));
	CHECK(ports_has(&too_big, PROTO_ICMP, 0, 3, 4) &&
	      !ports_has(&too_big, PROTO_ICMP, 0, 3, -1));
	CHECK(!ports_has(&too_big, PROTO_ICMPV6, 0, 3, 4));
}

TEST(ports_list_has_a_limit)
{
	char	     text[400] = "tcp/";
	struct ports out = { .protocol = 77 };
	struct err   err = { 0 };

	for (int i = 0; i < PORTS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d", i ? "," : "",
			 60001 + 2 * i);
	CHECK(ports(text).count == PORTS_MAX);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",1");
	CHECK(ports_parse(str_of(text), &out, &err) == -1 && out.protocol == 77);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_print_is_the_shortest_text_that_parses_back),
		cmocka_unit_test(ports_parse_rejects_and_leaves_output_alone),
		cmocka_unit_test(ports_has_looks_at_destination_ports_of_its_protocol),
		cmocka_unit_test(ports_has_takes_an_unknown_icmp_type_only_where_any_would_do),
		cmocka_unit_test(ports_list_has_a_limit),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
