/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces that are measured and that the snapshot does not have. */
#include "tests/unit/live_scene.h"

TEST(an_interface_that_the_snapshot_does_not_have_is_told_once_and_never_expected)
{
	open_scene_of("eni-77", 0);
	see(IN(5432));
	see(IN(22));
	turn(0);
	finish(IN(443));
	CHECK(events() == 0 && scene.strangers == 1);
	CHECK(verdicts(BOARD_UNKNOWN) == 1 && verdicts(BOARD_EXPECTED) == 0);
	close_scene();
}

TEST(an_interface_that_the_snapshot_lacks_is_told_before_it_has_a_flow)
{
	static const struct {
		const char *id, *vpc_id, *vpc_told;
		unsigned    strangers;
	} cases[] = {
		{ "eni-1", "vpc-1", "", 0 }, { "eni-77", "vpc-1", "", 1 },
		{ "eni-77", "", "", 1 },     { "eni-77", "vpc-9", "vpc-9", 1 },
		{ "", "vpc-9", "vpc-9", 1 }, { "", "vpc-1", "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		vpc_id = cases[i].vpc_id;
		open_scene_of(cases[i].id, 0);
		CHECK_STR(scene.stranger_vpc, cases[i].vpc_told);
		CHECK(scene.strangers == cases[i].strangers);
		CHECK(board_get(&scene.board->model.strangers) == cases[i].strangers);
		CHECK(board_get(&scene.board->model.foreign) == !!cases[i].vpc_told[0]);
		close_scene();
		vpc_id = NULL;
	}
}

TEST(an_interface_that_a_new_model_does_not_have_either_is_told_again)
{
	struct err err;

	open_scene_of("eni-77", 0);
	finish(IN(443));
	CHECK(scene.strangers == 1);
	CHECK(model_keeper_start(scene.models, &err) == 0);
	write_text(scene.policy, POLICY "deny any -> web\n");
	take_new_model();
	finish(IN(443));
	finish(IN(22));
	CHECK(scene.strangers == 2);
	close_scene();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_interface_that_the_snapshot_does_not_have_is_told_once_and_never_expected),
		cmocka_unit_test(an_interface_that_the_snapshot_lacks_is_told_before_it_has_a_flow),
		cmocka_unit_test(an_interface_that_a_new_model_does_not_have_either_is_told_again),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
