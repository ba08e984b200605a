/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mark.h"
#include "lib/flow/writer.h"
#include "sensor/eni.h"
#include "tests/unit/unit.h"

static struct ip ip(const char *text)
{
	struct ip  out = { 0 };
	struct err err;

	CHECK(ip_parse(str_of(text), &out, &err) == 0);
	return out;
}

static struct flow flow_of(const char *src, const char *dst, enum flow_direction direction)
{
	struct flow flow = { .key = { .protocol = 6, .src_port = 50000, .dst_port = 443 },
			     .count = { .packets = 20,
					.bytes = 4249,
					.first_ns = 1418530010999999999,
					.last_ns = 1418530070000000000,
					.tcp_flags = 3 } };

	flow.key.family = ip(src).family;
	flow.key.direction = (uint8_t)direction;
	memcpy(flow.key.src, ip(src).bytes, 16);
	memcpy(flow.key.dst, ip(dst).bytes, 16);
	return flow;
}

TEST(eni_parse_takes_a_name_and_the_id_for_records)
{
	static const struct {
		const char *text, *name, *id;
	} good[] = { { "ens5", "ens5", "" },
		     { "ens5=eni-0a1b", "ens5", "eni-0a1b" },
		     { "123456789012345=x", "123456789012345", "x" } };
	static const char *bad[] = { "",      "=eni-1",	   "ens5=", "ens5=a b", "1234567890123456",
				     "en s5", "ens5=eni\n" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct eni eni;
		struct err err;

		CHECK(eni_parse(good[i].text, &eni, &err) == 0);
		CHECK_TEXT(eni.name, good[i].name);
		CHECK_STR(eni.id, good[i].id);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct eni eni = { .ifindex = 77 };
		struct err err;

		CHECK(eni_parse(bad[i], &eni, &err) == -1);
		CHECK(eni.ifindex == 77);
		CHECK(err.kind == ERR_USAGE && err.text[0]);
	}
}

TEST(eni_look_up_names_the_interface_that_does_not_exist)
{
	struct eni eni;
	struct err err;

	CHECK(eni_parse("nope0", &eni, &err) == 0);
	CHECK(eni_look_up(&eni, &err) == -1);
	CHECK(err.kind == ERR_INPUT);
	CHECK_TEXT(err.text, "interface 'nope0' does not exist");
}

TEST(eni_direction_goes_by_the_own_addresses)
{
	static const struct {
		const char	   *src, *dst;
		enum flow_direction direction;
	} cases[] = {
		{ "10.0.0.5", "192.0.2.1", FLOW_EGRESS },
		{ "192.0.2.1", "10.0.0.5", FLOW_INGRESS },
		{ "192.0.2.1", "10.0.0.6", FLOW_INGRESS },
		{ "192.0.2.1", "10.0.0.7", FLOW_UNKNOWN },
		{ "10.0.0.5", "10.0.0.6", FLOW_EGRESS },
		{ "192.0.2.1", "224.0.0.1", FLOW_INGRESS },
		{ "192.0.2.1", "255.255.255.255", FLOW_INGRESS },
		{ "10.0.0.5", "224.0.0.1", FLOW_EGRESS },
		{ "2001:db8::9", "2001:db8::5", FLOW_INGRESS },
		{ "fe80::1", "ff02::1", FLOW_INGRESS },
		{ "2001:db8::5", "ff02::1", FLOW_EGRESS },
	};
	struct eni eni = { 0 }, nobody = { 0 };
	struct err err;

	CHECK(eni_add_local(&eni, ip("2001:db8::5"), &err) == 0);
	CHECK(eni_add_local(&eni, ip("10.0.0.5"), &err) == 0);
	CHECK(eni_add_local(&eni, ip("10.0.0.6"), &err) == 0);
	CHECK(ip_eq(eni.primary, ip("10.0.0.5")));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow flow = flow_of(cases[i].src, cases[i].dst, FLOW_UNKNOWN);

		CHECK(eni_direction(&eni, &flow.key) == cases[i].direction);
		CHECK(eni_direction(&nobody, &flow.key) == FLOW_UNKNOWN);
	}
}

/* aws-semantics.md 1.9 */
TEST(eni_record_shows_the_primary_address_on_its_own_side)
{
	static const struct {
		const char	   *src, *dst;
		enum flow_direction direction;
		const char	   *line;
	} cases[] = {
		{ "10.0.0.5", "192.0.2.1", FLOW_EGRESS,
		  "10.0.0.5 192.0.2.1 10.0.0.5 192.0.2.1 egress\n" },
		{ "10.0.0.6", "192.0.2.1", FLOW_EGRESS,
		  "10.0.0.5 192.0.2.1 10.0.0.6 192.0.2.1 egress\n" },
		{ "192.0.2.1", "10.0.0.6", FLOW_INGRESS,
		  "192.0.2.1 10.0.0.5 192.0.2.1 10.0.0.6 ingress\n" },
		{ "192.0.2.1", "100.64.0.9", FLOW_INGRESS,
		  "192.0.2.1 10.0.0.5 192.0.2.1 100.64.0.9 ingress\n" },
		{ "10.0.0.6", "10.0.0.5", FLOW_INGRESS,
		  "10.0.0.6 10.0.0.5 10.0.0.6 10.0.0.5 ingress\n" },
		{ "192.0.2.1", "10.0.0.6", FLOW_UNKNOWN,
		  "192.0.2.1 10.0.0.6 192.0.2.1 10.0.0.6 -\n" },
		{ "2001:db8::6", "2001:db8::1", FLOW_EGRESS,
		  "2001:db8::6 2001:db8::1 2001:db8::6 2001:db8::1 egress\n" },
	};
	struct record common = { 0 };
	struct format format;
	struct eni    eni = { .primary = ip("10.0.0.5") };
	struct err    err;

	CHECK(format_parse(str_of("srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction"),
			   &format, NULL, &err) == 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow	    flow = flow_of(cases[i].src, cases[i].dst, cases[i].direction);
		struct record	    record = eni_record(&eni, &common, &flow);
		auto_buf struct buf line = buf_make(1024);

		writer_add(&line, &format, &record);
		CHECK_STR(buf_str(&line), cases[i].line);
	}
}

/* The first published sample of AWS (aws-semantics.md 1.13). */
TEST(eni_record_is_what_aws_prints)
{
	struct flow	    flow = flow_of("172.31.16.139", "172.31.16.21", FLOW_INGRESS);
	struct eni	    eni = { .id = str_of("eni-1235b8ca123456789") };
	struct format	    format = format_default();
	struct record	    common = { 0 }, record;
	auto_buf struct buf line = buf_make(1024);

	common.text[FIELD_ACCOUNT_ID] = str_of("123456789010");
	record_set(&common, FIELD_ACCOUNT_ID);
	flow.key.src_port = 20641;
	flow.key.dst_port = 22;
	record = eni_record(&eni, &common, &flow);
	writer_add(&line, &format, &record);
	CHECK_STR(buf_str(&line), "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 "
				  "20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n");
}

/* The samples of aws-semantics.md 1.13; of later versions what is known of the interface is told too. */
TEST(eni_status_record_is_what_aws_prints)
{
	static const struct {
		enum log_status status;
		const char     *fields, *line;
	} cases[] = {
		{ LOG_STATUS_NODATA, NULL,
		  "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - "
		  "NODATA\n" },
		{ LOG_STATUS_SKIPDATA, NULL,
		  "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - "
		  "SKIPDATA\n" },
		{ LOG_STATUS_NODATA,
		  "version account-id vpc-id type tcp-flags pkt-srcaddr flow-direction "
		  "traffic-path",
		  "5 123456789010 vpc-1 - - - - -\n" },
	};
	struct eni    eni = { .id = str_of("eni-1235b8ca123456789"), .primary = ip("10.0.0.5") };
	struct record common = { 0 };
	struct err    err;

	common.text[FIELD_ACCOUNT_ID] = str_of("123456789010");
	record_set(&common, FIELD_ACCOUNT_ID);
	common.text[FIELD_VPC_ID] = str_of("vpc-1");
	record_set(&common, FIELD_VPC_ID);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct record record = eni_status_record(&eni, &common, cases[i].status, 1431280876,
							 1431280934);
		struct format format = format_default();
		auto_buf struct buf line = buf_make(1024);

		if (cases[i].fields)
			CHECK(format_parse(str_of(cases[i].fields), &format, NULL, &err) == 0);
		writer_add(&line, &format, &record);
		CHECK_STR(buf_str(&line), cases[i].line);
	}
}

TEST(eni_record_leaves_out_what_the_host_cannot_know)
{
	struct flow   flow = flow_of("10.0.0.5", "192.0.2.1", FLOW_EGRESS);
	struct eni    eni = { 0 };
	struct record common = { 0 };
	struct record record = eni_record(&eni, &common, &flow);

	CHECK(!record_has(&record, FIELD_ACCOUNT_ID) && !record_has(&record, FIELD_INTERFACE_ID));
	CHECK(!record_has(&record, FIELD_VPC_ID) && !record_has(&record, FIELD_TRAFFIC_PATH));
	CHECK_STR(record.text[FIELD_TYPE], "IPv4");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(eni_parse_takes_a_name_and_the_id_for_records),
		cmocka_unit_test(eni_look_up_names_the_interface_that_does_not_exist),
		cmocka_unit_test(eni_direction_goes_by_the_own_addresses),
		cmocka_unit_test(eni_record_shows_the_primary_address_on_its_own_side),
		cmocka_unit_test(eni_record_is_what_aws_prints),
		cmocka_unit_test(eni_status_record_is_what_aws_prints),
		cmocka_unit_test(eni_record_leaves_out_what_the_host_cannot_know),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
