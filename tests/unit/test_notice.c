/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/notices.h"

#include "sensor/delivery/notice_text.h"

TEST(notice_read_takes_events_and_their_verdicts)
{
	static const struct {
		const char	   *word;
		enum notice_verdict verdict;
	} cases[] = {
		{ "unexpected", NOTICE_UNEXPECTED },
		{ "contradiction", NOTICE_CONTRADICTION },
		{ "would-deny", NOTICE_WOULD_DENY },
		{ "not-known-yet", NOTICE_OTHER },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf line = buf_make(1 << 12);
		struct notice	    notice;
		struct err	    err;

		buf_printf(&line, NOTICE_HEAD "\"verdict\":\"%s\"}", cases[i].word);
		CHECK(notice_read(buf_str(&line), &notice, &err) == 0);
		CHECK(notice.verdict == cases[i].verdict);
		CHECK(notice.time_s == 1795862467);
		CHECK_STR(notice.id, "0123456789abcdef");
		notice_done(&notice);
	}
}

TEST(notice_read_refuses_what_a_damaged_spool_may_hold_and_leaves_output_alone)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"\xef\xbb\xbf" NOTICE_HEAD "\"verdict\":\"unexpected\"}",
		"null",
		NOTICE_HEAD,
		NOTICE_HEAD "\"verdict\":\"\"}",
		NOTICE_HEAD "\"verdict\":5}",
		NOTICE_HEAD "\"verdict\":\"unexpected\"}{}",
		NOTICE_HEAD "\"verdict\":\"unexpected\"},",
		NOTICE_HEAD "\"verdict\":\"unexpected\",\"x\":\"\xff\"}",
		NOTICE_HEAD "\"verdict\":\"unexpected\",\"x\":\"\\u0000\"}",
		NOTICE_HEAD "\"verdict\":\"unexpected\",\"x\":nan}",
		"{\"schema\":\"other\",\"id\":\"1\",\"time\":\"2026-11-28T10:41:07Z\",\"verdict\":"
		"\"x\"}",
		"{\"schema\":\"weir/event/1\",\"id\":\"\",\"time\":\"2026-11-28T10:41:07Z\","
		"\"verdict\":\"x\"}",
		"{\"schema\":\"weir/event/1\",\"id\":\"a/b\",\"time\":\"2026-11-28T10:41:07Z\","
		"\"verdict\":\"x\"}",
		"{\"schema\":\"weir/event/1\",\"id\":\"1\",\"time\":\"now\",\"verdict\":\"x\"}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct notice notice = { .time_s = 77 };
		struct err    err = { 0 };

		CHECK(notice_read(str_of(bad[i]), &notice, &err) == -1);
		CHECK(notice.time_s == 77 && !notice.json);
		CHECK(err.kind == ERR_INPUT && err.text[0]);
	}
}

TEST(notice_text_says_what_is_known)
{
	static const struct {
		const char *more, *text;
	} cases[] = {
		{ "", "unexpected: web -> db tcp/22: 10.0.1.5:50123 (web-1) -> 10.0.2.7:22 (db-1), "
		      "ingress at eni-0a1b, ACCEPT; deny any -> db (line 4)" },
		{ "\"why\":\"no line lists it\",\"suppressed\":12,\"policy\":null,",
		  "unexpected: web -> db tcp/22: 10.0.1.5:50123 (web-1) -> 10.0.2.7:22 (db-1), "
		  "ingress at eni-0a1b, ACCEPT; no line lists it; 12 more not said" },
		{ "\"srcaddr\":\"2001:db8::1\",\"src_name\":\"\",\"policy\":null,",
		  "unexpected: web -> db tcp/22: [2001:db8::1]:50123 -> 10.0.2.7:22 (db-1), "
		  "ingress at eni-0a1b, ACCEPT" },
		{ "\"srcaddr\":\"2001:db8::1\",\"srcport\":null,\"dstport\":0,\"policy\":null,",
		  "unexpected: web -> db tcp/22: 2001:db8::1 (web-1) -> 10.0.2.7 (db-1), "
		  "ingress at eni-0a1b, ACCEPT" },
		{ "\"interface_id\":null,\"policy\":null,\"direction\":null,\"action\":null,"
		  "\"path\":null,"
		  "\"srcaddr\":null,",
		  "unexpected: ?:50123 (web-1) -> 10.0.2.7:22 (db-1), packets at ens5" },
		{ "\"process\":{\"pid\":4711,\"comm\":\"ps\\nql\",\"uid\":26},\"policy\":null,",
		  "unexpected: web -> db tcp/22: 10.0.1.5:50123 (web-1) -> 10.0.2.7:22 (db-1), "
		  "ingress at eni-0a1b, ACCEPT; by ps\\x0aql (pid 4711, uid 26)" },
		{ "\"src_name\":\"\\u001b[31m\\u202e\",\"policy\":5,\"policy_line\":\"x\","
		  "\"srcport\":-1,",
		  "unexpected: web -> db tcp/22: 10.0.1.5 (\\x1b[31m\\u{202e}) -> 10.0.2.7:22 "
		  "(db-1), "
		  "ingress at eni-0a1b, ACCEPT" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf line = buf_make(1 << 12), text = buf_make(NOTICE_TEXT_MAX);
		auto_notice struct notice notice = made_notice(&line, cases[i].more);

		notice_text(&notice, &text);
		CHECK_STR(buf_str(&text), cases[i].text);
	}
}

TEST(notice_text_has_room_for_whatever_the_members_hold)
{
	static const char *const names[] = { "verdict", "path",	    "direction", "interface_id",
					     "action",	"policy",   "why",	 "srcaddr",
					     "dstaddr", "src_name", "dst_name" };
	auto_buf struct buf	 more = buf_make(1 << 17), line = buf_make(1 << 18);
	auto_buf struct buf	 text = buf_make(NOTICE_TEXT_MAX);
	struct notice		 notice;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_printf(&more, "\"%s\":\"", names[i]);
		for (size_t j = 0; j < 1000; j++)
			buf_add_text(&more, "\\u202e");
		buf_add_text(&more, "\",");
	}
	notice = made_notice(&line, more.data);
	notice_text(&notice, &text);
	CHECK(!text.overflow && text.len > ARRAY_LEN(names) * 290);
	CHECK(str_is_utf8(buf_str(&text)));
	notice_done(&notice);
}

TEST(text_add_limited_cuts_between_characters)
{
	static const struct {
		const char *text;
		size_t	    max;
		const char *expected;
	} cases[] = {
		{ "", 10, "" },
		{ "0123456789", 10, "0123456789" },
		{ "0123456789a", 10, "0123456…" },
		{ "ééééé", 9, "ééé…" },
		{ "ééééé", 8, "éé…" },
		{ "€€€€", 11, "€€…" },
		{ "€€€€", 3, "…" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf out = buf_make(100);

		text_add_limited(&out, str_of(cases[i].text), cases[i].max);
		CHECK_STR(buf_str(&out), cases[i].expected);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(notice_read_takes_events_and_their_verdicts),
		cmocka_unit_test(
			notice_read_refuses_what_a_damaged_spool_may_hold_and_leaves_output_alone),
		cmocka_unit_test(notice_text_says_what_is_known),
		cmocka_unit_test(notice_text_has_room_for_whatever_the_members_hold),
		cmocka_unit_test(text_add_limited_cuts_between_characters),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
