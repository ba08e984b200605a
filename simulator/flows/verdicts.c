/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/verdicts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "simulator/flows/interfaces.h"

/*
 * How a thread's memory is shared out: a quarter for kinds, which can be forgotten at the cost of judging them
 * again; the rest for what waits.
 */
enum { KIND_BYTES = 80, WAITING_BYTES = 240, KINDS_MIN = 4096, MISSES_MAX = 256, FILE_AT = 40 };

/* Lines of what waits are kept while they fit: the text of an example is a convenience. */
#define WAITING_LINES_BYTES (32UL << 20)

enum width { NARROW, WIDE, WIDTH_COUNT };

/* What a place has had, and where the first of its records stands. */
struct total {
	struct sums sums;
	uint64_t    first; /* file << FILE_AT | line; UINT64_MAX: none yet */
};

/* A conversation whose opener is not known yet. */
struct waiting {
	struct total total;
	struct str   line; /* the first record's; empty when there was no room for it */
	const char  *path;
};

/* A kind to be judged: a row, or what waited. */
struct miss {
	struct verdict_key key;
	bool		   is_new_interface; /* without a number: not remembered */
	struct str	   interface;
	struct waiting	   what;
};

/* Rows of the columns being added, with keys of one width. */
struct lot {
	uint64_t keys[COLUMNS_ROWS_MAX * MEMO_WIDE];
	uint32_t rows[COLUMNS_ROWS_MAX], found[COLUMNS_ROWS_MAX];
	uint32_t count;
};

struct verdicts {
	struct verdicts_run	 run;
	struct verdicts_consumer consumer;
	struct interfaces	*interfaces;
	struct memo		*kinds[WIDTH_COUNT]; /* key → place */
	struct memo		*waits[WIDTH_COUNT]; /* key → waiting */
	struct waiting		*waiting;
	size_t			 waiting_count, waiting_capacity;
	struct arena		 lines;
	struct openers		*openers; /* only where the ports tell otherwise or nothing */
	struct matcher		*matcher;
	struct total		*totals; /* by place */
	size_t			 total_count, total_capacity;
	struct verdicts_counts	 counts;
	struct lot		 settled[WIDTH_COUNT], open[WIDTH_COUNT];
	struct miss		 misses[MISSES_MAX];
	uint32_t		 miss_count;
	struct record		 records[MISSES_MAX];
	struct record_query	 queries[MISSES_MAX];
	struct record_answer	 answers[MISSES_MAX];
};

static const uint32_t width_words[WIDTH_COUNT] = { MEMO_NARROW, MEMO_WIDE };

static uint32_t entries_of(size_t bytes, size_t entry_bytes)
{
	size_t entries = bytes / entry_bytes;

	if (entries > INT32_MAX)
		entries = INT32_MAX;
	return entries < KINDS_MIN ? KINDS_MIN : (uint32_t)entries;
}

struct verdicts *verdicts_new(const struct verdicts_run	     *run,
			      const struct verdicts_consumer *consumer)
{
	struct verdicts *verdicts = mem_alloc(sizeof(*verdicts));
	uint32_t	 kinds = entries_of(run->memory_bytes / 4, KIND_BYTES);
	uint32_t	 waits = entries_of(run->memory_bytes / 4 * 3, WAITING_BYTES);

	verdicts->run = *run;
	verdicts->consumer = *consumer;
	verdicts->interfaces = interfaces_new();
	for (int i = 0; i < WIDTH_COUNT; i++) {
		verdicts->kinds[i] = memo_new(width_words[i], kinds, false);
		verdicts->waits[i] = memo_new(width_words[i], waits, true);
	}
	verdicts->openers = openers_new();
	verdicts->matcher = matcher_open(run->world);
	return verdicts;
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	for (int i = 0; i < WIDTH_COUNT; i++) {
		memo_free(verdicts->kinds[i]);
		memo_free(verdicts->waits[i]);
	}
	interfaces_free(verdicts->interfaces);
	openers_free(verdicts->openers);
	matcher_free(verdicts->matcher);
	arena_done(&verdicts->lines);
	free(verdicts->waiting);
	free(verdicts->totals);
	free(verdicts);
}

static enum width width_of(const struct verdict_key *key)
{
	return key->count == MEMO_NARROW ? NARROW : WIDE;
}

static inline struct sums sums_of(const struct columns *columns, uint32_t row)
{
	return (struct sums){ .records = 1,
			      .packets = columns->at[FIELD_PACKETS].u64[row],
			      .bytes = columns->at[FIELD_BYTES].u64[row],
			      .start = columns->at[FIELD_START].u64[row],
			      .end = columns->at[FIELD_END].u64[row] };
}

static inline uint64_t order_of(const struct columns *columns, uint32_t row)
{
	return (uint64_t)columns->block->file << FILE_AT | columns_line_number(columns, row);
}

static struct total *total_at(struct verdicts *verdicts, uint32_t place)
{
	while (verdicts->total_count <= place) {
		verdicts->totals = mem_grow(verdicts->totals, verdicts->total_count,
					    &verdicts->total_capacity, sizeof(*verdicts->totals));
		verdicts->totals[verdicts->total_count++] = (struct total){ .first = UINT64_MAX };
	}
	return &verdicts->totals[place];
}

static void place_miss(struct verdicts *verdicts, const struct miss *miss, uint32_t index)
{
	const struct total *what = &miss->what.total;
	struct judged	    judged = { .record = &verdicts->records[index],
				       .answer = &verdicts->answers[index],
				       .line = miss->what.line,
				       .path = miss->what.path,
				       .file = (uint32_t)(what->first >> FILE_AT),
				       .line_number = what->first & ((UINT64_C(1) << FILE_AT) - 1) };
	uint32_t	    place = verdicts->consumer.place(verdicts->consumer.self, &judged);
	struct total	   *total = total_at(verdicts, place);

	if (!miss->is_new_interface)
		memo_put(verdicts->kinds[width_of(&miss->key)], miss->key.words, place);
	sums_join(&total->sums, &what->sums);
	if (what->first < total->first)
		total->first = what->first;
}

static void judge_misses(struct verdicts *verdicts)
{
	uint32_t count = verdicts->miss_count;

	for (uint32_t i = 0; i < count; i++) {
		const struct miss *miss = &verdicts->misses[i];

		verdict_key_record(verdicts->run.scheme, &miss->key, miss->interface,
				   &verdicts->records[i]);
		verdicts->queries[i] = (struct record_query){
			.record = &verdicts->records[i], .known = verdict_key_known(&miss->key)
		};
	}
	records_judge(verdicts->matcher, verdicts->run.judge, verdicts->queries, count,
		      verdicts->answers);
	for (uint32_t i = 0; i < count; i++)
		place_miss(verdicts, &verdicts->misses[i], i);
	verdicts->counts.judged += count;
	verdicts->miss_count = 0;
}

static struct miss *new_miss(struct verdicts *verdicts)
{
	if (verdicts->miss_count == MISSES_MAX)
		judge_misses(verdicts);
	return &verdicts->misses[verdicts->miss_count++];
}

static struct waiting waiting_of(const struct columns *columns, uint32_t row)
{
	return (struct waiting){
		.total = { sums_of(columns, row), order_of(columns, row) },
		.line = columns_line(columns, row),
		.path = columns->block->path,
	};
}

static struct verdict_key key_of(const uint64_t *words, enum width width)
{
	struct verdict_key key = { .count = width_words[width] };

	memcpy(key.words, words, key.count * sizeof(*words));
	return key;
}

static void add_settled(struct verdicts *verdicts, const struct columns *columns, enum width width)
{
	struct lot *lot = &verdicts->settled[width];

	memo_find(verdicts->kinds[width], lot->keys, lot->count, lot->found);
	for (uint32_t i = 0; i < lot->count; i++) {
		uint32_t      row = lot->rows[i], place = lot->found[i];
		struct sums   sums = sums_of(columns, row);
		struct miss  *miss;
		struct total *total = place == MEMO_NONE ? NULL : &verdicts->totals[place];

		if (total && order_of(columns, row) >= total->first) {
			sums_join(&total->sums, &sums);
			continue;
		}
		miss = new_miss(verdicts);
		miss->key = key_of(lot->keys + (size_t)i * width_words[width], width);
		miss->is_new_interface = false;
		miss->interface = interfaces_id(verdicts->interfaces,
						verdict_key_interface(&miss->key));
		miss->what = waiting_of(columns, row);
	}
}

/* The record that the key stands for, with the ports of its conversation. */
static enum role opener_of(const struct verdicts *verdicts, const struct openers *openers,
			   const struct verdict_key *key)
{
	struct record record;

	verdict_key_record(verdicts->run.scheme, key,
			   interfaces_id(verdicts->interfaces, verdict_key_interface(key)),
			   &record);
	return openers_role(openers, &record);
}

/* No memory to wait: by what is known now. */
static void judge_at_once(struct verdicts *verdicts, const struct verdict_key *key,
			  const struct waiting *what)
{
	struct miss *miss = new_miss(verdicts);

	miss->key = *key;
	miss->is_new_interface = false;
	miss->interface = interfaces_id(verdicts->interfaces, verdict_key_interface(key));
	miss->what = *what;
	verdict_key_settle(verdicts->run.scheme, opener_of(verdicts, verdicts->openers, key),
			   &miss->key);
	verdicts->counts.not_waited++;
}

static void keep_line(struct verdicts *verdicts, struct waiting *waiting, struct str line)
{
	waiting->line = (struct str){ 0 };
	if (verdicts->lines.used + line.len <= WAITING_LINES_BYTES)
		waiting->line = arena_str(&verdicts->lines, line);
}

static void wait_anew(struct verdicts *verdicts, const struct verdict_key *key,
		      const struct waiting *what)
{
	struct waiting *waiting;

	if (!memo_put(verdicts->waits[width_of(key)], key->words,
		      (uint32_t)verdicts->waiting_count)) {
		judge_at_once(verdicts, key, what);
		return;
	}
	verdicts->waiting = mem_grow(verdicts->waiting, verdicts->waiting_count,
				     &verdicts->waiting_capacity, sizeof(*verdicts->waiting));
	waiting = &verdicts->waiting[verdicts->waiting_count++];
	*waiting = *what;
	keep_line(verdicts, waiting, what->line);
}

static void add_open(struct verdicts *verdicts, const struct columns *columns, enum width width)
{
	struct lot *lot = &verdicts->open[width];

	memo_find(verdicts->waits[width], lot->keys, lot->count, lot->found);
	for (uint32_t i = 0; i < lot->count; i++) {
		const uint64_t *words = lot->keys + (size_t)i * width_words[width];
		uint32_t	row = lot->rows[i], found = lot->found[i];
		struct waiting	what, *waiting;

		/* One that is new in these columns may stand in them twice. */
		if (found == MEMO_NONE)
			found = memo_get(verdicts->waits[width], words);
		if (found == MEMO_NONE) {
			struct verdict_key key = key_of(words, width);

			what = waiting_of(columns, row);
			wait_anew(verdicts, &key, &what);
			continue;
		}
		waiting = &verdicts->waiting[found];
		what.total.sums = sums_of(columns, row);
		sums_join(&waiting->total.sums, &what.total.sums);
		if (order_of(columns, row) < waiting->total.first) {
			waiting->total.first = order_of(columns, row);
			waiting->path = columns->block->path;
			keep_line(verdicts, waiting, columns_line(columns, row));
		}
	}
}

/* What the row's flags tell is worth remembering where its ports would not have told it. */
static void learn(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	struct record record;
	enum role     by_ports;

	if (columns->at[FIELD_PROTOCOL].u64[row] != PROTO_TCP ||
	    !columns->at[FIELD_TCP_FLAGS].u64[row])
		return;
	by_ports = record_role_by_ports(PROTO_TCP, (uint16_t)columns->at[FIELD_SRCPORT].u64[row],
					(uint16_t)columns->at[FIELD_DSTPORT].u64[row]);
	record = (struct record){ .has = columns->has[row],
				  .protocol = PROTO_TCP,
				  .tcp_flags = columns->at[FIELD_TCP_FLAGS].u64[row] };
	if (record_role(&record) == ROLE_UNKNOWN || record_role(&record) == by_ports)
		return;
	columns_record(columns, row, &record);
	openers_learn(verdicts->openers, &record);
}

static void sort_row(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	struct str	   id = columns->at[FIELD_INTERFACE_ID].text[row];
	uint32_t	   number = interfaces_number(verdicts->interfaces, id);
	struct verdict_key key;
	struct lot	  *lot;

	learn(verdicts, columns, row);
	verdict_key_make(verdicts->run.scheme, columns, row, number, &key);
	if (number == INTERFACES_NONE) {
		struct miss *miss = new_miss(verdicts);

		verdicts->counts.not_waited += key.wants_opener;
		if (key.wants_opener)
			verdict_key_settle(verdicts->run.scheme, ROLE_UNKNOWN, &key);
		miss->key = key;
		miss->is_new_interface = true;
		miss->interface = id;
		miss->what = waiting_of(columns, row);
		return;
	}
	lot = (key.wants_opener ? verdicts->open : verdicts->settled) + width_of(&key);
	memcpy(lot->keys + (size_t)lot->count * key.count, key.words,
	       key.count * sizeof(*key.words));
	lot->rows[lot->count++] = row;
}

/* Whether the period lets the row in; what it leaves out is counted. */
static bool is_wanted(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	if (!columns_has(columns, row, FIELD_START) || !columns_has(columns, row, FIELD_END)) {
		verdicts->counts.timeless++;
		return false;
	}
	if (period_has(verdicts->run.period, columns->at[FIELD_START].u64[row],
		       columns->at[FIELD_END].u64[row]))
		return true;
	verdicts->counts.outside++;
	return false;
}

void verdicts_rows(struct verdicts *verdicts, const struct columns *columns)
{
	bool is_all = period_is_all(verdicts->run.period);

	for (int i = 0; i < WIDTH_COUNT; i++)
		verdicts->settled[i].count = verdicts->open[i].count = 0;
	for (uint32_t row = 0; row < columns->count; row++) {
		if (is_all || is_wanted(verdicts, columns, row))
			sort_row(verdicts, columns, row);
	}
	for (int i = 0; i < WIDTH_COUNT; i++) {
		add_settled(verdicts, columns, (enum width)i);
		add_open(verdicts, columns, (enum width)i);
	}
	judge_misses(verdicts); /* their text is the block's */
}

/* Everything that waited, now that the openers are known. */
static void settle_all(struct verdicts *verdicts, const struct openers *openers, enum width width)
{
	size_t	 at = 0;
	uint32_t number;

	for (const uint64_t *words; (words = memo_next(verdicts->waits[width], &at, &number));) {
		const struct waiting *waiting = &verdicts->waiting[number];
		struct verdict_key    key = key_of(words, width);
		struct miss	     *miss;
		uint32_t	      place;

		verdict_key_settle(verdicts->run.scheme, opener_of(verdicts, openers, &key), &key);
		place = memo_get(verdicts->kinds[width], key.words);
		if (place != MEMO_NONE && waiting->total.first >= verdicts->totals[place].first) {
			sums_join(&verdicts->totals[place].sums, &waiting->total.sums);
			continue;
		}
		miss = new_miss(verdicts);
		miss->key = key;
		miss->is_new_interface = false;
		miss->interface = interfaces_id(verdicts->interfaces, verdict_key_interface(&key));
		miss->what = *waiting;
	}
	judge_misses(verdicts);
}

void verdicts_finish(struct verdicts *const *threads, size_t count)
{
	for (size_t i = 1; i < count; i++)
		openers_merge(threads[0]->openers, threads[i]->openers);
	for (size_t i = 0; i < count; i++) {
		struct verdicts *verdicts = threads[i];

		for (int width = 0; width < WIDTH_COUNT; width++)
			settle_all(verdicts, threads[0]->openers, (enum width)width);
		for (size_t place = 0; place < verdicts->total_count; place++)
			if (verdicts->totals[place].sums.records)
				verdicts->consumer.add(verdicts->consumer.self, (uint32_t)place,
						       &verdicts->totals[place].sums);
	}
}

struct verdicts_counts verdicts_counts(const struct verdicts *verdicts)
{
	struct verdicts_counts counts = verdicts->counts;

	counts.not_learned = openers_not_learned(verdicts->openers);
	return counts;
}
