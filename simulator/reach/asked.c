/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/asked.h"

#include <stdlib.h>

#include "lib/base/mem.h"

/* Marks an interface's end; one that is named twice counts once. */
static void note_end(struct asked *asked, const struct end *end, size_t *counts)
{
	const struct kinds *kinds = asked->kinds;
	uint32_t	    at;

	if (end->eni_idx == WORLD_NONE) {
		counts[kinds_find(kinds, end)]++;
		return;
	}
	at = kinds_end_at(kinds, end);
	if (at == WORLD_NONE || asked->is_asked[at])
		return;
	asked->is_asked[at] = true;
	asked->end_count++;
	counts[kinds->end_kinds[at]]++;
}

/* The interface that all the query's ends of a kind are of. */
static uint32_t find_only_eni(const struct asked *asked, uint32_t kind_idx)
{
	const struct kinds *kinds = asked->kinds;
	const struct kind  *kind = &kinds->items[kind_idx];
	uint32_t	    found = WORLD_NONE;

	for (size_t i = 0; i < kind->count; i++) {
		uint32_t at = kinds->members[kind->first + i];

		if (!asked->is_asked[at])
			continue;
		if (found != WORLD_NONE && found != kinds->ends[at].eni_idx)
			return WORLD_NONE;
		found = kinds->ends[at].eni_idx;
	}
	return found;
}

static void find_items(struct asked *asked, const struct end *ends, size_t count)
{
	const struct kinds *kinds = asked->kinds;
	auto_free size_t   *counts = mem_alloc((kinds->count + 1) * sizeof(*counts));

	for (size_t i = 0; i < count; i++) {
		if (ends[i].ip.family != IP_NONE) {
			note_end(asked, &ends[i], counts);
			continue;
		}
		for (uint32_t kind = 0; kind < kinds->count; kind++)
			counts[kind] += kinds->items[kind].scope == KIND_INTERNET;
	}
	asked->items = mem_alloc((kinds->count + 1) * sizeof(*asked->items));
	for (uint32_t kind = 0; kind < kinds->count; kind++) {
		bool is_here = kinds->items[kind].scope == KIND_INTERFACES;

		if (counts[kind] == 0)
			continue;
		asked->items[asked->count++] = (struct asked_kind){
			.kind = kind,
			.count = is_here ? counts[kind] : 0,
			.only_eni = is_here ? find_only_eni(asked, kind) : WORLD_NONE
		};
	}
}

static int compare_own(const void *a, const void *b)
{
	const struct own_end *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->eni_idx > y->eni_idx) - (x->eni_idx < y->eni_idx);
}

/* All ends of the interfaces that have all of the query's ends of some kind. */
static void find_own(struct asked *asked)
{
	const struct kinds *kinds = asked->kinds;
	auto_free bool	   *seen = mem_alloc(kinds->world->counts[WORLD_ENI] + 1);
	size_t		    at = 0;

	for (size_t i = 0; i < asked->count; i++) {
		uint32_t eni_idx = asked->items[i].only_eni;

		if (eni_idx == WORLD_NONE || seen[eni_idx])
			continue;
		seen[eni_idx] = true;
		for (uint32_t j = kinds->eni_ends[eni_idx]; j < kinds->eni_ends[eni_idx + 1]; j++) {
			asked->own = mem_grow(asked->own, asked->own_count, &asked->own_capacity,
					      sizeof(*asked->own));
			asked->own[asked->own_count++] = (struct own_end){ kinds->end_kinds[j],
									   eni_idx };
		}
	}
	if (asked->own_count)
		qsort(asked->own, asked->own_count, sizeof(*asked->own), compare_own);
	asked->own_first = mem_alloc((kinds->count + 1) * sizeof(*asked->own_first));
	for (size_t kind = 0; kind <= kinds->count; kind++) {
		while (at < asked->own_count && asked->own[at].kind < kind)
			at++;
		asked->own_first[kind] = at;
	}
}

void asked_find(const struct kinds *kinds, const struct end *ends, size_t count, struct asked *out)
{
	*out = (struct asked){ .kinds = kinds };
	out->is_asked = mem_alloc(kinds->eni_ends[kinds->world->counts[WORLD_ENI]] + 1);
	find_items(out, ends, count);
	find_own(out);
}

void asked_done(struct asked *asked)
{
	free(asked->is_asked);
	free(asked->items);
	free(asked->own);
	free(asked->own_first);
	*asked = (struct asked){ 0 };
}

size_t asked_others(const struct asked *asked, const struct asked_kind *item, uint32_t eni_idx)
{
	const struct kinds *kinds = asked->kinds;
	size_t		    count = item->count;

	if (eni_idx == WORLD_NONE)
		return count;
	for (uint32_t i = kinds->eni_ends[eni_idx]; i < kinds->eni_ends[eni_idx + 1]; i++)
		count -= asked->is_asked[i] && kinds->end_kinds[i] == item->kind;
	return count;
}
