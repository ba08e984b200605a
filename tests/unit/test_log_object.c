/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <zlib.h>

#include "sensor/delivery/log_object.h"

enum { NOON_S = 1795867200 /* 2026-11-28T12:00:00Z */, TEXT_MAX = 1 << 20 };

#define HEADER "version account-id interface-id"

static struct log_layout layout_of(const char *prefix, bool hive, bool hourly)
{
	return (struct log_layout){ .prefix = str_of(prefix),
				    .hive = hive,
				    .hourly = hourly,
				    .account_id = "123456789012",
				    .region = "us-east-1",
				    .flow_log_id = str_of("fl-1234abcd"),
				    .host = str_of("i-01234567890123456") };
}

static struct segment segment_of(const char *name, int64_t period_s)
{
	return (struct segment){ .name = name,
				 .period_s = period_s,
				 .text = str_of("1795867499 1795867439 eni-1 one\n"
						"1795867500 1795867440 eni-1 next\n"
						"1795867200 1795867140 - two\n") };
}

/* The key of a segment; a new one's text until the next call but three. */
static const char *key_of(const struct log_layout *layout, const struct segment *segment,
			  unsigned turn)
{
	static char	    keys[4][LOG_OBJECT_KEY_MAX + 1];
	static unsigned	    next;
	auto_buf struct buf key = buf_make(LOG_OBJECT_KEY_MAX);
	struct log_object   object = { segment, segment->period_s, turn };
	struct err	    err;

	next = (next + 1) % ARRAY_LEN(keys);
	CHECK(log_object_key(layout, &object, &key, &err) == 0);
	snprintf(keys[next], sizeof(keys[next]), "%s", key.data);
	return keys[next];
}

TEST(log_object_key_is_laid_out_as_aws_lays_its_own_out)
{
	static const struct {
		const char *prefix;
		bool	    hive, hourly;
		int64_t	    period_s;
		const char *folder, *stamp;
	} cases[] = {
		{ "", false, false, NOON_S,
		  "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/28/", "20261128T1200Z" },
		{ "", false, true, NOON_S,
		  "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/28/12/", "20261128T1200Z" },
		{ "", true, false, NOON_S,
		  "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region="
		  "us-east-1/year=2026/month=11/day=28/",
		  "20261128T1200Z" },
		{ "", true, true, NOON_S,
		  "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region="
		  "us-east-1/year=2026/month=11/day=28/hour=12/",
		  "20261128T1200Z" },
		{ "a/b c", false, false, NOON_S,
		  "a/b c/AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/28/",
		  "20261128T1200Z" },
		{ "a", true, true, NOON_S,
		  "a/AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region="
		  "us-east-1/year=2026/month=11/day=28/hour=12/",
		  "20261128T1200Z" },
		/* The last window of a day, a year, and the example of the User Guide. */
		{ "", false, true, NOON_S + 12 * 3600 - 300,
		  "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/28/23/", "20261128T2355Z" },
		{ "", false, true, 1798761300,
		  "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/12/31/23/", "20261231T2355Z" },
		{ "", false, false, 1529511600,
		  "AWSLogs/123456789012/vpcflowlogs/us-east-1/2018/06/20/", "20180620T1620Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct log_layout layout = layout_of(cases[i].prefix, cases[i].hive,
						     cases[i].hourly);
		struct segment	  segment = segment_of("x-1", cases[i].period_s);
		const char	 *key = key_of(&layout, &segment, 0);
		char		  expected[400];

		snprintf(expected, sizeof(expected),
			 "%s123456789012_vpcflowlogs_us-east-1_fl-1234abcd_%s_", cases[i].folder,
			 cases[i].stamp);
		CHECK_STR(str_head(str_of(key), strlen(expected)), expected);
		key += strlen(expected);
		CHECK(strspn(key, "0123456789abcdef") == 8);
		CHECK_TEXT(key + 8, ".log.gz");
	}
}

/* Recorded: another hash would write what is delivered already again under another name. */
TEST(log_object_key_is_the_same_at_every_attempt_and_after_a_restart)
{
	struct log_layout layout = layout_of("", false, false);
	struct segment	  segment = segment_of("20261128T1200Z-000017", NOON_S);

	CHECK_TEXT(key_of(&layout, &segment, 0),
		   "AWSLogs/123456789012/vpcflowlogs/us-east-1/2026/11/28/"
		   "123456789012_vpcflowlogs_us-east-1_fl-1234abcd_20261128T1200Z_1218979b.log.gz");
}

TEST(log_object_key_is_another_for_another_host_segment_and_turn)
{
	struct log_layout layout = layout_of("", false, false), other = layout;
	struct segment	  segment = segment_of("20261128T1200Z-000017", NOON_S);
	struct segment	  next = segment_of("20261128T1200Z-000018", NOON_S);
	const char	 *key = key_of(&layout, &segment, 0);

	other.host = str_of("i-01234567890123457");
	CHECK(strcmp(key, key_of(&other, &segment, 0)) != 0);
	CHECK(strcmp(key, key_of(&layout, &next, 0)) != 0);
	CHECK(strcmp(key, key_of(&layout, &segment, 1)) != 0);
}

TEST(flow_log_id_tells_hosts_and_accounts_apart)
{
	char id[FLOW_LOG_ID_SIZE], again[FLOW_LOG_ID_SIZE], other[FLOW_LOG_ID_SIZE];

	flow_log_id_make("123456789012", str_of("i-1"), id);
	flow_log_id_make("123456789012", str_of("i-1"), again);
	CHECK_TEXT(again, id);
	CHECK(strlen(id) == 20 && strncmp(id, "fl-", 3) == 0);
	CHECK(strspn(id + 3, "0123456789abcdef") == 17);
	flow_log_id_make("123456789012", str_of("i-2"), other);
	CHECK(strcmp(other, id) != 0);
	flow_log_id_make("123456789013", str_of("i-1"), other);
	CHECK(strcmp(other, id) != 0);
}

static struct buf unpack(struct str object)
{
	z_stream   stream = { .next_in = (unsigned char *)(uintptr_t)object.ptr,
			      .avail_in = (uInt)object.len };
	struct buf text = buf_make(TEXT_MAX);
	char	   chunk[TEXT_MAX / 16];
	int	   result = Z_OK;

	CHECK(inflateInit2(&stream, 15 + 16) == Z_OK);
	while (result == Z_OK) {
		stream.next_out = (unsigned char *)chunk;
		stream.avail_out = sizeof(chunk);
		result = inflate(&stream, Z_NO_FLUSH);
		buf_add(&text, chunk, sizeof(chunk) - stream.avail_out);
	}
	CHECK(result == Z_STREAM_END && stream.avail_in == 0);
	inflateEnd(&stream);
	return text;
}

TEST(log_object_is_the_names_of_the_fields_and_then_the_records_of_its_five_minutes)
{
	struct segment	    segment = segment_of("x-1", NOON_S);
	struct log_object   made = { .segment = &segment, .period_s = NOON_S };
	auto_buf struct buf object = buf_make(TEXT_MAX), text = { 0 };

	CHECK(log_object_write(&made, str_of(HEADER), &object) == 2);
	text = unpack(buf_str(&object));
	CHECK_STR(buf_str(&text), HEADER "\none\ntwo\n");
}

TEST(log_object_periods_are_those_in_which_records_end)
{
	struct segment segment = segment_of("x-1", NOON_S);

	CHECK(log_object_period(&segment, -1) == NOON_S);
	CHECK(log_object_period(&segment, NOON_S) == NOON_S + 300);
	CHECK(log_object_period(&segment, NOON_S + 300) == -1);
}

TEST(log_object_has_no_time_in_it_and_the_same_bytes_each_time)
{
	struct segment	    segment = segment_of("x-1", NOON_S);
	struct log_object   made = { .segment = &segment, .period_s = NOON_S };
	auto_buf struct buf first = buf_make(TEXT_MAX), again = buf_make(TEXT_MAX);

	log_object_write(&made, str_of(HEADER), &first);
	log_object_write(&made, str_of(HEADER), &again);
	CHECK(str_eq(buf_str(&first), buf_str(&again)));
	/* RFC 1952: magic, deflate, no flags, no time. */
	CHECK(first.len > 8 && memcmp(first.data, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
}

TEST(log_object_says_when_it_has_no_room)
{
	struct segment	    segment = segment_of("x-1", NOON_S);
	struct log_object   made = { .segment = &segment, .period_s = NOON_S };
	auto_buf struct buf object = buf_make(10);

	log_object_write(&made, str_of(HEADER), &object);
	CHECK(object.overflow);
}

TEST(log_prefix_is_not_aws_logs_nor_odd)
{
	static const struct {
		const char *prefix;
		bool	    good;
	} cases[] = {
		{ "", true },		{ "a", true },	      { "a/b", true },
		{ "a/AWSLogs2", true }, { "AWSLogs", false }, { "a/AWSLogs", false },
		{ "AWSLogs/a", false }, { "/a", false },      { "a//b", false },
		{ "a\n", false },	{ "\xff", false },
	};
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK((log_prefix_check(str_of(cases[i].prefix), &err) == 0) == cases[i].good);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_object_key_is_laid_out_as_aws_lays_its_own_out),
		cmocka_unit_test(log_object_key_is_the_same_at_every_attempt_and_after_a_restart),
		cmocka_unit_test(log_object_key_is_another_for_another_host_segment_and_turn),
		cmocka_unit_test(flow_log_id_tells_hosts_and_accounts_apart),
		cmocka_unit_test(
			log_object_is_the_names_of_the_fields_and_then_the_records_of_its_five_minutes),
		cmocka_unit_test(log_object_periods_are_those_in_which_records_end),
		cmocka_unit_test(log_object_has_no_time_in_it_and_the_same_bytes_each_time),
		cmocka_unit_test(log_object_says_when_it_has_no_room),
		cmocka_unit_test(log_prefix_is_not_aws_logs_nor_odd),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
