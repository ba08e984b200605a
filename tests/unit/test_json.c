/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"

/* Writes "line:key=value " for each item; an element of a list has "[]" behind its key. */
static int tell(void *context, const struct json_item *item, struct err *err)
{
	static const char *const marks[] = { [JSON_ELEMENT] = "[]", [JSON_EMPTY_LIST] = "[0]" };
	struct buf		*out = context;
	char			*text = item->value ? cJSON_PrintUnformatted(item->value) : NULL;

	(void)err;
	if (item->kind == JSON_END)
		buf_add_text(out, ". ");
	else
		buf_printf(out, "%u:%.*s%s=%s ", item->line, STR_ARG(item->key),
			   item->kind == JSON_MEMBER ? "" : marks[item->kind], text ? text : "");
	cJSON_free(text);
	return 0;
}

static int stop_at_second(void *context, const struct json_item *item, struct err *err)
{
	int *calls = context;

	return ++*calls == 2 ? err_set(err, ERR_INPUT, "enough at line %u", item->line) : 0;
}

TEST(json_each_hands_out_lists_by_element_and_the_rest_whole)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", ". " },
		{ "{\"Vpcs\": []}", "1:Vpcs[0]= . " },
		{ "{\"Vpcs\":[{\"a\":1},\n{\"b\":[2]}],\n\"N\":null}",
		  "1:Vpcs[]={\"a\":1} 2:Vpcs[]={\"b\":[2]} 3:N=null . " },
		{ "{\"a\":{\"b\":[1,2]}}", "1:a={\"b\":[1,2]} . " },
		{ "{\"a\":[[1],[]]}", "1:a[]=[1] 1:a[]=[] . " },
		{ "{\"a\":1}\n{\"b\":true}\n", "1:a=1 . 2:b=true . " },
		{ "{\"a\":1}{\"a\":1.5e3}", "1:a=1 . 1:a=1500 . " },
		{ "{\"\":1}", "1:=1 . " },
		{ "\xef\xbb\xbf{\"a\":\"\xc3\xa9\"}", "1:a=\"\xc3\xa9\" . " },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf out = buf_make(1000);
		struct err	    err;

		CHECK(json_each(str_of(cases[i].text), "a.json", tell, &out, &err) == 0);
		CHECK_TEXT(out.data, cases[i].expected);
	}
}

TEST(json_each_refuses_what_is_not_json_and_says_where)
{
	static const struct {
		const char *text;
		uint32_t    line, column;
	} cases[] = {
		{ "[]", 1, 1 },
		{ "1", 1, 1 },
		{ "{", 1, 2 },
		{ "{\"a\"}", 1, 5 },
		{ "{\"a\":}", 1, 6 },
		{ "{\"a\":1,}", 1, 8 },
		{ "{\"a\":[1,]}", 1, 9 },
		{ "{\"a\":1\n,\n\"b\" 2}", 3, 5 },
		{ "{\"a\":01}", 1, 7 },
		{ "{\"a\":1.}", 1, 8 },
		{ "{\"a\":+1}", 1, 6 },
		{ "{\"a\":.5}", 1, 6 },
		{ "{\"a\":NaN}", 1, 6 },
		{ "{\"a\":'b'}", 1, 6 },
		{ "{a:1}", 1, 2 },
		{ "{\"a\":1} x", 1, 9 },
		{ "{\"a\":\"\\x\"}", 1, 8 },
		{ "{\"a\":\"\\u12g4\"}", 1, 8 },
		{ "{\"a\":\"tab\there\"}", 1, 10 },
		{ "{\"a\":\"\\u0000\"}", 1, 8 },
		{ "{\"a\":\"\xff\"}", 1, 7 },
		{ "{\"a\":\"\\ud800\"}", 1, 0 },
		{ "{\"a\":\"open", 1, 11 },
		{ "{\"a\":// c\n1}", 1, 6 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf out = buf_make(1000);
		struct err	    err = { 0 };

		CHECK(json_each(str_of(cases[i].text), "a.json", tell, &out, &err) == -1);
		CHECK_TEXT(err.source, "a.json");
		if (err.line != cases[i].line || err.column != cases[i].column)
			fail_msg("%s: %u:%u %s", cases[i].text, err.line, err.column, err.text);
	}
}

TEST(json_each_calls_an_empty_text_empty)
{
	static const char *empty[] = { "", " \n\t", "\xef\xbb\xbf" };

	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct err err = { 0 };

		CHECK(json_each(str_of(empty[i]), "a.json", tell, NULL, &err) == -1);
		CHECK(strstr(err.text, "empty") != NULL);
	}
}

TEST(json_each_takes_the_greatest_depth_and_refuses_one_more)
{
	for (int extra = 0; extra <= 1; extra++) {
		auto_buf struct buf text = buf_make(1000);
		auto_buf struct buf out = buf_make(1000);
		struct err	    err = { 0 };
		int		    lists = JSON_DEPTH_MAX - 1 + extra;

		buf_add_text(&text, "{\"a\":");
		for (int i = 0; i < lists; i++)
			buf_add_char(&text, '[');
		for (int i = 0; i < lists; i++)
			buf_add_char(&text, ']');
		buf_add_char(&text, '}');
		CHECK(json_each(buf_str(&text), "a.json", tell, &out, &err) == (extra ? -1 : 0));
	}
}

TEST(json_each_stops_where_the_callee_says_so)
{
	int	   calls = 0;
	struct err err = { 0 };

	CHECK(json_each(str_of("{\"a\":[1,\n2,3]}"), "a.json", stop_at_second, &calls, &err) == -1);
	CHECK(calls == 2);
	CHECK_TEXT(err.text, "enough at line 2");
	CHECK_TEXT(err.source, "a.json");
}

TEST(json_members_of_another_type_count_as_absent)
{
	cJSON *object = cJSON_Parse(
		"{\"text\":\"a\",\"list\":[1],\"object\":{},\"yes\":true,\"n\":5}");

	CHECK_STR(json_text(object, "text"), "a");
	CHECK(json_text(object, "Text").len == 0 && json_text(object, "n").len == 0);
	CHECK(json_list(object, "list") && !json_list(object, "object") && !json_list(object, "x"));
	CHECK(json_object(object, "object") && !json_object(object, "list"));
	CHECK(json_bool(object, "yes", false) && json_bool(object, "n", true));
	CHECK(!json_bool(object, "absent", false));
	cJSON_Delete(object);
}

TEST(json_int_tells_present_absent_and_wrong_apart)
{
	static const struct {
		const char *text;
		int	    expected;
		int64_t	    value;
	} cases[] = {
		{ "{\"n\":5}", 1, 5 },	       { "{\"n\":-1}", 1, -1 },
		{ "{\"n\":65535}", 1, 65535 }, { "{\"n\":65536}", -1, 77 },
		{ "{\"n\":-2}", -1, 77 },      { "{\"n\":1.5}", -1, 77 },
		{ "{\"n\":\"5\"}", -1, 77 },   { "{\"n\":true}", -1, 77 },
		{ "{\"n\":null}", 0, 77 },     { "{\"N\":5}", 0, 77 },
		{ "{\"n\":1e999}", -1, 77 },   { "{\"n\":5.0}", 1, 5 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cJSON  *object = cJSON_Parse(cases[i].text);
		int64_t value = 77;

		CHECK(object != NULL);
		CHECK(json_int(object, "n", -1, 65535, &value) == cases[i].expected);
		CHECK(value == cases[i].value);
		cJSON_Delete(object);
	}
}

TEST(json_output_keeps_every_digit_and_writes_null_for_nothing)
{
	cJSON *object = cJSON_CreateObject();
	char  *text;

	json_put_u64(object, "bytes", UINT64_MAX);
	json_put_str(object, "name", (struct str){ "web-1 and more", 5 });
	json_put_str(object, "none", (struct str){ 0 });
	text = cJSON_PrintUnformatted(object);
	CHECK_TEXT(text, "{\"bytes\":18446744073709551615,\"name\":\"web-1\",\"none\":null}");
	cJSON_free(text);
	cJSON_Delete(object);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_each_hands_out_lists_by_element_and_the_rest_whole),
		cmocka_unit_test(json_each_refuses_what_is_not_json_and_says_where),
		cmocka_unit_test(json_each_calls_an_empty_text_empty),
		cmocka_unit_test(json_each_takes_the_greatest_depth_and_refuses_one_more),
		cmocka_unit_test(json_each_stops_where_the_callee_says_so),
		cmocka_unit_test(json_members_of_another_type_count_as_absent),
		cmocka_unit_test(json_int_tells_present_absent_and_wrong_apart),
		cmocka_unit_test(json_output_keeps_every_digit_and_writes_null_for_nothing),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
