/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/flow/words.h"
#include "simulator/flows/by_keys.h"
#include "tests/unit/made_columns.h"

enum { TEXT_MAX = 4096 };

static struct by parsed(const char *text)
{
	struct by  out;
	struct err err;

	if (by_parse(str_of(text), &out, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return out;
}

static void print_all(const struct by *by, struct buf *out)
{
	for (uint8_t i = 0; i < by->item_count; i++) {
		if (i)
			buf_add_char(out, ',');
		by_item_print(&by->items[i], out);
	}
}

TEST(by_prints_in_one_way_what_can_be_written_in_many)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "srcaddr,dstaddr,dstport", "srcaddr,dstaddr,dstport" },
		{ " PKT_SRCADDR , dstport ", "pkt-srcaddr,dstport" },
		{ "srcaddr/24", "srcaddr/24" },
		{ "srcaddr/24/56", "srcaddr/24/56" },
		{ "srcaddr/32/64", "srcaddr/32/64" },
		{ "srcaddr/32/128", "srcaddr" },
		{ "srcaddr/0/0", "srcaddr/0/0" },
		{ "start/3600,action", "start/3600,action" },
		{ "src-tier,DST_NAME", "src-tier,dst-name" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct by	    by = parsed(cases[i].text);
		auto_buf struct buf shown = buf_make(TEXT_MAX);

		print_all(&by, &shown);
		CHECK_STR(buf_str(&shown), cases[i].printed);
		by = parsed(shown.data);
		buf_clear(&shown);
		print_all(&by, &shown);
		CHECK_STR(buf_str(&shown), cases[i].printed);
	}
}

TEST(by_parse_says_what_was_expected)
{
	static const char *const lengths =
		"expected a length from 0 to 32 for IPv4, and behind another '/' one from 0 to "
		"128 for IPv6, as srcaddr/24/64";
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "a field is missing, expected a list as srcaddr,dstaddr,dstport" },
		{ "srcaddr,", "a field is missing, expected a list as srcaddr,dstaddr,dstport" },
		{ ",srcaddr", "a field is missing, expected a list as srcaddr,dstaddr,dstport" },
		{ "srcaddr dstaddr",
		  "there is no field 'srcaddr dstaddr', expected one of a flow log, as srcaddr, or "
		  "of src-tier, dst-tier, src-name, dst-name" },
		{ "dst_prot", "there is no field 'dst_prot', did you mean 'dstport'?" },
		{ "dstport,dstport", "dstport is there twice" },
		{ "dstport/4", "'dstport/4': only addresses and times can be cut with '/'" },
		{ "start/1h", "'start/1h': expected seconds, as start/3600 for groups of an hour" },
		{ "end/0", "'end/0': expected seconds, as end/3600 for groups of an hour" },
		{ "version,account-id,interface-id,srcaddr,dstaddr,srcport,dstport,protocol,"
		  "packets,bytes,start,end,action",
		  "more than 12 fields" },
	};
	static const char *const bad_lengths[] = { "srcaddr/33",      "srcaddr/",
						   "srcaddr/24/",     "srcaddr/24/129",
						   "srcaddr/24/64/1", "srcaddr/x" };
	struct by		 out = { .item_count = 77 };
	struct err		 err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK(by_parse(str_of(cases[i].text), &out, &err) == -1);
		CHECK_TEXT(err.text, cases[i].error);
		CHECK(err.kind == ERR_USAGE && out.item_count == 77);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad_lengths); i++) {
		CHECK(by_parse(str_of(bad_lengths[i]), &out, &err) == -1);
		CHECK(strstr(err.text, lengths) != NULL);
	}
}

TEST(by_keys_of_ipv4_take_as_few_words_as_there_are_bits)
{
	static const struct {
		const char *by;
		uint8_t	    narrow, wide;
	} cases[] = {
		{ "srcaddr", 1, 3 },
		{ "srcaddr,dstaddr", 1, 5 },
		{ "srcaddr,dstport", 1, 3 },
		{ "srcaddr,dstaddr,dstport", 2, 5 },
		{ "srcaddr,dstaddr,srcport,dstport,protocol", 2, 5 },
		{ "interface-id,action", 1, 1 },
		{ "bytes", 2, 2 },
		{ "srcaddr,dstaddr,pkt-srcaddr,pkt-dstaddr,srcport,dstport,protocol,packets,bytes,"
		  "start,end,vpc-id",
		  7, 13 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct by by = parsed(cases[i].by);

		CHECK(by.layouts[BY_NARROW].word_count == cases[i].narrow);
		CHECK(by.layouts[BY_WIDE].word_count == cases[i].wide);
	}
}

/* The values of a key as a log would write them. */
static void print_key(const struct by *by, struct by_key key, const struct lexicon *lexicon,
		      struct buf *out)
{
	for (uint8_t i = 0; i < by->item_count; i++) {
		struct by_value value = by_value_of(by, key.width, key.words, i);
		struct subject	subject = by->items[i].subject;
		char		text[CIDR_TEXT_SIZE];

		buf_add_text(out, i ? " " : "");
		if (!value.has) {
			buf_add_char(out, '-');
		} else if (subject_type(subject) == FIELD_TYPE_IP) {
			cidr_print(value.cidr, text);
			buf_add_text(out, text);
		} else if (subject_type(subject) == FIELD_TYPE_TEXT) {
			buf_add_str(out, lexicon_text(lexicon, (uint32_t)value.number));
		} else if (subject_type(subject) == FIELD_TYPE_U64) {
			buf_add_u64(out, value.number);
		} else {
			buf_add_text(out, words_of(subject_type(subject))->words[value.number]);
		}
	}
}

struct made {
	struct by	by;
	struct lexicon *lexicon;
	struct by_keys *keys;
	struct columns	columns;
	struct by_batch batches[BY_WIDTH_COUNT];
	uint32_t	left_out;
};

static struct made made_of(const char *by, const char *const *lines, size_t count,
			   size_t lexicon_bytes)
{
	struct made   made = { .by = parsed(by), .lexicon = lexicon_new(lexicon_bytes) };
	struct format format;
	struct err    err;

	CHECK(format_parse(str_of(lines[0]), &format, NULL, &err) == 0);
	made_columns_init(&made.columns, by_fields(&made.by));
	for (size_t i = 1; i < count; i++) {
		CHECK(made_columns_add_line(&made.columns, lines[i], &format) == 0);
	}
	return made;
}

static void made_keys(struct made *made, const uint16_t *rows, uint32_t count)
{
	made->keys = by_keys_new(&made->by, made->lexicon, NULL);
	by_keys_take(made->keys, &made->columns);
	made->left_out = by_keys_make(made->keys, rows, count, made->batches);
}

static void made_done(struct made *made)
{
	by_keys_free(made->keys);
	lexicon_free(made->lexicon);
	made_columns_done(&made->columns);
}

static struct by_key key_of(const struct made *made, enum by_width width, uint32_t at)
{
	return (struct by_key){ width, made->batches[width].words +
					       at * made->by.layouts[width].word_count };
}

static void check_key(const struct made *made, enum by_width width, uint32_t at,
		      const char *expected)
{
	auto_buf struct buf shown = buf_make(TEXT_MAX);

	CHECK(at < made->batches[width].count);
	print_key(&made->by, key_of(made, width, at), made->lexicon, &shown);
	CHECK_STR(buf_str(&shown), expected);
}

static const uint16_t in_order[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

TEST(by_keys_hold_every_value_of_their_rows)
{
	static const char *const lines[] = {
		"srcaddr dstaddr dstport protocol packets bytes start action interface-id "
		"flow-direction",
		"10.1.2.3 255.255.255.255 65535 255 18446744073709551615 1 7199 REJECT eni-1 "
		"egress",
		"0.0.0.0 10.0.0.1 0 0 0 18446744073709551615 3600 ACCEPT eni-2 -",
		"2001:db8:1:2:3:4:5:6 10.0.0.1 53 17 - - 0 ACCEPT eni-1 ingress",
		"- - - - - - 3599 - - -",
	};
	struct made made = made_of("srcaddr/24/48,dstaddr,dstport,protocol,packets,bytes,"
				   "start/3600,action,interface-id,flow-direction",
				   lines, ARRAY_LEN(lines), 1 << 20);

	made_keys(&made, in_order, 4);
	CHECK(made.batches[BY_NARROW].count == 2 && made.batches[BY_WIDE].count == 2);
	CHECK(made.batches[BY_NARROW].rows[1] == 1 && made.batches[BY_WIDE].rows[1] == 3);
	check_key(&made, BY_NARROW, 0,
		  "10.1.2.0/24 255.255.255.255/32 65535 255 18446744073709551615 1 3600 REJECT "
		  "eni-1 egress");
	check_key(&made, BY_NARROW, 1,
		  "0.0.0.0/24 10.0.0.1/32 0 0 0 18446744073709551615 3600 ACCEPT eni-2 -");
	check_key(&made, BY_WIDE, 0,
		  "2001:db8:1::/48 10.0.0.1/32 53 17 - - 0 ACCEPT eni-1 ingress");
	check_key(&made, BY_WIDE, 1, "- - - - - - 0 - - -");
	made_done(&made);
}

TEST(by_keys_compare_as_their_values_do_whatever_their_width)
{
	/* The rows, first to last in the order of their values, are numbered in another: z comes before a. */
	static const char *const lines[] = {
		"dstport vpc-id srcaddr", "- vpc-z -",	       "- vpc-z 10.0.0.1",
		"0 vpc-b 0.0.0.0",	  "0 vpc-b ::1",       "0 vpc-z -",
		"0 vpc-z 10.0.0.2",	  "0 vpc-z 10.0.0.10", "80 vpc-a 2001:db8::ffff",
	};
	struct made   made = made_of("dstport,vpc-id,srcaddr", lines, ARRAY_LEN(lines), 1 << 20);
	struct by_key sorted[8];

	made_keys(&made, in_order, 8);
	lexicon_settle(made.lexicon);
	for (int width = 0; width < BY_WIDTH_COUNT; width++)
		for (uint32_t i = 0; i < made.batches[width].count; i++)
			sorted[made.batches[width].rows[i]] = key_of(&made, (enum by_width)width,
								     i);
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
		for (size_t j = 0; j < ARRAY_LEN(sorted); j++) {
			int order = by_compare(&made.by, made.lexicon, sorted[i], sorted[j]);

			CHECK((order < 0) == (i < j) && (order > 0) == (i > j));
		}
	made_done(&made);
}

/* groups_answer orders keys without text by their words. */
TEST(by_keys_without_text_are_ordered_by_their_words)
{
	static const char *const lines[] = { "srcaddr dstport", "0.0.0.0 65535", "10.0.0.2 -",
					     "10.0.0.2 0",	"10.0.0.10 0",	 "255.0.0.1 80" };
	struct made		 made = made_of("srcaddr,dstport", lines, ARRAY_LEN(lines), 0);

	made_keys(&made, in_order, 5);
	CHECK(made.by.layouts[BY_NARROW].word_count == 1);
	for (uint32_t i = 1; i < 5; i++)
		CHECK(key_of(&made, BY_NARROW, i - 1).words[0] <
		      key_of(&made, BY_NARROW, i).words[0]);
	made_done(&made);
}

TEST(by_keys_are_made_of_the_rows_that_were_chosen_only)
{
	static const char *const lines[] = { "srcaddr", "10.0.0.1", "10.0.0.2", "10.0.0.3" };
	static const uint16_t	 chosen[] = { 2, 0 };
	struct made		 made = made_of("srcaddr", lines, ARRAY_LEN(lines), 0);

	made_keys(&made, chosen, 2);
	CHECK(made.batches[BY_NARROW].count == 2 && made.batches[BY_WIDE].count == 0);
	check_key(&made, BY_NARROW, 0, "10.0.0.3/32");
	check_key(&made, BY_NARROW, 1, "10.0.0.1/32");
	made_done(&made);
}

TEST(by_keys_leave_out_and_count_rows_whose_text_finds_no_room)
{
	static const char *const lines[] = { "interface-id", "eni-1", "-", "eni-2", "eni-1" };
	struct made		 made = made_of("interface-id", lines, ARRAY_LEN(lines), 200);

	made_keys(&made, in_order, 4);
	CHECK(made.left_out == 1 && made.batches[BY_NARROW].count == 3);
	check_key(&made, BY_NARROW, 0, "eni-1");
	check_key(&made, BY_NARROW, 1, "-");
	check_key(&made, BY_NARROW, 2, "eni-1");
	made_done(&made);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_prints_in_one_way_what_can_be_written_in_many),
		cmocka_unit_test(by_parse_says_what_was_expected),
		cmocka_unit_test(by_keys_of_ipv4_take_as_few_words_as_there_are_bits),
		cmocka_unit_test(by_keys_hold_every_value_of_their_rows),
		cmocka_unit_test(by_keys_compare_as_their_values_do_whatever_their_width),
		cmocka_unit_test(by_keys_without_text_are_ordered_by_their_words),
		cmocka_unit_test(by_keys_are_made_of_the_rows_that_were_chosen_only),
		cmocka_unit_test(by_keys_leave_out_and_count_rows_whose_text_finds_no_room),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
