/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/rules/service.h"
#include "policies/rules/sg.h"
#include "simulator/flows/cause.h"
#include "simulator/flows/ends.h"

/* Compared bytewise: zeroed before it is filled.  Texts are static, rules the world's, so pointers will do. */
struct answer_key {
	uint8_t	 verdict, direction, reading, has_model, is_toss, intent, action, status, has_flags;
	uint8_t	 overall, sg, nacl, layer, crossed, reason;
	int16_t	 protocol;
	uint16_t dst_port;
	uint32_t eni_idx, sg_idx, nacl_idx, causes;
	uint64_t src_tiers, dst_tiers, src, dst, matching;

	const void *sg_rule, *nacl_rule, *statement, *expired, *why, *notes[3];
};

struct page {
	struct answer_key key;
	struct sums	  sums;
	uint32_t	  file;
	uint64_t	  line;		  /* of the first record */
	uint64_t	  ends, ends_sum; /* how many, and all of them hashed */
};

/* An address of a page; compared bytewise. */
struct noted {
	uint64_t page;
	uint8_t	 is_opener, is_peer, family, bytes[16], zero[5];
};

struct book {
	const struct world  *world;
	struct ends	    *names;
	struct arena	     arena;
	struct map	     index, ends;
	struct page	    *pages;
	const struct noted **noted;
	size_t		     count, capacity, noted_count, noted_capacity;
};

struct book *book_new(const struct world *world, const struct judge *judge)
{
	struct book *book = mem_alloc(sizeof(*book));

	book->world = world;
	book->names = ends_new(world, judge);
	return book;
}

void book_free(struct book *book)
{
	ends_free(book->names);
	map_done(&book->index);
	map_done(&book->ends);
	arena_done(&book->arena);
	free(book->pages);
	free(book->noted);
	free(book);
}

static uint64_t name_of(struct book *book, const struct end_query *query)
{
	const struct flow_end *end = ends_at(book->names, ends_find(book->names, query));

	return map_hash(end->text.ptr, end->text.len) ^ (uint64_t)end->kind;
}

/* The names of both ends, as a report has them. */
static void set_names(struct book *book, const struct record_answer *answer, struct answer_key *key)
{
	bool egress = answer->direction == DIRECTION_EGRESS;
	bool is_exempt = answer->has_model && answer->model.is_exempt &&
			 !service_is_dhcp(&answer->packet);
	uint32_t own = answer->eni_idx, peer = answer->peer_eni_idx;

	key->src = name_of(book, &(struct end_query){ .tiers = answer->src_tiers,
						      .eni_idx = egress ? own : peer,
						      .ip = answer->packet.src,
						      .is_exempt = is_exempt });
	key->dst = name_of(book, &(struct end_query){ .tiers = answer->dst_tiers,
						      .eni_idx = egress ? peer : own,
						      .ip = answer->packet.dst,
						      .is_exempt = is_exempt });
}

/* All rules of the interface's groups that match the opening packet, not only the deciding one. */
static uint64_t matching_rules(const struct world *world, const struct record_answer *answer)
{
	const struct eni *eni = &world->enis[answer->eni_idx];
	bool egress = (answer->direction == DIRECTION_EGRESS) != (answer->reading == ROLE_REPLY);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			if (rule->egress == egress)
				sum = sum * 31 +
				      (uint64_t)sg_match(world, eni, rule, &answer->opening);
		}
	}
	return sum;
}

static void set_model(const struct world *world, const struct record_answer *answer,
		      struct answer_key *key)
{
	const struct interface_decision *model = &answer->model;

	key->has_model = true;
	key->overall = (uint8_t)model->overall.verdict;
	key->sg = (uint8_t)model->sg.verdict;
	key->nacl = (uint8_t)model->nacl.verdict;
	key->layer = (uint8_t)model->overall.layer;
	key->reason = (uint8_t)model->overall.reason;
	key->crossed = model->nacl_crossed;
	key->sg_idx = model->sg.object_idx;
	key->nacl_idx = model->nacl.object_idx;
	key->sg_rule = model->sg.sg_rule;
	key->nacl_rule = model->nacl.nacl_rule;
	key->notes[0] = model->overall.note;
	key->notes[1] = model->sg.note;
	key->notes[2] = model->nacl.note;
	key->matching = matching_rules(world, answer);
}

static struct answer_key key_of(struct book *book, const struct judged *judged)
{
	const struct record_answer *answer = judged->answer;
	const struct record	   *record = judged->record;
	struct answer_key	    key;

	memset(&key, 0, sizeof(key));
	key.verdict = (uint8_t)answer->verdict;
	key.direction = (uint8_t)answer->direction;
	key.reading = (uint8_t)answer->reading;
	key.is_toss = answer->is_toss;
	key.intent = (uint8_t)answer->intent.verdict;
	key.action = record->action;
	key.status = record->log_status;
	key.has_flags = record_has(record, FIELD_TCP_FLAGS);
	key.protocol = (int16_t)record->protocol;
	if (proto_has_ports(key.protocol))
		key.dst_port = answer->opening.dst_port;
	key.eni_idx = answer->eni_idx;
	key.causes = causes_of(book->world, record, answer);
	key.src_tiers = answer->src_tiers;
	key.dst_tiers = answer->dst_tiers;
	key.statement = answer->intent.statement;
	key.expired = answer->intent.expired;
	key.why = answer->why;
	if (answer->has_model)
		set_model(book->world, answer, &key);
	set_names(book, answer, &key);
	return key;
}

static uint32_t page_of(struct book *book, const struct answer_key *key)
{
	struct str   text = { (const char *)key, sizeof(*key) };
	uint32_t     place;
	struct page *page;

	if (map_get(&book->index, text, &place))
		return place;
	place = (uint32_t)book->count;
	book->pages = mem_grow(book->pages, book->count++, &book->capacity, sizeof(*book->pages));
	page = &book->pages[place];
	*page = (struct page){ .file = UINT32_MAX };
	page->key = *key;
	text.ptr = arena_copy(&book->arena, key, sizeof(*key));
	map_put(&book->index, text, place);
	return place;
}

static void see(struct page *page, uint32_t file, uint64_t line)
{
	if (file > page->file || (file == page->file && line >= page->line))
		return;
	page->file = file;
	page->line = line;
}

uint32_t book_place(struct book *book, const struct judged *judged)
{
	struct answer_key key = key_of(book, judged);
	uint32_t	  place = page_of(book, &key);

	see(&book->pages[place], judged->file, judged->line_number);
	return place;
}

static void note(struct book *book, const struct noted *noted)
{
	struct str   text = { (const char *)noted, sizeof(*noted) };
	struct page *page = &book->pages[noted->page];
	struct noted bare = *noted;
	uint32_t     known;

	if (map_get(&book->ends, text, &known))
		return;
	text.ptr = arena_copy(&book->arena, noted, sizeof(*noted));
	map_put(&book->ends, text, (uint32_t)noted->page);
	book->noted = mem_grow(book->noted, book->noted_count, &book->noted_capacity,
			       sizeof(*book->noted));
	book->noted[book->noted_count++] = (const struct noted *)text.ptr;
	bare.page = 0;
	page->ends++;
	page->ends_sum += map_hash(&bare, sizeof(bare));
}

void book_note(struct book *book, uint32_t place, const struct judged_end *end)
{
	struct noted noted;

	memset(&noted, 0, sizeof(noted));
	noted.page = place;
	noted.is_opener = end->is_opener;
	noted.is_peer = end->is_peer;
	noted.family = end->ip.family;
	memcpy(noted.bytes, end->ip.bytes, sizeof(noted.bytes));
	note(book, &noted);
}

void book_add(struct book *book, uint32_t place, const struct sums *sums)
{
	sums_join(&book->pages[place].sums, sums);
}

void book_merge(struct book *into, const struct book *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct page *page = &from->pages[i];
		uint32_t	   place = page_of(into, &page->key);

		see(&into->pages[place], page->file, page->line);
		sums_join(&into->pages[place].sums, &page->sums);
	}
	for (size_t i = 0; i < from->noted_count; i++) {
		struct noted moved = *from->noted[i];

		moved.page = page_of(into, &from->pages[moved.page].key);
		note(into, &moved);
	}
}

uint64_t book_pages(const struct book *book)
{
	return book->count;
}

static void print_page(const char *who, const struct page *page)
{
	const struct answer_key *key = &page->key;

	fprintf(stderr,
		"%s: verdict %u action %u status %u flags %u direction %u reading %u protocol %d "
		"port %u eni %u why %s\n",
		who, key->verdict, key->action, key->status, key->has_flags, key->direction,
		key->reading, key->protocol, key->dst_port, key->eni_idx,
		key->why ? (const char *)key->why : "-");
	fprintf(stderr,
		"\tmodel %u: %u sg %u rule %p, %u nacl %u rule %p, layer %u reason %u crossed %u, "
		"note %s, rules %" PRIx64 "\n",
		key->overall, key->sg, key->sg_idx, key->sg_rule, key->nacl, key->nacl_idx,
		key->nacl_rule, key->layer, key->reason, key->crossed,
		key->notes[0] ? (const char *)key->notes[0] : "-", key->matching);
	fprintf(stderr,
		"\tintent %u statement %p expired %p toss %u, tiers %" PRIx64 " %" PRIx64
		", ends %" PRIx64 " %" PRIx64 ", causes %x\n",
		key->intent, key->statement, key->expired, key->is_toss, key->src_tiers,
		key->dst_tiers, key->src, key->dst, key->causes);
	fprintf(stderr,
		"\t%" PRIu64 " records %" PRIu64 " packets %" PRIu64 " bytes, %" PRIu64
		" to %" PRIu64 ", first %u:%" PRIu64 ", %" PRIu64 " addresses\n",
		page->sums.records, page->sums.packets, page->sums.bytes, page->sums.start,
		page->sums.end, page->file, page->line, page->ends);
}

static bool same_page(const struct page *a, const struct page *b)
{
	return memcmp(&a->sums, &b->sums, sizeof(a->sums)) == 0 && a->file == b->file &&
	       a->line == b->line && a->ends == b->ends && a->ends_sum == b->ends_sum;
}

/* Whether every page of a is in b.  */
static bool has_all(const struct book *a, const struct book *b, bool quiet)
{
	bool ok = true;

	for (size_t i = 0; i < a->count && (ok || !quiet); i++) {
		const struct page *page = &a->pages[i];
		struct str	   text = { (const char *)&page->key, sizeof(page->key) };
		uint32_t	   place;
		bool		   found = map_get(&b->index, text, &place);

		if (found && same_page(page, &b->pages[place]))
			continue;
		ok = false;
		if (quiet)
			break;
		print_page("one", page);
		if (found)
			print_page("other", &b->pages[place]);
	}
	return ok;
}

bool book_equal(const struct book *plain, const struct book *fast, bool quiet)
{
	if (!quiet)
		fprintf(stderr, "plain, then fast:\n");
	return has_all(plain, fast, quiet) & has_all(fast, plain, quiet);
}
