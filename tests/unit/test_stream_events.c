/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/drip.h"

enum { TEXT_MAX = 1 << 24, WHOLE = 1 << 16 };

static struct err unpack(struct str json, size_t piece, struct buf *text)
{
	struct drip drip = { .bytes = json, .piece = piece };

	return drip_text(layer_pile(drip_layer(&drip)), piece, TEXT_MAX, text);
}

TEST(events_become_one_line_each)
{
	static const struct {
		const char *json, *lines;
	} cases[] = {
		/* What filter-log-events prints, with all that an event has. */
		{ "{\n    \"events\": [\n        {\n            \"logStreamName\": \"eni-1-all\",\n"
		  "            \"timestamp\": 1418530010000,\n            \"message\": \"2 1 "
		  "eni-1\",\n"
		  "            \"ingestionTime\": 1,\n            \"eventId\": \"3\"\n        },\n"
		  "        { \"message\": \"2 2 eni-1\" }\n    ],\n    \"searchedLogStreams\": "
		  "[]\n}\n",
		  "2 1 eni-1\n2 2 eni-1\n" },
		/* get-log-events, page after page. */
		{ "{\"events\":[{\"message\":\"a\"}],\"nextForwardToken\":\"f/1\"}"
		  "{\"events\":[],\"nextForwardToken\":\"f/"
		  "2\"}\n{\"events\":[{\"message\":\"b\"}]}",
		  "a\nb\n" },
		/* A subscription's payloads, the first one CloudWatch's own. */
		{ "{\"messageType\":\"CONTROL_MESSAGE\",\"logEvents\":[{\"id\":\"\",\"message\":"
		  "\"CWL\"}]}"
		  "{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"1\",\"subscriptionFilters\":["
		  "\"f\"],"
		  "\"logEvents\":[{\"id\":\"1\",\"message\":\"a\"},{\"id\":\"2\",\"message\":\"b\"}"
		  "]}",
		  "\na\nb\n" },
		/* One event a line. */
		{ "{\"timestamp\":1,\"message\":\"a\"}\n{\"timestamp\":2,\"message\":\"b\"}\n",
		  "a\nb\n" },
		/* --query 'events[]' and --query 'events[].message'. */
		{ "[{\"message\":\"a\"},{\"message\":\"b\"}]", "a\nb\n" },
		{ "[\n    \"a\",\n    \"b\"\n]\n[]\n", "a\nb\n" },
		/* Escapes, in messages and in keys. */
		{ "{\"\\u0065vents\":[{\"\\u006dessage\":\"\\u0032 \\\"\\\\\\/ \\u00e9 ]}\"}]}",
		  "2 \"\\/ \xc3\xa9 ]}\n" },
		/* Other values and lists are none of ours, whatever is in them. */
		{ "{\"a\":[{\"message\":\"no\"},[1,[]],\"no\"],\"b\":{\"events\":[{\"message\":"
		  "\"no\"}]},"
		  "\"c\":-1.5e3,\"d\":null,\"events\":[]}",
		  "" },
		{ "[]", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const size_t pieces[] = { 1, 2, 7, WHOLE };

		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			auto_buf struct buf text = buf_make(TEXT_MAX);
			struct err failure = unpack(str_of(cases[i].json), pieces[j], &text);

			if (failure.kind)
				fail_msg("%s: %s", cases[i].json, failure.text);
			CHECK_TEXT(text.data, cases[i].lines);
		}
	}
}

TEST(events_never_become_more_than_a_line)
{
	static const struct {
		const char *json, *line;
	} cases[] = {
		{ "[\"2 1 OK\\n\"]", "2 1 OK\n" },
		{ "[\"\\r\\n 2 1 OK \\t\\r\\n\"]", "2 1 OK\n" },
		{ "[\"2 1 OK\\n2 2 OK\"]", "2 1 OK\\x0a2 2 OK\n" },
		{ "[\"2 1\\r2\\u001b[2J\"]", "2 1\\x0d2\\x1b[2J\n" },
		{ "[\"2\\t1\"]", "2\t1\n" },
		{ "[\"\"]", "\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		CHECK(unpack(str_of(cases[i].json), WHOLE, &text).kind == ERR_NONE);
		CHECK_TEXT(text.data, cases[i].line);
	}
}

TEST(events_without_a_message_are_shown_and_not_left_out)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	CHECK(unpack(str_of("{\"events\":[{\"text\":\"a\"}, "
			    "12,\n[1,\n2],null,{\"message\":{\"a\":1}}]}"),
		     WHOLE, &text)
		      .kind == ERR_NONE);
	CHECK_TEXT(text.data, "{\"text\":\"a\"}\n12\n[1,\\x0a2]\nnull\n{\"message\":{\"a\":1}}\n");
}

TEST(events_that_are_no_json_fail_with_the_number_of_the_event)
{
	static const struct {
		const char *json, *lines, *words;
	} cases[] = {
		{ "{\"events\":[\"a\",\"b\"", "a\nb\n", "event 3 of the JSON: the JSON ends here" },
		{ "{\"events\":[\"a\",{\"message\":\"b", "a\n",
		  "event 2 of the JSON: the JSON ends here" },
		{ "{\"events\":[\"a\" \"b\"]}", "a\n", "event 2 of the JSON: expected ',' or ']'" },
		{ "{\"events\":[\"a\",]}", "a\n", "event 2 of the JSON: expected a value" },
		{ "{\"events\":[\"a\\x\"]}", "",
		  "event 1 of the JSON: expected an escape of JSON" },
		{ "{\"events\":[\"a\nb\"]}", "",
		  "event 1 of the JSON: expected no control character" },
		{ "{\"events\":[\"\\u0000\"]}", "",
		  "event 1 of the JSON: expected no NUL character" },
		{ "{\"events\":[{\"message\" \"a\"}]}", "", "event 1 of the JSON: expected ':'" },
		{ "{\"events\":[tru]}", "", "event 1 of the JSON: expected a value" },
		{ "{\"events\" []}", "", "expected ':' after a key" },
		{ "{\"events\":[],}", "", "expected a key" },
		{ "{\"events\":[]]", "", "expected ',' or '}'" },
		{ "{\"events\":[]} x", "", "expected '{' or '['" },
		{ "{\"SecurityGroups\":[]}", "", "JSON without log events" },
		{ "{\"events\":[\"a\"]}{}", "a\n", "JSON without log events" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const size_t pieces[] = { 1, WHOLE };

		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			auto_buf struct buf text = buf_make(TEXT_MAX);
			struct err failure = unpack(str_of(cases[i].json), pieces[j], &text);

			CHECK_TEXT(text.data, cases[i].lines);
			if (failure.kind != ERR_INPUT || !strstr(failure.text, cases[i].words))
				fail_msg("%s: %s", cases[i].json, failure.text);
		}
	}
}

TEST(events_too_deep_or_too_large_are_refused)
{
	auto_buf struct buf json = buf_make(TEXT_MAX), text = buf_make(TEXT_MAX);

	buf_add_text(&json, "[\"a\",");
	for (int i = 0; i < 100000; i++)
		buf_add_char(&json, '[');
	for (int i = 0; i < 100000; i++)
		buf_add_char(&json, ']');
	CHECK(strstr(unpack(buf_str(&json), WHOLE, &text).text, "nested deeper") != NULL);
	CHECK_TEXT(text.data, "a\n");
	buf_clear(&json);
	buf_clear(&text);
	buf_add_text(&json, "[\"a\",\"");
	for (int i = 0; i < 5 << 20; i++)
		buf_add_char(&json, 'x');
	CHECK(strstr(unpack(buf_str(&json), WHOLE, &text).text,
		     "event 2 of the JSON: larger than 4 MiB") != NULL);
	CHECK_TEXT(text.data, "a\n");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_become_one_line_each),
		cmocka_unit_test(events_never_become_more_than_a_line),
		cmocka_unit_test(events_without_a_message_are_shown_and_not_left_out),
		cmocka_unit_test(events_that_are_no_json_fail_with_the_number_of_the_event),
		cmocka_unit_test(events_too_deep_or_too_large_are_refused),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
