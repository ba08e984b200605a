/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulator/flows/ranking.h"
#include "tests/unit/made_columns.h"

enum { THREADS = 3, TEXT_MAX = 1 << 16 };

static const char *const format_text =
	"interface-id srcaddr dstport packets bytes start end action";

static const char *const lines[] = {
	"eni-b 10.0.0.1 22 1 100 1000 1060 REJECT",
	"eni-a 10.0.0.2 22 2 200 900 1010 REJECT",
	"eni-b 10.0.0.1 443 4 400 1000 1060 ACCEPT",
	"eni-a 2001:db8::1 22 8 800 1100 1160 REJECT",
	"eni-a 10.0.0.2 22 16 1600 2000 2060 REJECT",
	"eni-c - - - - 2000 2060 -",
	"eni-c 2001:db8::1 22 32 3200 3000 3060 REJECT",
	"eni-b 10.0.0.3 22 - - - - REJECT",
};

struct asked {
	const char	  *by, *where, *since, *until;
	size_t		   limit;
	enum ranking_total sort;
};

static struct ranking_question question_of(const struct asked *asked, struct where *where)
{
	struct ranking_question question = {
		.shown = { RANKING_RECORDS, RANKING_PACKETS, RANKING_BYTES, RANKING_START,
			   RANKING_END },
		.shown_count = 5,
		.sort = asked->sort,
		.limit = asked->limit ? asked->limit : SIZE_MAX,
	};
	struct err err;

	CHECK(by_parse(str_of(asked->by), &question.by, &err) == 0);
	CHECK(period_parse(asked->since, asked->until, &question.period, &err) == 0);
	if (asked->where) {
		CHECK(where_parse(str_of(asked->where), 0, where, &err) == 0);
		question.where = where;
	}
	return question;
}

/* Deals the lines out to threads, one after the other, beginning with the first-th. */
static void feed(struct ranking *ranking, const struct ranking_question *question, unsigned threads,
		 unsigned first)
{
	struct format format;
	struct err    err;

	CHECK(format_parse(str_of(format_text), &format, NULL, &err) == 0);
	for (unsigned thread = 0; thread < threads; thread++) {
		struct columns columns;

		made_columns_init(&columns, ranking_fields(question));
		for (size_t i = 0; i < ARRAY_LEN(lines); i++)
			if ((i + first) % threads == thread)
				CHECK(made_columns_add_line(&columns,
							    lines[(i + first) % ARRAY_LEN(lines)],
							    &format) == 0);
		ranking_rows(ranking_workers(ranking)[thread], &columns);
		made_columns_done(&columns);
	}
}

static void print_group(const struct ranking_question *question,
			const struct ranking_answer *answer, const struct ranking_group *group,
			struct buf *out)
{
	for (uint8_t i = 0; i < question->by.item_count; i++) {
		struct by_value value = by_value_of(&question->by, group->key.width,
						    group->key.words, i);
		char		text[CIDR_TEXT_SIZE];
		enum field_type type = subject_type(question->by.items[i].subject);

		if (!value.has) {
			buf_add_char(out, '-');
		} else if (type == FIELD_TYPE_IP) {
			cidr_print(value.cidr, text);
			buf_add_text(out, text);
		} else if (type == FIELD_TYPE_TEXT) {
			buf_add_str(out, lexicon_text(answer->lexicon, (uint32_t)value.number));
		} else {
			buf_add_u64(out, value.number);
		}
		buf_add_char(out, ' ');
	}
	buf_printf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 ";", group->totals[RANKING_RECORDS],
		   group->totals[RANKING_PACKETS], group->totals[RANKING_BYTES]);
}

/* The groups, in order, must be those, whatever thread saw which line. */
static void check_groups(const struct asked *asked, const char *expected)
{
	for (unsigned threads = 1; threads <= THREADS; threads++)
		for (unsigned first = 0; first < ARRAY_LEN(lines); first++) {
			auto_where struct where where = { 0 };
			struct ranking_question question = question_of(asked, &where);
			struct ranking *ranking = ranking_new(&question, threads, 1 << 24, NULL);
			struct ranking_answer answer;
			auto_buf struct buf   shown = buf_make(TEXT_MAX);

			feed(ranking, &question, threads, first);
			ranking_answer(ranking, &answer);
			for (size_t i = 0; i < answer.group_count; i++)
				print_group(&question, &answer, &answer.groups[i], &shown);
			CHECK_STR(buf_str(&shown), expected);
			ranking_answer_done(&answer);
			ranking_free(ranking);
		}
}

TEST(ranking_is_the_same_whatever_thread_sees_which_record)
{
	static const struct {
		struct asked asked;
		const char  *groups;
	} cases[] = {
		{ { .by = "srcaddr" },
		  "10.0.0.1/32 2 5 500;10.0.0.2/32 2 18 1800;2001:db8::1/128 2 40 4000;"
		  "- 1 0 0;10.0.0.3/32 1 0 0;" },
		{ { .by = "srcaddr", .limit = 3 },
		  "10.0.0.1/32 2 5 500;10.0.0.2/32 2 18 1800;2001:db8::1/128 2 40 4000;" },
		{ { .by = "srcaddr", .sort = RANKING_BYTES, .limit = 2 },
		  "2001:db8::1/128 2 40 4000;10.0.0.2/32 2 18 1800;" },
		{ { .by = "interface-id" }, "eni-a 3 26 2600;eni-b 3 5 500;eni-c 2 32 3200;" },
		{ { .by = "interface-id,srcaddr", .limit = 4 },
		  "eni-a 10.0.0.2/32 2 18 1800;eni-b 10.0.0.1/32 2 5 500;"
		  "eni-a 2001:db8::1/128 1 8 800;eni-b 10.0.0.3/32 1 0 0;" },
		{ { .by = "dstport,action", .where = "action=REJECT" }, "22 1 6 59 5900;" },
		{ { .by = "dstport", .since = "1070", .until = "2000" }, "22 1 8 800;" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_groups(&cases[i].asked, cases[i].groups);
}

TEST(ranking_counts_what_is_outside_the_period_and_what_has_no_time)
{
	struct asked		asked = { .by = "dstport", .since = "1070", .until = "2000" };
	struct ranking_question question = question_of(&asked, NULL);
	struct ranking	       *ranking = ranking_new(&question, 1, 1 << 24, NULL);
	struct ranking_answer	answer;

	feed(ranking, &question, 1, 0);
	ranking_answer(ranking, &answer);
	CHECK(answer.outside == 6 && answer.timeless == 1);
	CHECK(answer.totals[RANKING_RECORDS] == 1 && answer.groups_total == 1);
	ranking_answer_done(&answer);
	ranking_free(ranking);
}

TEST(ranking_totals_are_of_all_groups_of_both_families)
{
	struct asked		asked = { .by = "srcaddr", .limit = 1 };
	struct ranking_question question = question_of(&asked, NULL);
	struct ranking	       *ranking = ranking_new(&question, 2, 1 << 24, NULL);
	struct ranking_answer	answer;

	feed(ranking, &question, 2, 0);
	ranking_answer(ranking, &answer);
	CHECK(answer.group_count == 1 && answer.groups_total == 5 && answer.left_out == 0);
	CHECK(answer.totals[RANKING_RECORDS] == ARRAY_LEN(lines));
	CHECK(answer.totals[RANKING_PACKETS] == 63 && answer.totals[RANKING_BYTES] == 6300);
	CHECK(answer.totals[RANKING_START] == 900 && answer.totals[RANKING_END] == 3060);
	ranking_answer_done(&answer);
	ranking_free(ranking);
}

TEST(ranking_of_no_record_has_no_group)
{
	struct asked		asked = { .by = "srcaddr", .where = "dstport=1" };
	auto_where struct where where = { 0 };
	struct ranking_question question = question_of(&asked, &where);
	struct ranking	       *ranking = ranking_new(&question, 2, 1 << 24, NULL);
	struct ranking_answer	answer;

	feed(ranking, &question, 2, 0);
	ranking_answer(ranking, &answer);
	CHECK(answer.group_count == 0 && answer.groups_total == 0);
	CHECK(answer.totals[RANKING_RECORDS] == 0 && answer.totals[RANKING_START] == UINT64_MAX);
	ranking_answer_done(&answer);
	ranking_free(ranking);
}

TEST(ranking_asks_for_the_fields_that_the_question_needs_only)
{
	struct ranking_question question = { .shown = { RANKING_RECORDS }, .shown_count = 1 };
	struct err		err;

	CHECK(period_parse(NULL, NULL, &question.period, &err) == 0);
	CHECK(by_parse(str_of("dstport"), &question.by, &err) == 0);
	CHECK(ranking_fields(&question) == UINT64_C(1) << FIELD_DSTPORT);
	CHECK(!ranking_names(&question) && !ranking_tiers(&question));
	CHECK(by_parse(str_of("src-name"), &question.by, &err) == 0);
	CHECK(ranking_names(&question) && !ranking_tiers(&question));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranking_is_the_same_whatever_thread_sees_which_record),
		cmocka_unit_test(ranking_counts_what_is_outside_the_period_and_what_has_no_time),
		cmocka_unit_test(ranking_totals_are_of_all_groups_of_both_families),
		cmocka_unit_test(ranking_of_no_record_has_no_group),
		cmocka_unit_test(ranking_asks_for_the_fields_that_the_question_needs_only),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
