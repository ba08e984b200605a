/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "sensor/delivery/outputs.h"
#include "sensor/delivery/sink_spec.h"

/* What the check of a sink's kind has to say of it, or "" */
static const char *say(const char *text)
{
	static struct err	   err;
	const struct delivery_ops *ops;
	struct sink_spec	   spec;

	CHECK(sink_spec_parse(text, outputs_kinds(), &spec, &err) == 0);
	ops = sink_spec_ops(&spec, outputs_kinds());
	CHECK(ops);
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
		{ "s3:a b",
		  "'a b' is no bucket: expected 3 to 255 letters, digits, '-', '.' or '_'" },
		{ "s3:bucket/AWSLogs", "'AWSLogs': no folder of a prefix may be called AWSLogs: "
				       "that one comes behind it" },
		{ "s3:bucket//a", "'/a': a folder without a name" },
		{ "s3:bucket,hiv", "s3 has no option 'hiv', did you mean 'hive'?" },
		{ "s3:bucket,hive=1", "hive takes no value" },
		{ "s3:bucket,kms", "kms wants the ARN of a key" },
		{ "s3:bucket,hive,hive", "'hive' is given twice" },
		{ "s3:bucket,flow-log-id=x",
		  "a flow-log-id is 'fl-' and at most 28 small letters and digits" },
		{ "s3:bucket,flow-log-id=fl-a_b",
		  "a flow-log-id is 'fl-' and at most 28 small letters and digits" },
		{ "s3:bucket,kms=a b", "kms wants the ARN of a key" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *said = say(cases[i].text);
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
		{ "logs:a b",
		  "'logs:a b': a log group's name is 1 to 512 letters, digits and ._/#-" },
		{ "logs:g,make", "'logs:g,make': logs has no option 'make'" },
		{ "logs:g,create=yes", "'logs:g,create=yes': create takes no value" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_TEXT(say(cases[i].text), cases[i].said);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sink_of_s3_is_checked_before_anything_is_asked),
		cmocka_unit_test(sink_of_logs_is_checked_before_anything_is_asked),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
