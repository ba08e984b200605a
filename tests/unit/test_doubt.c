/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "sensor/delivery/doubt.h"

TEST(doubt_stands_unless_this_process_knows_that_nothing_arrived)
{
	static const struct {
		bool was_clear, in_doubt; /* of an attempt at batch 2 of x-1 */
		bool doubtful;
	} cases[] = {
		{ true, false, false }, /* refused, or nobody listened */
		{ true, true, true },	/* its answer is lost */
		{ false, false, true }, /* that of a sensor before this one may have arrived */
		{ false, true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct segment segment = { .name = "x-1", .acked = 2, .in_doubt = true };
		struct doubt   doubt = { 0 };

		doubt_learn(&doubt, &segment, cases[i].was_clear, cases[i].in_doubt);
		CHECK(doubt_is(&doubt, &segment) == cases[i].doubtful);
	}
}

TEST(doubt_of_another_batch_or_segment_is_not_dispelled)
{
	struct segment segment = { .name = "x-1", .acked = 2, .in_doubt = true };
	struct doubt   doubt = { 0 };

	doubt_learn(&doubt, &segment, true, false);
	segment.acked = 3;
	CHECK(doubt_is(&doubt, &segment));
	segment.acked = 2;
	segment.name = "x-2";
	CHECK(doubt_is(&doubt, &segment));
	segment.in_doubt = false;
	CHECK(!doubt_is(&doubt, &segment));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubt_stands_unless_this_process_knows_that_nothing_arrived),
		cmocka_unit_test(doubt_of_another_batch_or_segment_is_not_dispelled),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
