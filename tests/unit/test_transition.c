/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a set of packets, in words: of tcp/1 and tcp/2, each verdict to each other one. */
#include "simulator/reach/transition.h"

#include "simulator/reach/packet_words.h"
#include "tests/unit/unit.h"

static uint32_t set_of(struct packet_sets *sets, enum verdict one, enum verdict two)
{
	uint32_t tcp = (uint32_t)PROTO_TCP << 16;

	return packet_sets_either(sets, packet_sets_range(sets, tcp | 1, tcp | 1, one),
				  packet_sets_range(sets, tcp | 2, tcp | 2, two));
}

static void check(const struct packet_sets *sets, uint32_t set, const char *expected)
{
	auto_buf struct buf text = buf_make(256);

	packet_words(sets, set, VERDICT_ALLOW, &text);
	CHECK_TEXT(text.data, expected);
}

#define D VERDICT_DENY
#define U VERDICT_UNKNOWN
#define A VERDICT_ALLOW

TEST(transition_tells_what_was_opened_closed_and_undecided)
{
	static const struct {
		enum verdict before[2], after[2], unknown_as;
		const char  *opened, *closed, *undecided;
		bool	     is_change, stays_unknown;
	} cases[] = {
		{ { D, A }, { D, A }, U, "", "", "", false, false },
		{ { D, A }, { A, A }, U, "tcp/1", "", "", true, false },
		{ { D, A }, { D, D }, U, "", "tcp/2", "", true, false },
		{ { D, A }, { A, D }, U, "tcp/1", "tcp/2", "", true, false },
		{ { D, A }, { U, U }, U, "", "", "tcp/1-2", true, false },
		{ { U, U }, { D, A }, U, "", "", "tcp/1-2", true, false },
		{ { U, D }, { U, A }, U, "tcp/2", "", "", true, true },
		/* What missing data counts as. */
		{ { D, A }, { U, U }, D, "", "tcp/2", "", true, false },
		{ { D, A }, { U, U }, A, "tcp/1", "", "", true, false },
		{ { U, U }, { U, D }, D, "", "", "", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packet_sets *sets = packet_sets_new();
		struct transitions *transitions = transitions_new(sets, cases[i].unknown_as);
		uint32_t	    before = set_of(sets, cases[i].before[0], cases[i].before[1]);
		uint32_t	    after = set_of(sets, cases[i].after[0], cases[i].after[1]);
		uint32_t	    number = transitions_put(transitions, before, after);
		const struct transition *transition = transitions_at(transitions, number);

		check(sets, transition->opened, cases[i].opened);
		check(sets, transition->closed, cases[i].closed);
		check(sets, transition->undecided, cases[i].undecided);
		CHECK(transition_is_change(transition) == cases[i].is_change);
		CHECK(transition->stays_unknown == cases[i].stays_unknown);
		CHECK(transitions_put(transitions, before, after) == number);
		transitions_free(transitions);
		packet_sets_free(sets);
	}
}

TEST(set_is_unknown_where_missing_data_counts_as_nothing_else)
{
	static const enum verdict counts_as[] = { U, D, A };

	for (size_t i = 0; i < ARRAY_LEN(counts_as); i++) {
		struct packet_sets *sets = packet_sets_new();
		struct transitions *transitions = transitions_new(sets, counts_as[i]);

		CHECK(!transitions_is_unknown(transitions, set_of(sets, D, A)));
		CHECK(transitions_is_unknown(transitions, set_of(sets, D, U)) ==
		      (counts_as[i] == U));
		transitions_free(transitions);
		packet_sets_free(sets);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(transition_tells_what_was_opened_closed_and_undecided),
		cmocka_unit_test(set_is_unknown_where_missing_data_counts_as_nothing_else),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
