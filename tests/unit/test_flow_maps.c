/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#if WEIR_BPF

#include "lib/base/mark.h"
#include "sensor/capture/flow_maps.h"

TEST(processors_whose_numbers_have_holes_have_slots_of_their_own)
{
	static const struct {
		const char *possible;
		size_t	    count;
	} cases[] = { { "0\n", 1 },	{ "0-1\n", 2 }, { "0-3,8-11\n", 12 }, { "0,2,5\n", 6 },
		      { "0-3,7\n", 8 }, { "", 0 },	{ "none", 0 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(flow_maps_cpu_count(str_of(cases[i].possible)) == cases[i].count);
}

#else

TEST(the_kernel_program_was_not_built)
{
	print_message("built with BPF=0\n");
	skip();
}

#endif

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
#if WEIR_BPF
		cmocka_unit_test(processors_whose_numbers_have_holes_have_slots_of_their_own),
#else
		cmocka_unit_test(the_kernel_program_was_not_built),
#endif
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
