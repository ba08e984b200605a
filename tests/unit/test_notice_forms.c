/* SPDX-License-Identifier: Apache-2.0 */
/* What an event becomes for the journal, for syslog, for webhooks and for Security Hub. */
#include "tests/unit/notices.h"

#include <stdlib.h>
#include <time.h>

#include "lib/base/json.h"
#include "sensor/delivery/finding.h"
#include "sensor/delivery/journal_entry.h"
#include "sensor/delivery/syslog_line.h"
#include "sensor/delivery/webhook_body.h"

static const char words[] = "web -> db tcp/22: 10.0.1.5:50123 (web-1) -> 10.0.2.7:22 (db-1), "
			    "ingress at eni-0a1b, ACCEPT; deny any -> db (line 4)";

TEST(syslog_line_has_priority_time_and_name_in_front)
{
	static const struct {
		const char *facility, *verdict, *priority;
	} cases[] = {
		{ "daemon", "unexpected", "<28>" },   { "local0", "would-deny", "<133>" },
		{ "user", "contradiction", "<12>" },  { "local7", "new", "<189>" },
		{ "authpriv", "unexpected", "<84>" },
	};

	setenv("TZ", "UTC-2", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf line = buf_make(1 << 12), out = buf_make(SYSLOG_LINE_MAX);
		auto_buf struct buf more = buf_make(100), expected = buf_make(SYSLOG_LINE_MAX);
		struct notice	    notice;
		struct syslog_form  form = { .pid = 12 };
		struct err	    err;

		form.facility = (unsigned)syslog_facility(str_of(cases[i].facility));
		buf_printf(&more, "\"verdict\":\"%s\",", cases[i].verdict);
		notice = made_notice(&line, more.data);
		CHECK(syslog_line(&notice, &form, &out, &err) == 0);
		buf_printf(&expected, "%sNov 28 12:41:07 weir-sensor[12]: %s: %s",
			   cases[i].priority, cases[i].verdict, words);
		CHECK_STR(buf_str(&out), expected.data);
		notice_done(&notice);
	}
	CHECK(syslog_facility(str_of("local8")) == -1);
}

TEST(syslog_line_is_one_line_of_harmless_bytes)
{
	auto_buf struct buf	  line = buf_make(1 << 12), out = buf_make(SYSLOG_LINE_MAX);
	auto_notice struct notice notice = made_notice(
		&line, "\"path\":\"a\\n<0>b\\r\\u001b\\u0085\",\"why\":\"\xe2\x80\xae\",");
	struct syslog_form form = { .is_json = false };
	struct err	   err;

	for (unsigned i = 0; i < 2; i++) {
		form.is_json = i == 1;
		buf_clear(&out);
		CHECK(syslog_line(&notice, &form, &out, &err) == 0);
		for (size_t j = 0; j < out.len; j++)
			CHECK((unsigned char)out.data[j] >= 0x20 &&
			      (unsigned char)out.data[j] < 0x7f);
	}
	CHECK(strstr(out.data, "@cee: {"));
}

/* The value of a field in the form with a length; checks that all of the entry is read. */
static struct str field_of(struct str entry, const char *wanted)
{
	struct str found = { 0 };

	while (entry.len) {
		size_t	   end = str_find(entry, '\n'), equals = str_find(entry, '=');
		struct str name = str_head(entry, equals < end ? equals : end), value;

		if (equals < end) {
			value = str_skip(str_head(entry, end), equals + 1);
			entry = str_skip(entry, end + 1);
		} else {
			uint64_t len;

			CHECK(entry.len >= end + 9);
			memcpy(&len, entry.ptr + end + 1, sizeof(len));
			CHECK(len < entry.len - end - 9);
			value = str_head(str_skip(entry, end + 9), len);
			CHECK(entry.ptr[end + 9 + len] == '\n');
			entry = str_skip(entry, end + 10 + len);
		}
		if (str_is(name, wanted))
			found = value;
	}
	return found;
}

TEST(journal_entry_keeps_every_byte_of_a_member_and_none_becomes_a_field)
{
	auto_buf struct buf	  line = buf_make(1 << 12), out = buf_make(1 << 14);
	auto_notice struct notice notice = made_notice(
		&line, "\"path\":\"a\\nPRIORITY=0\\n\\nMESSAGE\\n\",\"suppressed\":3,");

	journal_entry(&notice, &out);
	CHECK_STR(field_of(buf_str(&out), "WEIR_PATH"), "a\nPRIORITY=0\n\nMESSAGE\n");
	CHECK_STR(field_of(buf_str(&out), "PRIORITY"), "4");
	CHECK_STR(field_of(buf_str(&out), "SYSLOG_IDENTIFIER"), "weir-sensor");
	CHECK_STR(field_of(buf_str(&out), "WEIR_DSTPORT"), "22");
	CHECK_STR(field_of(buf_str(&out), "WEIR_SUPPRESSED"), "3");
	CHECK_STR(field_of(buf_str(&out), "WEIR_EVENT"), line.data);
	CHECK(str_starts(field_of(buf_str(&out), "MESSAGE"),
			 "unexpected: a\\x0aPRIORITY=0\\x0a\\x0aMESSAGE\\x0a: 10.0.1.5:50123"));
}

TEST(webhook_body_json_holds_the_events_as_they_are)
{
	auto_buf struct buf line = buf_make(1 << 12), other = buf_make(1 << 12),
			    out = buf_make(1 << 14);
	auto_buf struct buf expected = buf_make(1 << 14);
	struct notice notices[2] = { made_notice(&line, ""), made_notice(&other, "\"a\":[{}],") };

	webhook_body_json(notices, 2, &out);
	buf_printf(&expected, "{\"events\":[%s,%s]}", line.data, other.data);
	CHECK_STR(buf_str(&out), expected.data);
	notice_done(&notices[0]);
	notice_done(&notices[1]);
}

TEST(webhook_body_slack_escapes_what_slack_would_read)
{
	auto_buf struct buf	  line = buf_make(1 << 12), out = buf_make(1 << 14);
	auto_buf struct buf	  expected = buf_make(1 << 14);
	auto_notice struct notice notice = made_notice(&line, "\"path\":\"<!here> & \\\"*x*\",");

	webhook_body_slack(&notice, 1, &out);
	buf_printf(
		&expected,
		"{\"text\":\"unexpected: &lt;!here&gt; &amp; \\\"*x*: 10.0.1.5:50123 (web-1) -&gt; "
		"10.0.2.7:22 (db-1), ingress at eni-0a1b, ACCEPT; deny any -&gt; db (line 4)\","
		"\"mrkdwn\":false,\"unfurl_links\":false,\"unfurl_media\":false}");
	CHECK_STR(buf_str(&out), expected.data);
}

TEST(finding_make_names_resources_in_their_partition)
{
	static const struct {
		const char *region, *more, *first, *second;
	} cases[] = {
		{ "eu-west-1", "",
		  "AwsEc2NetworkInterface "
		  "arn:aws:ec2:eu-west-1:111122223333:network-interface/eni-0a1b",
		  "AwsEc2Instance arn:aws:ec2:eu-west-1:111122223333:instance/i-0a" },
		{ "cn-north-1", "\"instance_id\":\"i-0b\",",
		  "AwsEc2NetworkInterface "
		  "arn:aws-cn:ec2:cn-north-1:111122223333:network-interface/eni-0a1b",
		  "AwsEc2Instance arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0b" },
		{ "us-gov-west-1", "\"interface_id\":null,",
		  "AwsEc2Instance arn:aws-us-gov:ec2:us-gov-west-1:111122223333:instance/i-0a",
		  "" },
		{ "eu-west-1", "\"interface_id\":\"eni-0a/../*\",\"instance_id\":\"x\",",
		  "Other interface/ens5", "" },
	};
	struct identity identity = { .account_id = "111122223333", .instance_id = "i-0a" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf	  line = buf_make(1 << 12), text = buf_make(1 << 12);
		auto_notice struct notice notice = made_notice(&line, cases[i].more);
		struct finding_place	  place = { .identity = &identity,
						    .region = str_of(cases[i].region),
						    .product_arn = str_of("arn") };
		cJSON			 *finding = finding_make(&notice, 0, &place);
		const cJSON		 *list = json_list(finding, "Resources");

		for (int j = 0; j < cJSON_GetArraySize(list); j++) {
			const cJSON *item = cJSON_GetArrayItem(list, j);

			buf_clear(&text);
			buf_printf(&text, "%.*s %.*s", STR_ARG(json_text(item, "Type")),
				   STR_ARG(json_text(item, "Id")));
			CHECK_STR(buf_str(&text), j ? cases[i].second : cases[i].first);
		}
		CHECK(cJSON_GetArraySize(list) == (cases[i].second[0] ? 2 : 1));
		cJSON_Delete(finding);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(syslog_line_has_priority_time_and_name_in_front),
		cmocka_unit_test(syslog_line_is_one_line_of_harmless_bytes),
		cmocka_unit_test(
			journal_entry_keeps_every_byte_of_a_member_and_none_becomes_a_field),
		cmocka_unit_test(webhook_body_json_holds_the_events_as_they_are),
		cmocka_unit_test(webhook_body_slack_escapes_what_slack_would_read),
		cmocka_unit_test(finding_make_names_resources_in_their_partition),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
