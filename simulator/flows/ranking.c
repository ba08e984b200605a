/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/ranking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/by_keys.h"
#include "simulator/flows/groups_answer.h"

/* The lexicon's part of the memory, and the wide table's of a thread's where there are both. */
enum { LEXICON_PART = 4, WIDE_PART = 4, NO_VALUE = -2 };

/* In groups, values are ordered by what becomes of them: sums, the smallest, the largest. */
static const struct {
	const char *name;
	enum field  field; /* FIELD_COUNT: rows are counted */
	uint64_t    absent;
} totals[RANKING_TOTAL_COUNT] = {
	[RANKING_RECORDS] = { "records", FIELD_COUNT, 0 },
	[RANKING_PACKETS] = { "packets", FIELD_PACKETS, 0 },
	[RANKING_BYTES] = { "bytes", FIELD_BYTES, 0 },
	[RANKING_START] = { "start", FIELD_START, UINT64_MAX },
	[RANKING_END] = { "end", FIELD_END, 0 },
};

struct worker {
	const struct ranking *ranking;
	struct namer	     *namer;
	struct where_room    *room;
	struct by_keys	     *keys;
	struct groups	     *tables[BY_WIDTH_COUNT];
	uint64_t	      outside, timeless, left_out;
	uint64_t	      has; /* fields of any row that was added, a bit each */
	uint16_t	      rows[COLUMNS_ROWS_MAX];
	uint64_t	      values[BY_KEYS_ROWS * GROUPS_VALUES_MAX];
};

struct ranking {
	const struct ranking_question *question;
	struct lexicon		      *lexicon; /* NULL when no key has text */
	struct worker		     **workers;
	unsigned		       threads;
	int			       value_of[RANKING_TOTAL_COUNT]; /* its index, or NO_VALUE */
	struct groups_shape	       shape;			      /* the key's words apart */
	struct groups_answer	       answers[BY_WIDTH_COUNT];
};

bool ranking_total_find(struct str name, enum ranking_total *out)
{
	for (int i = 0; i < RANKING_TOTAL_COUNT; i++) {
		if (str_is(name, totals[i].name)) {
			*out = (enum ranking_total)i;
			return true;
		}
	}
	return false;
}

const char *ranking_total_name(enum ranking_total total)
{
	assert(total < RANKING_TOTAL_COUNT);
	return totals[total].name;
}

uint64_t ranking_fields(const struct ranking_question *question)
{
	uint64_t fields = by_fields(&question->by);

	if (question->where)
		fields |= where_fields(question->where);
	if (!period_is_all(&question->period))
		fields |= UINT64_C(1) << FIELD_START | UINT64_C(1) << FIELD_END;
	for (uint8_t i = 0; i < question->shown_count; i++)
		if (totals[question->shown[i]].field != FIELD_COUNT)
			fields |= UINT64_C(1) << totals[question->shown[i]].field;
	return fields;
}

bool ranking_names(const struct ranking_question *question)
{
	return by_names(&question->by) || (question->where && where_names(question->where));
}

bool ranking_tiers(const struct ranking_question *question)
{
	return by_tiers(&question->by) || (question->where && where_tiers(question->where));
}

static bool is_shown(const struct ranking_question *question, enum ranking_total total)
{
	for (uint8_t i = 0; i < question->shown_count; i++)
		if (question->shown[i] == total)
			return true;
	return false;
}

/* The enum is in the order that groups want: sums, then the smallest, then the largest. */
static void place_values(struct ranking *ranking)
{
	int next = 0;

	for (int i = 0; i < RANKING_TOTAL_COUNT; i++) {
		enum ranking_total total = (enum ranking_total)i;

		ranking->value_of[total] = NO_VALUE;
		if (total == RANKING_RECORDS)
			ranking->value_of[total] = GROUPS_BY_RECORDS;
		else if (is_shown(ranking->question, total))
			ranking->value_of[total] = next++;
	}
	ranking->shape.mins = is_shown(ranking->question, RANKING_START);
	ranking->shape.maxes = is_shown(ranking->question, RANKING_END);
	ranking->shape.sums = (uint8_t)(next - ranking->shape.mins - ranking->shape.maxes);
}

static bool has_address(const struct by *by)
{
	for (uint8_t i = 0; i < by->item_count; i++)
		if (subject_type(by->items[i].subject) == FIELD_TYPE_IP)
			return true;
	return false;
}

static struct worker *worker_new(const struct ranking *ranking, size_t memory_bytes)
{
	const struct ranking_question *question = ranking->question;
	struct worker		      *worker = mem_alloc(sizeof(*worker));
	bool			       has_wide = has_address(&question->by);
	size_t			       wide_bytes = has_wide ? memory_bytes / WIDE_PART : 0;

	worker->ranking = ranking;
	if (question->world)
		worker->namer = namer_new(question->world, question->judge);
	if (question->where)
		worker->room = where_room_new(question->where, worker->namer);
	worker->keys = by_keys_new(&question->by, ranking->lexicon, worker->namer);
	for (int width = 0; width < BY_WIDTH_COUNT; width++) {
		struct groups_shape shape = ranking->shape;

		if (width == BY_WIDE && !has_wide)
			continue;
		shape.key_words = question->by.layouts[width].word_count;
		shape.key_bits = by_key_bits(&question->by, (enum by_width)width);
		shape.memory_bytes = width == BY_WIDE ? wide_bytes : memory_bytes - wide_bytes;
		worker->tables[width] = groups_new(&shape);
	}
	return worker;
}

static void worker_free(struct worker *worker)
{
	for (int width = 0; width < BY_WIDTH_COUNT; width++)
		groups_free(worker->tables[width]);
	by_keys_free(worker->keys);
	where_room_free(worker->room);
	namer_free(worker->namer);
	free(worker);
}

struct ranking *ranking_new(const struct ranking_question *question, unsigned threads,
			    size_t memory_bytes, const char *spill_folder)
{
	struct ranking *ranking = mem_alloc(sizeof(*ranking));

	assert(threads > 0);
	ranking->question = question;
	ranking->threads = threads;
	ranking->shape.spill_folder = spill_folder;
	place_values(ranking);
	assert(ranking->value_of[question->sort] != NO_VALUE);
	if (by_has_text(&question->by)) {
		ranking->lexicon = lexicon_new(memory_bytes / LEXICON_PART);
		memory_bytes -= memory_bytes / LEXICON_PART;
	}
	ranking->workers = mem_alloc(threads * sizeof(*ranking->workers));
	for (unsigned i = 0; i < threads; i++)
		ranking->workers[i] = worker_new(ranking, memory_bytes / threads);
	return ranking;
}

void ranking_free(struct ranking *ranking)
{
	if (!ranking)
		return;
	for (unsigned i = 0; i < ranking->threads; i++)
		worker_free(ranking->workers[i]);
	for (int width = 0; width < BY_WIDTH_COUNT; width++)
		groups_answer_done(&ranking->answers[width]);
	free(ranking->workers);
	lexicon_free(ranking->lexicon);
	free(ranking);
}

void **ranking_workers(struct ranking *ranking)
{
	return (void **)ranking->workers;
}

/* Keeps the rows that have any part in the period; those that have no time are counted. */
static uint32_t in_period(struct worker *worker, const struct columns *columns, uint32_t count)
{
	const struct period *period = &worker->ranking->question->period;
	const uint64_t	     times = UINT64_C(1) << FIELD_START | UINT64_C(1) << FIELD_END;
	uint32_t	     kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = worker->rows[i];

		if ((columns->has[row] & times) != times) {
			worker->timeless++;
			continue;
		}
		worker->rows[kept] = (uint16_t)row;
		if (period_has(period, columns->at[FIELD_START].u64[row],
			       columns->at[FIELD_END].u64[row]))
			kept++;
		else
			worker->outside++;
	}
	return kept;
}

static uint32_t pick(struct worker *worker, const struct columns *columns)
{
	const struct ranking_question *question = worker->ranking->question;
	uint32_t		       count = columns->count;

	if (worker->room)
		count = where_select(worker->room, columns, worker->rows);
	else
		for (uint32_t row = 0; row < count; row++)
			worker->rows[row] = (uint16_t)row;
	return period_is_all(&question->period) ? count : in_period(worker, columns, count);
}

/* What a batch's rows bring to their groups. */
static void take_values(struct worker *worker, const struct columns *columns,
			const struct by_batch *batch)
{
	const struct ranking *ranking = worker->ranking;
	size_t		      value_count = (size_t)ranking->shape.sums + ranking->shape.mins +
			     ranking->shape.maxes;

	for (uint32_t j = 0; j < batch->count; j++)
		worker->has |= columns->has[batch->rows[j]];
	for (int i = 0; i < RANKING_TOTAL_COUNT; i++) {
		enum field	field = totals[i].field;
		uint64_t	absent = totals[i].absent;
		uint64_t       *to = worker->values + ranking->value_of[i];
		const uint64_t *at;

		if (ranking->value_of[i] < 0)
			continue;
		at = columns->at[field].u64;
		for (uint32_t j = 0; j < batch->count; j++) {
			uint32_t row = batch->rows[j];

			to[j * value_count] = columns->has[row] >> field & 1 ? at[row] : absent;
		}
	}
}

void ranking_rows(void *worker_ptr, const struct columns *columns)
{
	struct worker *worker = worker_ptr;
	uint32_t       count = pick(worker, columns);

	if (count == 0)
		return;
	by_keys_take(worker->keys, columns);
	for (uint32_t first = 0; first < count; first += BY_KEYS_ROWS) {
		uint32_t	rest = count - first;
		struct by_batch batches[BY_WIDTH_COUNT];

		worker->left_out += by_keys_make(worker->keys, worker->rows + first,
						 rest < BY_KEYS_ROWS ? rest : BY_KEYS_ROWS,
						 batches);
		for (int width = 0; width < BY_WIDTH_COUNT; width++) {
			if (batches[width].count == 0)
				continue;
			take_values(worker, columns, &batches[width]);
			groups_add(worker->tables[width], batches[width].words, worker->values,
				   batches[width].count);
		}
	}
}

struct comparison {
	const struct ranking *ranking;
	enum by_width	      width;
};

static int compare_keys(const void *context, const uint64_t *a, const uint64_t *b)
{
	const struct comparison *comparison = context;
	const struct ranking	*ranking = comparison->ranking;

	return by_compare(&ranking->question->by, ranking->lexicon,
			  (struct by_key){ comparison->width, a },
			  (struct by_key){ comparison->width, b });
}

/* The tables of one width of all threads. */
static void merge_width(struct ranking *ranking, enum by_width width)
{
	const struct ranking_question *question = ranking->question;
	auto_free struct groups	     **tables = mem_alloc(ranking->threads * sizeof(*tables));
	struct comparison	       comparison = { ranking, width };
	struct groups_order	       order = { .by = ranking->value_of[question->sort],
						 .limit = question->limit };

	for (unsigned i = 0; i < ranking->threads; i++)
		tables[i] = ranking->workers[i]->tables[width];
	if (!tables[0])
		return;
	if (ranking->lexicon) {
		order.compare = compare_keys;
		order.context = &comparison;
	}
	groups_answer_make(&ranking->answers[width], tables, ranking->threads, &order);
}

static struct ranking_group group_of(const struct ranking *ranking, enum by_width width,
				     const uint64_t *row)
{
	struct ranking_group group = { .key = { width, row } };
	const uint64_t	    *records = row + ranking->question->by.layouts[width].word_count;

	for (int i = 0; i < RANKING_TOTAL_COUNT; i++)
		if (ranking->value_of[i] != NO_VALUE)
			group.totals[i] = records[1 + ranking->value_of[i]];
	return group;
}

/* Whether a comes before b. */
static bool is_before(const struct ranking *ranking, const struct ranking_group *a,
		      const struct ranking_group *b)
{
	enum ranking_total sort = ranking->question->sort;

	if (a->totals[sort] != b->totals[sort])
		return a->totals[sort] > b->totals[sort];
	return by_compare(&ranking->question->by, ranking->lexicon, a->key, b->key) < 0;
}

/* The two widths, each in order, as one. */
static void join_widths(const struct ranking *ranking, struct ranking_answer *out)
{
	const struct groups_answer *narrow = &ranking->answers[BY_NARROW];
	const struct groups_answer *wide = &ranking->answers[BY_WIDE];
	size_t			    all = narrow->row_count + wide->row_count, n = 0, w = 0;
	size_t limit = ranking->question->limit < all ? ranking->question->limit : all;

	out->groups = mem_resize(NULL, limit + 1, sizeof(*out->groups));
	while (out->group_count < limit) {
		struct ranking_group *group = &out->groups[out->group_count++], other;

		if (n == narrow->row_count) {
			*group = group_of(ranking, BY_WIDE, wide->rows[w++]);
			continue;
		}
		*group = group_of(ranking, BY_NARROW, narrow->rows[n++]);
		if (w == wide->row_count)
			continue;
		other = group_of(ranking, BY_WIDE, wide->rows[w]);
		if (is_before(ranking, &other, group)) {
			*group = other;
			n--;
			w++;
		}
	}
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static void add_totals(const struct ranking *ranking, const struct groups_answer *from,
		       struct ranking_answer *out)
{
	out->groups_total += from->group_count;
	out->left_out += from->left_out;
	if (from->records == 0)
		return;
	for (int i = 0; i < RANKING_TOTAL_COUNT; i++) {
		int	 at = ranking->value_of[i];
		uint64_t value = at == GROUPS_BY_RECORDS ? from->records
				 : at == NO_VALUE	 ? totals[i].absent
							 : from->values[at];

		if (i == RANKING_START)
			out->totals[i] = value < out->totals[i] ? value : out->totals[i];
		else if (i == RANKING_END)
			out->totals[i] = value > out->totals[i] ? value : out->totals[i];
		else
			out->totals[i] = add_saturating(out->totals[i], value);
	}
}

void ranking_answer(struct ranking *ranking, struct ranking_answer *out)
{
	uint64_t has = 0;

	*out = (struct ranking_answer){ .lexicon = ranking->lexicon };
	for (int i = 0; i < RANKING_TOTAL_COUNT; i++)
		out->totals[i] = totals[i].absent;
	if (ranking->lexicon)
		lexicon_settle(ranking->lexicon);
	for (int width = 0; width < BY_WIDTH_COUNT; width++) {
		merge_width(ranking, (enum by_width)width);
		add_totals(ranking, &ranking->answers[width], out);
	}
	join_widths(ranking, out);
	for (unsigned i = 0; i < ranking->threads; i++) {
		has |= ranking->workers[i]->has;
		out->outside += ranking->workers[i]->outside;
		out->timeless += ranking->workers[i]->timeless;
		out->left_out += ranking->workers[i]->left_out;
		out->totals[RANKING_RECORDS] += ranking->workers[i]->left_out;
	}
	for (int i = 0; i < RANKING_TOTAL_COUNT; i++)
		out->lacks[i] = out->totals[RANKING_RECORDS] && totals[i].field != FIELD_COUNT &&
				!(has >> totals[i].field & 1);
}

void ranking_answer_done(struct ranking_answer *answer)
{
	free(answer->groups);
	*answer = (struct ranking_answer){ 0 };
}
