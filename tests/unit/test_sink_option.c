/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "sensor/sink_option.h"

/* "KIND:TARGET[,KEY[=VALUE]]…", with what kind's check has to say of it, or "" */
static const char *say(const struct delivery_ops *ops, const char *text)
{
	static struct err err;
	struct sink_spec  spec = { .text = text };
	struct str	  rest = str_of(text);

	err = (struct err){ 0 };
	snprintf(spec.kind, sizeof(spec.kind), "%s", ops->kind);
	str_cut(&rest, ':');
	spec.target = str_cut(&rest, ',');
	while (rest.len) {
		struct str option = str_cut(&rest, ',');

		spec.options[spec.option_count].key = str_cut(&option, '=');
		spec.options[spec.option_count++].value = option;
	}
	if (ops->check(&spec, &err) == 0)
		return "";
	CHECK(err.kind == ERR_USAGE);
	return err.text;
}

TEST(sink_of_s3_is_checked_before_anything_is_asked)
{
	static const struct {
		const char *text, *said; /* the end of what is said; "": it is good */
	} cases[] = {
		{ "s3:bucket", "" },
		{ "s3:bucket/", "" },
		{ "s3:bucket/a/b/,hive,hourly,owner", "" },
		{ "s3:bucket,flow-log-id=fl-0123456789abcdef0", "" },
		{ "s3:bucket,kms=arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab", "" },
		{ "s3:", "'' is no bucket" },
		{ "s3:a b", "'a b' is no bucket" },
		{ "s3:bucket/AWSLogs", "'AWSLogs': no folder of a prefix may be called AWSLogs: "
				       "that one comes behind it" },
		{ "s3:bucket//a", "'/a': a folder without a name" },
		{ "s3:bucket,hiv", "'s3:bucket,hiv': s3 has no option 'hiv'" },
		{ "s3:bucket,hive=1", "'hive' takes no value" },
		{ "s3:bucket,kms", "'kms' needs a value: kms=…" },
		{ "s3:bucket,hive,hive", "'hive' is there twice" },
		{ "s3:bucket,flow-log-id=x",
		  "a flow-log-id is 'fl-' and at most 28 small letters and digits" },
		{ "s3:bucket,flow-log-id=fl-a_b",
		  "a flow-log-id is 'fl-' and at most 28 small letters and digits" },
		{ "s3:bucket,kms=a b", "kms wants the ARN of a key" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *said = say(&delivery_s3, cases[i].text);
		size_t	    len = strlen(said), end = strlen(cases[i].said);

		CHECK(len >= end && (end || !len));
		CHECK_TEXT(said + len - end, cases[i].said);
	}
}

TEST(sink_of_logs_is_checked_before_anything_is_asked)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "logs:/vpc/flow_logs-1.#", "" },
		{ "logs:g,create", "" },
		{ "logs:", "'logs:': a log group's name is 1 to 512 letters, digits and ._/#-" },
		{ "logs:a b",
		  "'logs:a b': a log group's name is 1 to 512 letters, digits and ._/#-" },
		{ "logs:g,make", "'logs:g,make': logs has no option 'make'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_TEXT(say(&delivery_logs, cases[i].text), cases[i].said);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sink_of_s3_is_checked_before_anything_is_asked),
		cmocka_unit_test(sink_of_logs_is_checked_before_anything_is_asked),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
