/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/peers_pieces.h"

#include <stdlib.h>

#include "lib/base/mem.h"

static int compare(const void *a, const void *b)
{
	const struct peers_piece *x = a, *y = b;

	if (x->piece.key != y->piece.key)
		return x->piece.key < y->piece.key ? -1 : 1;
	if (x->piece.ports.max != y->piece.ports.max)
		return (int)x->piece.ports.max - (int)y->piece.ports.max;
	/* Facts of one row are of one array: as they were found. */
	return (x->fact > y->fact) - (x->fact < y->fact);
}

struct peers_piece *peers_pieces(const struct peers_answer *answer, const struct peer_row *row,
				 size_t *count)
{
	const struct packet_sets *sets = reach_sets(answer->peers->reach);
	struct peers_piece	 *list = NULL;
	size_t			  capacity = 0;

	*count = 0;
	for (size_t i = 0; i < row->fact_count; i++) {
		const struct peer_fact		       *fact = &row->facts[i];
		auto_packet_pieces struct packet_pieces pieces = { 0 };

		packet_pieces_of(sets, fact->decider.set, &pieces);
		for (size_t j = 0; j < pieces.count; j++) {
			list = mem_grow(list, *count, &capacity, sizeof(*list));
			list[(*count)++] = (struct peers_piece){ pieces.items[j], fact };
		}
	}
	if (*count)
		qsort(list, *count, sizeof(*list), compare);
	return list;
}
