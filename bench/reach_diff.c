/* SPDX-License-Identifier: Apache-2.0 */
/* What a change opened and closed, for every instance of two networks. */
#include <stdio.h>

#include "bench/child.h"
#include "bench/reach_course.h"
#include "policies/world/delta.h"
#include "simulator/reach/path_changes.h"

/* From two loaded worlds to what a change opened and closed, for every instance. */
static double time_diff(struct course *course, struct world *const worlds[static 2])
{
	const struct judge  *judges[2] = { NULL, NULL };
	struct packet_sets  *sets = packet_sets_new();
	struct reach_options options = course_options(NULL, sets);
	struct reach	    *reaches[2];
	struct path_question question = { .by = PARTY_BY_INSTANCE };
	struct path_changes  changes;
	struct delta	     delta;
	double		     start = course_now(), seconds;

	delta_init(&delta, worlds[0], worlds[1]);
	for (size_t i = 0; i < 2; i++)
		reaches[i] = reach_new(worlds[i], &options);
	question.joint = joint_new(reaches[0], reaches[1]);
	question.crowds = crowds_new(question.joint, judges, question.by);
	question.transitions = transitions_new(sets, VERDICT_UNKNOWN);
	question.delta = &delta;
	path_changes_find(&question, &changes);
	seconds = course_now() - start;
	course->changes = changes.count;
	path_changes_done(&changes);
	transitions_free(question.transitions);
	crowds_free(question.crowds);
	joint_free(question.joint);
	for (size_t i = 0; i < 2; i++)
		reach_free(reaches[i]);
	packet_sets_free(sets);
	delta_done(&delta);
	return seconds;
}

int course_diff(struct course *course)
{
	struct world *worlds[2] = { course_open(course->folder), course_open(course->other) };
	struct world *same[2] = { worlds[0], worlds[0] };
	double	      seconds[COURSE_ROUNDS];

	if (!worlds[0] || !worlds[1])
		return 1;
	(void)time_diff(course, same);
	course->differences += course->changes != 0; /* nothing differs from itself */
	for (size_t i = 0; i < COURSE_ROUNDS; i++)
		seconds[i] = time_diff(course, worlds);
	course->differences += course->changes == 0;
	course->diff_s = child_median(seconds, COURSE_ROUNDS);
	world_free(worlds[0]);
	world_free(worlds[1]);
	return 0;
}
