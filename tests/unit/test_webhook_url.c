/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "sensor/delivery/webhook_url.h"

TEST(webhook_url_parse_knows_the_host_and_whether_it_is_this_one)
{
	static const struct {
		const char *url, *host;
		bool	    is_loopback;
	} cases[] = {
		{ "https://hooks.slack.com/services/T0/B0/x", "hooks.slack.com", false },
		{ "HTTPS://h:8443?token=x", "h:8443", false },
		{ "https://h", "h", false },
		{ "https://127.0.0.1/", "127.0.0.1", true },
		{ "http://127.9.8.7:80/@x%20", "127.9.8.7:80", true },
		{ "http://LocalHost:1/", "LocalHost:1", true },
		{ "http://[::1]:8080/x", "[::1]:8080", true },
		{ "https://[2001:db8::1]/x", "[2001:db8::1]", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct webhook_url out;
		struct err	   err;

		CHECK(webhook_url_parse(str_of(cases[i].url), false, &out, &err) == 0);
		CHECK_STR(out.host, cases[i].host);
		CHECK(out.is_loopback == cases[i].is_loopback);
	}
}

TEST(webhook_url_parse_takes_http_elsewhere_only_where_it_is_said)
{
	static const char *const urls[] = {
		"http://hooks.example/x",    "http://10.0.0.1/x", "http://127.0.0.1.example/",
		"http://localhost.example/", "http://[::2]/",	  "http://[::ffff:127.0.0.1]/",
		"http://0.0.0.0/",	     "http://127.1/",	  "http://0x7f.0.0.1/"
	};

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct webhook_url out;
		struct err	   err = { 0 };

		CHECK(webhook_url_parse(str_of(urls[i]), false, &out, &err) == -1);
		CHECK(err.kind == ERR_USAGE && strstr(err.text, "lets others read along"));
		CHECK(webhook_url_parse(str_of(urls[i]), true, &out, &err) == 0);
		CHECK(!out.is_loopback);
	}
}

TEST(webhook_url_parse_refuses_what_could_be_read_in_two_ways_and_repeats_no_secret)
{
	static const char *const bad[] = {
		"",
		"SECRET",
		"https://",
		"https:///SECRET",
		"https://?SECRET",
		"https://:443/SECRET",
		"https://h:/SECRET",
		"https://h:0/SECRET",
		"https://h:65536/SECRET",
		"https://h:1:2/SECRET",
		"https://[::1/SECRET",
		"https://[::1]x/SECRET",
		"https://[]/SECRET",
		"https://user:SECRET@h/",
		"https://SECRET\\@h/",
		"http://127.0.0.1#@h/SECRET",
		"http://127.0.0.1%2f@h/SECRET",
		"https://h/SECRET#x",
		"https://h/SECRET x",
		"https://h/SECRET\r\nX: y",
		"https://h/SECRET\xc3\xa9",
		"ftp://h/SECRET",
		"file:///SECRET",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct webhook_url out = { .is_loopback = true };
		struct err	   err = { 0 };

		CHECK(webhook_url_parse(str_of(bad[i]), true, &out, &err) == -1);
		CHECK(err.kind == ERR_USAGE && !strstr(err.text, "SECRET"));
		CHECK(out.is_loopback);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(webhook_url_parse_knows_the_host_and_whether_it_is_this_one),
		cmocka_unit_test(webhook_url_parse_takes_http_elsewhere_only_where_it_is_said),
		cmocka_unit_test(
			webhook_url_parse_refuses_what_could_be_read_in_two_ways_and_repeats_no_secret),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
