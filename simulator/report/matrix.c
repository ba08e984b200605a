/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix.h"

enum { NAMED_MAX = 3 }; /* parties of a group that are named one by one */

struct matrix_summary matrix_sum(const struct reach *reach, const struct matrix *matrix)
{
	const struct packet_sets *sets = reach_sets(reach);
	size_t			  count = matrix_group_count(matrix);
	struct matrix_summary	  sum = { 0 };

	for (size_t i = 0; i < count * count; i++) {
		struct cell cell = matrix_cell(matrix, i / count, i % count);

		sum.cells += cell.pairs > 0;
		sum.open += packet_sets_has(sets, cell.set, VERDICT_ALLOW);
		sum.undecided += cell.unknown != PACKET_SET_DENY;
		sum.unintended += packet_sets_has(sets, cell.unintended, VERDICT_ALLOW);
		sum.doubtful += packet_sets_has(sets, cell.unintended, VERDICT_UNKNOWN);
	}
	return sum;
}

void matrix_add_label(const struct matrix_group *group, struct buf *out)
{
	buf_add_str(out, group->members[0]->label);
	if (group->count == 1)
		return;
	for (size_t i = 1; group->count <= NAMED_MAX && i < group->count; i++) {
		buf_add_text(out, ", ");
		buf_add_str(out, group->members[i]->label);
	}
	if (group->count <= NAMED_MAX)
		return;
	buf_add_text(out, " … ");
	buf_add_str(out, group->members[group->count - 1]->label);
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
