/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/flow/line.h"
#include "lib/flow/writer.h"
#include "tests/unit/samples.h"

static struct format format_of(const char *text)
{
	struct format format = format_default();
	struct err    err;

	if (text)
		CHECK(format_parse(str_of(text), &format, NULL, &err) == 0);
	return format;
}

TEST(writer_prints_the_published_records_as_they_were_read)
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		auto_buf struct buf out = buf_make(FORMAT_LINE_MAX);
		struct format	    format = format_of(samples[i].format);
		struct record	    record;
		struct err	    err;

		if (line_parse(str_of(samples[i].line), &format, LINE_ALL_FIELDS, &record, &err) !=
		    LINE_FINE)
			fail_msg("%s: %s", samples[i].name, err.text);
		writer_add(&out, &format, &record);
		CHECK(out.len && out.data[out.len - 1] == '\n');
		out.data[--out.len] = '\0';
		CHECK_TEXT(out.data, samples[i].line);
	}
}

TEST(writer_prints_a_dash_for_what_a_record_does_not_have)
{
	auto_buf struct buf out = buf_make(100);
	struct format format = format_of("srcaddr quantum-spin action flow-direction bytes vpc-id");
	struct record record = { 0 };

	writer_add(&out, &format, &record);
	CHECK_TEXT(out.data, "- - - - - -\n");
}

TEST(writer_prints_the_version_of_the_format_whatever_the_record_says)
{
	auto_buf struct buf out = buf_make(100);
	struct format	    format = format_of("version region");
	struct record	    record = { .version = 2, .text[FIELD_REGION] = str_of("eu-west-1") };

	record_set(&record, FIELD_VERSION);
	record_set(&record, FIELD_REGION);
	writer_add(&out, &format, &record);
	CHECK_TEXT(out.data, "4 eu-west-1\n");
}

TEST(writer_prints_a_zero_that_is_there)
{
	auto_buf struct buf out = buf_make(100);
	struct format	    format = format_of("srcport bytes tcp-flags action");
	struct record	    record = { .bytes = UINT64_MAX, .action = ACTION_REJECT };

	record_set(&record, FIELD_SRCPORT);
	record_set(&record, FIELD_BYTES);
	record_set(&record, FIELD_TCP_FLAGS);
	record_set(&record, FIELD_ACTION);
	writer_add(&out, &format, &record);
	CHECK_TEXT(out.data, "0 18446744073709551615 0 REJECT\n");
}

TEST(writer_prints_text_of_any_length_between_any_number_of_fields)
{
	static char	    text[5000];
	auto_buf struct buf out = buf_make(1 << 16), expected = buf_make(1 << 16);
	struct format	    format = { .version = 11 };
	struct record	    record = { .has = ~UINT64_C(0) };

	for (uint8_t i = 0; i < FIELD_COUNT; i++)
		format.fields[format.count++] = i;
	record.srcaddr = record.dstaddr = record.pkt_srcaddr = record.pkt_dstaddr = ip_v4(255, 255,
											  255, 255);
	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len < sizeof(text); len += len < 1100 ? 1 : 997) {
		buf_clear(&out);
		buf_clear(&expected);
		for (int i = 0; i < FIELD_COUNT; i++) {
			struct record one = { 0 };
			struct format alone = { .fields = { (uint8_t)i },
						.count = 1,
						.version = 11 };

			record.text[i] = (struct str){ text, i % 5 ? len % 61 : len };
			one = record;
			writer_add(&expected, &alone, &one);
			expected.data[expected.len - 1] = i + 1 < FIELD_COUNT ? ' ' : '\n';
		}
		writer_add(&out, &format, &record);
		CHECK_STR(buf_str(&out), expected.data);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(writer_prints_the_published_records_as_they_were_read),
		cmocka_unit_test(writer_prints_a_dash_for_what_a_record_does_not_have),
		cmocka_unit_test(writer_prints_the_version_of_the_format_whatever_the_record_says),
		cmocka_unit_test(writer_prints_a_zero_that_is_there),
		cmocka_unit_test(writer_prints_text_of_any_length_between_any_number_of_fields),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
