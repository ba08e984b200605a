/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "simulator/flows/where.h"

enum { NOW_S = 1790000000 };

static struct where parsed(const char *text)
{
	struct where out;
	struct err   err;

	if (where_parse(str_of(text), NOW_S, &out, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return out;
}

static void check_print(const char *text, const char *printed)
{
	auto_where struct where once = parsed(text);
	auto_buf struct buf	shown = buf_make(WHERE_TEXT_MAX);

	where_print(&once, &shown);
	CHECK_STR(buf_str(&shown), printed);
}

TEST(where_prints_in_one_way_what_can_be_written_in_many)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "action=REJECT", "action = REJECT" },
		{ "  ACTION  ==  'reject' ", "action = REJECT" },
		{ "log_status<>ok", "log-status != OK" },
		{ "flow-direction = ingress", "flow-direction = ingress" },
		{ "dstport=443", "dstport = 443" },
		{ "dstport>=1024 AND dstport<32768", "dstport >= 1024 and dstport < 32768" },
		{ "protocol=tcp or protocol in (udp, icmp)",
		  "protocol = 6 or protocol in (1, 17)" },
		{ "dstport in 443", "dstport in (443)" },
		{ "dstport in 1024-65535", "dstport in (1024-65535)" },
		{ "dstport in (8443, 443, 80-90, 85-100, 101, 443)",
		  "dstport in (80-101, 443, 8443)" },
		{ "srcaddr = 10.0.0.1", "srcaddr = 10.0.0.1" },
		{ "srcaddr in 10.0.0.0/8", "srcaddr in (10.0.0.0/8)" },
		{ "srcaddr in (2001:DB8::/32, 10.1.0.0/16, 10.0.0.0/8, 10.0.0.7)",
		  "srcaddr in (10.0.0.0/8, 2001:db8::/32)" },
		{ "srcaddr not in 10.0.0.0/8", "not srcaddr in (10.0.0.0/8)" },
		{ "instance-id = -", "instance-id = -" },
		{ "instance_id != '-'", "instance-id != -" },
		{ "instance-id=i-0123", "instance-id = 'i-0123'" },
		{ "instance-tag = 'it''s'", "instance-tag = 'it''s'" },
		{ "instance-tag = \"it's\"", "instance-tag = 'it''s'" },
		{ "instance-tag = \"say \"\"hi\"\"\"", "instance-tag = 'say \"hi\"'" },
		{ "instance-tag = ''", "instance-tag = ''" },
		{ "subnet-id in (b, a, b)", "subnet-id in ('a', 'b')" },
		{ "ecs-cluster-arn = arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
		  "ecs-cluster-arn = 'arn:aws:ecs:eu-west-1:111122223333:cluster/shop'" },
		{ "instance-tag like web-*", "instance-tag like 'web-*'" },
		{ "instance-tag not like 'web-*'", "not instance-tag like 'web-*'" },
		{ "src-tier=web and DST_NAME != db-1", "src-tier = 'web' and dst-name != 'db-1'" },
		{ "start >= 2026-10-02", "start >= 1790899200" },
		{ "start >= '2026-10-02T08:00:00Z'", "start >= 1790928000" },
		{ "end < 1790000000", "end < 1790000000" },
		{ "end > 24h", "end > 1789913600" },
		{ "not not action=ACCEPT", "not not action = ACCEPT" },
		{ "((action=ACCEPT))", "action = ACCEPT" },
		{ "bytes>1 or bytes>2 and bytes>3", "bytes > 1 or bytes > 2 and bytes > 3" },
		{ "(bytes>1 or bytes>2) and bytes>3", "(bytes > 1 or bytes > 2) and bytes > 3" },
		{ "bytes>1 and (bytes>2 and bytes>3)", "bytes > 1 and (bytes > 2 and bytes > 3)" },
		{ "not (bytes>1 and bytes>2)", "not (bytes > 1 and bytes > 2)" },
		{ "not bytes>1 and bytes>2", "not bytes > 1 and bytes > 2" },
		{ "packets = 18446744073709551615", "packets = 18446744073709551615" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check_print(cases[i].text, cases[i].printed);
		check_print(cases[i].printed, cases[i].printed);
	}
}

struct wrong {
	const char *text;
	uint32_t    column;
	const char *error;
};

static void check_wrong(const struct wrong *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct where out = { .node_count = 77 };
		struct err   err = { 0 };
		char	     expected[600];

		CHECK(where_parse(str_of(cases[i].text), NOW_S, &out, &err) == -1);
		snprintf(expected, sizeof(expected), "column %u: %s", cases[i].column,
			 cases[i].error);
		CHECK_TEXT(err.text, expected);
		CHECK(err.kind == ERR_USAGE && err.column == cases[i].column);
		CHECK(out.node_count == 77);
	}
}

TEST(where_parse_says_at_which_column_what_was_expected)
{
	static const struct wrong cases[] = {
		{ "", 1, "expected a field, as in action=REJECT, not the end" },
		{ "acton=REJECT", 1, "there is no field 'acton', did you mean 'action'?" },
		{ "action=REJECT and src_teir=web", 19,
		  "there is no field 'src_teir', did you mean 'src-tier'?" },
		{ "frobnicated=1", 1,
		  "there is no field 'frobnicated', expected one of a flow log, as srcaddr, or of "
		  "src-tier, dst-tier, src-name, dst-name" },
		{ "action", 7, "expected one of = != < <= > >= in like, not the end" },
		{ "action REJECT", 8, "expected one of = != < <= > >= in like, not 'REJECT'" },
		{ "action=", 8, "expected a value, not the end" },
		{ "action=and dstport=22", 8, "expected a value, not 'and'" },
		{ "(action=REJECT", 1, "the '(' is never closed" },
		{ "dstport in (80, 443", 12, "the '(' is never closed" },
		{ "dstport in (80 443)", 16, "expected ',' or ')', not '443'" },
		{ "dstport in ()", 13, "expected a value, not ')'" },
		{ "action=REJECT)", 14, "expected and, or or the end, not ')'" },
		{ "(action=REJECT dstport=22)", 16, "expected and, or or ')', not 'dstport'" },
		{ "action=REJECT dstport=22", 15, "expected and, or or the end, not 'dstport'" },
		{ "vpc-id='abc", 8, "the quote ' is never closed" },
		{ "vpc-id='abc'' and", 8, "the quote ' is never closed" },
		{ "!action=REJECT", 1, "'!' alone, expected != or not" },
		{ "action=REJECT and", 18, "expected a field, as in action=REJECT, not the end" },
		{ "action not REJECT", 12, "expected in or like, not 'REJECT'" },
	};

	check_wrong(cases, ARRAY_LEN(cases));
}

TEST(where_parse_knows_what_each_field_can_be_compared_with)
{
	static const struct wrong cases[] = {
		{ "action=REJECTED", 8, "action cannot be 'REJECTED', expected ACCEPT or REJECT" },
		{ "log-status=BAD", 12,
		  "log-status cannot be 'BAD', expected OK, NODATA or SKIPDATA" },
		{ "flow-direction=inbound", 16,
		  "flow-direction cannot be 'inbound', expected ingress or egress" },
		{ "dstport=https", 9,
		  "dstport cannot be 'https', expected a number from 0 to 65535" },
		{ "dstport=65536", 9,
		  "dstport cannot be '65536', expected a number from 0 to 65535" },
		{ "dstport in (80, 9-1)", 17,
		  "dstport cannot be '9-1', expected the smaller number first" },
		{ "dstport in 80-", 12,
		  "dstport cannot be '80-', expected a number from 0 to 65535 or a range, as 0-9" },
		{ "dstport=80-90", 9,
		  "dstport cannot be '80-90', expected a number from 0 to 65535" },
		{ "bytes>-1", 7, "bytes cannot be '-1', expected a whole number" },
		{ "protocol=tpc", 10,
		  "protocol cannot be 'tpc', expected a number from 0 to 255 or a name, as tcp" },
		{ "protocol=all", 10,
		  "protocol cannot be 'all', expected a number from 0 to 255 or a name, as tcp" },
		{ "srcaddr=10.0.0.256", 9, "srcaddr cannot be '10.0.0.256', expected an address" },
		{ "srcaddr=10.0.0.0/8", 9,
		  "srcaddr cannot be '10.0.0.0/8', expected an address; a block is asked with in" },
		{ "srcaddr in ten", 12,
		  "srcaddr cannot be 'ten', expected an address or a block, as 10.0.0.0/8" },
		{ "srcaddr in 10.0.0.1/8", 12,
		  "srcaddr: '10.0.0.1/8' has host bits set: did you mean 10.0.0.0/8?" },
		{ "srcaddr<10.0.0.1", 8, "srcaddr is an address, expected = != or in, not '<'" },
		{ "action>ACCEPT", 7, "action is ACCEPT or REJECT, expected = != or in, not '>'" },
		{ "dstport like 4*", 9,
		  "dstport is a number, expected = != < <= > >= or in, not 'like'" },
		{ "vpc-id>=vpc-1", 7, "vpc-id is text, expected = != in or like, not '>='" },
		{ "start in (1,2)", 7, "start is a time, expected = != < <= > or >=, not 'in'" },
		{ "start>yesterday", 7,
		  "start cannot be 'yesterday', expected a date as 2026-10-02, a time as "
		  "2026-10-02T08:00:00Z, Unix seconds, or an age as 24h" },
		{ "dstport<-", 9, "'-' (no value) can only be asked with = or !=" },
		{ "vpc-id in (a, -)", 15, "'-' (no value) can only be asked with = or !=" },
	};

	check_wrong(cases, ARRAY_LEN(cases));
}

/* count times piece, with what stands before and behind all. */
static struct str repeated(struct buf *buf, const char *before, const char *piece, size_t count)
{
	buf_clear(buf);
	buf_add_text(buf, before);
	for (size_t i = 0; i < count; i++)
		buf_add_text(buf, piece);
	return buf_str(buf);
}

static bool parses(struct str text)
{
	struct where out = { 0 };
	struct err   err;
	bool	     good = where_parse(text, NOW_S, &out, &err) == 0;

	where_done(&out);
	return good;
}

TEST(where_parse_has_a_limit_for_everything_that_grows)
{
	auto_buf struct buf text = buf_make(1 << 20);

	CHECK(parses(repeated(&text, "dstport=1", " or dstport=1", WHERE_TESTS_MAX - 1)));
	CHECK(!parses(repeated(&text, "dstport=1", " or dstport=1", WHERE_TESTS_MAX)));
	repeated(&text, "", "not ", WHERE_DEPTH_MAX);
	buf_add_text(&text, "dstport=1");
	CHECK(parses(buf_str(&text)));
	repeated(&text, "", "not ", WHERE_DEPTH_MAX);
	buf_add_text(&text, "dstport not in 1");
	CHECK(!parses(buf_str(&text)));
	repeated(&text, "", "(", WHERE_DEPTH_MAX + 1);
	CHECK(!parses(buf_str(&text)));
	repeated(&text, "dstport in (0", ",1", WHERE_VALUES_MAX - 1);
	buf_add_text(&text, ")");
	CHECK(parses(buf_str(&text)));
	repeated(&text, "dstport in (0", ",1", WHERE_VALUES_MAX);
	buf_add_text(&text, ")");
	CHECK(!parses(buf_str(&text)));
	CHECK(!parses(repeated(&text, "", " ", WHERE_TEXT_MAX + 1)));
}

TEST(where_fields_are_those_that_must_be_read)
{
	auto_where struct where where = parsed("action=REJECT and (src-tier=web or bytes>1)");

	CHECK(where_fields(&where) ==
	      (UINT64_C(1) << FIELD_ACTION | UINT64_C(1) << FIELD_BYTES |
	       UINT64_C(1) << FIELD_SRCADDR | UINT64_C(1) << FIELD_PKT_SRCADDR |
	       UINT64_C(1) << FIELD_INTERFACE_ID));
	CHECK(where_tiers(&where) && !where_names(&where));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_prints_in_one_way_what_can_be_written_in_many),
		cmocka_unit_test(where_parse_says_at_which_column_what_was_expected),
		cmocka_unit_test(where_parse_knows_what_each_field_can_be_compared_with),
		cmocka_unit_test(where_parse_has_a_limit_for_everything_that_grows),
		cmocka_unit_test(where_fields_are_those_that_must_be_read),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
