/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix.h"

static bool has(const struct packet_sets *sets, uint32_t set, enum verdict verdict)
{
	size_t			 count;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);

	for (size_t i = 0; i < count; i++)
		if (cuts[i].verdict == verdict)
			return true;
	return false;
}

struct matrix_summary matrix_sum(const struct reach *reach, const struct matrix *matrix)
{
	const struct packet_sets *sets = reach_sets(reach);
	size_t			  count = matrix_group_count(matrix);
	struct matrix_summary	  sum = { 0 };

	for (size_t i = 0; i < count * count; i++) {
		struct cell cell = matrix_cell(matrix, i / count, i % count);

		sum.cells += cell.pairs > 0;
		sum.open += has(sets, cell.set, VERDICT_ALLOW);
		sum.undecided += has(sets, cell.set, VERDICT_UNKNOWN);
		sum.unintended += has(sets, cell.unintended, VERDICT_ALLOW);
		sum.doubtful += has(sets, cell.unintended, VERDICT_UNKNOWN);
	}
	return sum;
}

void matrix_add_label(const struct matrix_group *group, struct buf *out)
{
	buf_add_str(out, group->members[0]->label);
	if (group->count == 1)
		return;
	buf_add_text(out, group->count == 2 ? ", " : " … ");
	buf_add_str(out, group->members[group->count - 1]->label);
	if (group->count > 2)
		buf_printf(out, " (%zu)", group->count);
}

bool matrix_is_left_out(const struct matrix *matrix, size_t group)
{
	if (matrix_group(matrix, group)->members[0]->scope == KIND_INTERFACES)
		return false;
	for (size_t i = 0; i < matrix_group_count(matrix); i++)
		if (matrix_cell(matrix, group, i).set != PACKET_SET_DENY ||
		    matrix_cell(matrix, i, group).set != PACKET_SET_DENY)
			return false;
	return true;
}

void matrix_add_pairs(uint64_t pairs, uint64_t of, struct buf *out)
{
	buf_add_grouped(out, pairs);
	if (pairs != of) {
		buf_add_text(out, " of ");
		buf_add_grouped(out, of);
	}
	buf_add_text(out, of == 1 ? " pair" : " pairs");
}
