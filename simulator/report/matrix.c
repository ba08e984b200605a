/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix.h"

#include "lib/base/mem.h"

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
		sum.silent += packet_sets_has(sets, cell.silent, VERDICT_ALLOW);
		sum.doubtful += packet_sets_has(sets, cell.unintended, VERDICT_UNKNOWN);
	}
	return sum;
}

/* The first of parties, then the others or, when they are many, the last. */
static void add_labels(const struct matrix_group *const *groups, size_t count, struct buf *out)
{
	const struct matrix_group *last = groups[count - 1];
	size_t			   total = 0;
	bool			   any = false;

	for (size_t i = 0; i < count; i++)
		total += groups[i]->count;
	for (size_t i = 0; total <= NAMED_MAX && i < count; i++)
		for (size_t j = 0; j < groups[i]->count; j++) {
			buf_add_text(out, any ? ", " : "");
			buf_add_str(out, groups[i]->members[j]->label);
			any = true;
		}
	if (total <= NAMED_MAX)
		return;
	buf_add_str(out, groups[0]->members[0]->label);
	buf_add_text(out, " … ");
	buf_add_str(out, last->members[last->count - 1]->label);
	buf_add_text(out, " (");
	buf_add_grouped(out, total);
	buf_add_char(out, ')');
}

void matrix_add_label(const struct matrix_group *group, struct buf *out)
{
	add_labels(&group, 1, out);
}

void matrix_add_labels(const struct matrix *matrix, const size_t *groups, size_t count,
		       struct buf *out)
{
	auto_free const struct matrix_group **items = mem_alloc(count * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = matrix_group(matrix, groups[i]);
	add_labels(items, count, out);
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
