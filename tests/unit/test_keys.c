/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/keys.h"
#include "tests/unit/unit.h"

static int parse(const char *json, enum keys_dialect dialect, struct held_keys *out,
		 struct err *err)
{
	return held_keys_parse(str_of(json), "answer", dialect, out, err);
}

TEST(a_service_gives_keys_with_a_token_and_an_end)
{
	struct held_keys held = { 0 };
	struct err	 err;

	CHECK(parse("{\"Code\":\"Success\",\"LastUpdated\":\"x\",\"Type\":\"AWS-HMAC\","
		    "\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
		    "\"Expiration\":\"2015-08-30T12:36:00Z\",\"More\":[1,{\"Token\":\"U\"}]}",
		    KEYS_OF_SERVICE, &held, &err) == 0);
	CHECK_STR(held.keys.access_key, "A");
	CHECK_STR(held.keys.secret_key, "S");
	CHECK_STR(held.keys.token, "T");
	CHECK(held.expires == 1440938160);
	held_keys_done(&held);
	CHECK(held.keys.access_key.len == 0);
}

TEST(a_process_may_give_keys_that_do_not_end)
{
	struct held_keys held = { 0 };
	struct err	 err;

	CHECK(parse("{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\","
		    "\"SessionToken\":null}",
		    KEYS_OF_PROCESS, &held, &err) == 0);
	CHECK(held.keys.token.len == 0 && held.expires == AWS_KEYS_FOREVER);
	CHECK(parse("{\"Version\":1,\"AccessKeyId\":\"B\",\"SecretAccessKey\":\"S\","
		    "\"SessionToken\":\"T\"}",
		    KEYS_OF_PROCESS, &held, &err) == 0);
	CHECK_STR(held.keys.access_key, "B");
	CHECK_STR(held.keys.token, "T");
	held_keys_done(&held);
}

TEST(what_is_no_document_of_keys_is_named_and_quotes_no_secret)
{
	static const struct {
		enum keys_dialect dialect;
		const char	 *json, *text;
	} cases[] = {
		{ KEYS_OF_SERVICE,
		  "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"no trust\"}",
		  "answer: AssumeRoleUnauthorizedAccess: no trust" },
		{ KEYS_OF_SERVICE,
		  "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"T\"}",
		  "answer: no Token or no Expiration" },
		{ KEYS_OF_SERVICE,
		  "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\",\"Token\":\"T\","
		  "\"Expiration\":\"soon\"}",
		  "answer: Expiration is no time" },
		{ KEYS_OF_PROCESS, "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\"}",
		  "answer: not of Version 1" },
		{ KEYS_OF_PROCESS,
		  "{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\"}",
		  "answer: not of Version 1" },
		{ KEYS_OF_PROCESS, "{\"Version\":1,\"AccessKeyId\":\"A\"}",
		  "answer: an access key or its secret is missing" },
		{ KEYS_OF_PROCESS,
		  "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SECRET\\n\"}",
		  "answer: a key or token is too long, or not plain ASCII" },
		{ KEYS_OF_PROCESS,
		  "{\"Version\":1,\"AccessKeyId\":1,\"SecretAccessKey\":\"SECRET\"}",
		  "AccessKeyId is no text" },
		{ KEYS_OF_PROCESS,
		  "{\"Version\":1,\"AccessKeyId\":[\"A\"],\"SecretAccessKey\":\"SECRET\"}",
		  "AccessKeyId is no text" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct held_keys held = { .expires = 77 };
		struct err	 err;

		CHECK(parse(cases[i].json, cases[i].dialect, &held, &err) == -1);
		CHECK_TEXT(err.text, cases[i].text);
		CHECK(err.kind == ERR_REMOTE && held.expires == 77 && held.text.capacity == 0);
	}
}

TEST(what_is_no_json_is_an_error_of_the_other_side)
{
	static const char *const bad[] = { "", "SECRET", "{\"AccessKeyId\":\"SECRET", "[]",
					   "{} {}" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct held_keys held = { 0 };
		struct err	 err;

		CHECK(parse(bad[i], KEYS_OF_PROCESS, &held, &err) == -1);
		CHECK(err.kind == ERR_REMOTE && !strstr(err.text, "SECRET"));
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_gives_keys_with_a_token_and_an_end),
		cmocka_unit_test(a_process_may_give_keys_that_do_not_end),
		cmocka_unit_test(what_is_no_document_of_keys_is_named_and_quotes_no_secret),
		cmocka_unit_test(what_is_no_json_is_an_error_of_the_other_side),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
