/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "sensor/delivery/spool_file.h"
#include "sensor/delivery/spool_folder.h"
#include "sensor/delivery/spool_owed.h"
#include "sensor/delivery/spool_run.h"

#define NS_PER_S INT64_C(1000000000)

enum { OPEN_MAX = 8 };

/* How long another process that is ending is waited for before that is told. */
enum { LOCK_TRIES = 70, LOCK_WAIT_MS = 100 };

/* The one that is delivered. */
struct loan {
	struct spool_item *item; /* NULL: there is none */
	char		   name[SPOOL_NAME_SIZE];
	char		  *text;
};

struct spool {
	struct spool_args   args;
	struct spool_folder folder;
	size_t		    begin_size; /* of a file without lines */
	pthread_mutex_t	    lock;	/* of all below */
	struct spool_item **items;	/* by number */
	size_t		    count, capacity;
	uint64_t	    bytes, lines; /* lines: that are not delivered */
	bool		    is_refused;	  /* the last lines could not be written */
	struct spool_owed   owed;
	struct loan	    loan;
};

static void say(struct spool *spool, const struct err *err)
{
	board_say(&spool->args.board->failure, clock_seconds(clock_now().wall), str_of(err->text));
}

static uint64_t lines_left(const struct spool_item *item)
{
	const struct spool_head *head = &item->head;

	return head->lines > head->acked_lines ? head->lines - head->acked_lines : 0;
}

/* Of the first segment that has lines. */
static uint64_t oldest_s(const struct spool *spool)
{
	for (size_t i = 0; i < spool->count; i++)
		if (lines_left(spool->items[i]))
			return (uint64_t)spool->items[i]->head.oldest_s;
	return 0;
}

static void note(struct spool *spool)
{
	struct board_sink *board = spool->args.board;

	board_set(&board->spool_bytes, spool->bytes);
	board_set(&board->spool_items, spool->lines);
	board_set(&board->oldest_s, oldest_s(spool));
}

static void keep(struct spool *spool, struct spool_item *item)
{
	size_t at = spool->count;

	spool->items = mem_grow(spool->items, spool->count, &spool->capacity,
				sizeof(*spool->items));
	while (at > 0 && spool->items[at - 1]->number > item->number) {
		spool->items[at] = spool->items[at - 1];
		at--;
	}
	spool->items[at] = item;
	spool->count++;
	spool->bytes += item->size;
	spool->lines += lines_left(item);
}

/* Its file too. */
static void drop(struct spool *spool, struct spool_item *item)
{
	size_t at = 0;

	while (spool->items[at] != item)
		at++;
	spool->count--;
	memmove(spool->items + at, spool->items + at + 1,
		(spool->count - at) * sizeof(*spool->items));
	spool->bytes -= item->size;
	spool->lines -= lines_left(item);
	spool_folder_remove(&spool->folder, item);
	spool_item_free(item);
}

/* Before it goes: what of it is not delivered. */
static void owe(struct spool *spool, struct spool_item *item)
{
	if (lines_left(item) || item->is_unknown)
		spool_owed_add_item(&spool->owed, &spool->folder, item);
}

static void drop_counted(struct spool *spool, struct spool_item *item, enum board_drop reason)
{
	owe(spool, item);
	board_add(&spool->args.board->dropped[reason], lines_left(item));
	drop(spool, item);
}

/* spool_item_fn */
static void take_over(void *context, struct spool_item *item, uint64_t torn)
{
	struct spool *spool = context;

	board_add(&spool->args.board->dropped[BOARD_TORN], torn);
	keep(spool, item);
	if (!lines_left(item) && !item->head.acked && !item->is_unknown && !item->is_aside)
		drop(spool, item);
}

/* That of a sensor that was killed soon ends; another sensor's is somebody's mistake, and told as long as it lasts. */
static int have_alone(struct spool *spool, struct err *err)
{
	struct board_sink *board = spool->args.board;
	struct err	   late;
	int		   result = -1;

	for (int i = 0; i < LOCK_TRIES && result < 0; i++) {
		if (i)
			poll(NULL, 0, LOCK_WAIT_MS);
		result = spool_folder_lock(&spool->folder, false, &late);
	}
	if (result == 0)
		return 0;
	say(spool, &late);
	board_set(&board->is_failing, 1);
	result = spool_folder_lock(&spool->folder, true, err);
	board_set(&board->is_failing, 0);
	return result;
}

struct spool *spool_open(const struct spool_args *args, struct err *err)
{
	struct spool *spool = mem_alloc(sizeof(*spool));
	struct err    late;

	assert(args->period_s % 60 == 0 && args->segment_max <= args->bytes_max / 4);
	spool->args = *args;
	pthread_mutex_init(&spool->lock, NULL);
	if (spool_folder_open(&spool->folder, args->folder, err) < 0 ||
	    have_alone(spool, err) < 0) {
		spool_close(spool);
		return NULL;
	}
	spool->folder.header = args->header;
	spool->begin_size = spool_folder_begin_size(&spool->folder);
	if (spool_folder_list(&spool->folder, take_over, spool, &late) < 0)
		say(spool, &late);
	spool_owed_init(&spool->owed, args);
	spool_owed_save(&spool->owed, &spool->folder, clock_now());
	note(spool);
	return spool;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	for (size_t i = 0; i < spool->count; i++)
		spool_item_free(spool->items[i]);
	free(spool->items);
	free(spool->loan.text);
	spool_owed_done(&spool->owed);
	spool_folder_close(&spool->folder);
	pthread_mutex_destroy(&spool->lock);
	free(spool);
}

/* One that cannot be sealed now is tried again, and takes no more lines. */
static int seal(struct spool *spool, struct spool_item *item, struct err *err)
{
	item->is_full = true;
	if (spool_folder_seal(&spool->folder, item, err) == 0)
		return 0;
	say(spool, err);
	return -1;
}

static struct spool_item *find_open(const struct spool *spool, int64_t period_s)
{
	for (size_t i = spool->count; i-- > 0;) {
		struct spool_item *item = spool->items[i];

		if (item->is_open && !item->is_full &&
		    (!spool->args.period_s || item->period_s == period_s))
			return item;
	}
	return NULL;
}

/* What is being delivered stays: its lines would be counted both ways. */
static struct spool_item *oldest(const struct spool *spool, const struct spool_item *but)
{
	for (size_t i = 0; i < spool->count; i++)
		if (spool->items[i] != but && spool->items[i] != spool->loan.item)
			return spool->items[i];
	return NULL;
}

static bool make_room(struct spool *spool, uint64_t size, const struct spool_item *but)
{
	while (spool->bytes + size > spool->args.bytes_max) {
		struct spool_item *item = oldest(spool, but);

		if (!item)
			return false;
		drop_counted(spool, item, BOARD_SPOOL_FULL);
	}
	return true;
}

/* Each has its file open; a clock that jumps about must not take all there are. */
static void close_excess(struct spool *spool)
{
	struct spool_item *first = NULL;
	size_t		   open = 0;
	struct err	   err;

	for (size_t i = 0; i < spool->count; i++) {
		if (!spool->items[i]->is_open)
			continue;
		first = open++ ? first : spool->items[i];
	}
	if (open >= OPEN_MAX)
		(void)seal(spool, first, &err);
}

static struct spool_item *place_for(struct spool *spool, const struct spool_run *run,
				    struct clock_pair now, struct err *err)
{
	struct spool_item *item = find_open(spool, run->period_s);

	if (item && item->size + run->text.len > spool->args.segment_max) {
		if (seal(spool, item, err) < 0)
			return NULL;
		item = NULL;
	}
	if (item)
		return item;
	close_excess(spool);
	item = spool_folder_add(&spool->folder, run->period_s, now, err);
	if (item)
		keep(spool, item);
	return item;
}

static void add_run(struct spool *spool, const struct spool_run *run, struct clock_pair now)
{
	struct board_sink *board = spool->args.board;
	struct spool_item *item;
	struct err	   err;

	if (!make_room(spool, run->text.len + spool->begin_size, find_open(spool, run->period_s))) {
		board_add(&board->dropped[BOARD_SPOOL_FULL], run->lines);
		spool_owed_add_lines(&spool->owed, run->text, (struct str){ 0 });
		return;
	}
	item = place_for(spool, run, now, &err);
	spool->is_refused = !item || spool_item_write(item, run->text, &err) < 0;
	if (spool->is_refused) {
		spool_owed_add_lines(&spool->owed, run->text, (struct str){ 0 });
		say(spool, &err);
		board_add(&board->dropped[BOARD_DISK], run->lines);
		return;
	}
	if (!item->head.lines || run->oldest_s < item->head.oldest_s)
		item->head.oldest_s = run->oldest_s;
	item->head.lines += run->lines;
	spool->lines += run->lines;
	spool->bytes += run->text.len;
}

struct str spool_add(struct spool *spool, struct str lines, struct clock_pair now)
{
	struct board_sink *board = spool->args.board;
	uint64_t	   torn = 0;
	struct spool_run   run;

	pthread_mutex_lock(&spool->lock);
	run = spool_run_take(&lines, &spool->args, spool->begin_size, &torn);
	board_add(&board->taken, run.lines);
	if (run.lines)
		add_run(spool, &run, now);
	spool_owed_save(&spool->owed, &spool->folder, now);
	board_add(&board->dropped[BOARD_TORN], torn);
	note(spool);
	pthread_mutex_unlock(&spool->lock);
	return lines;
}

/* By either clock: the wall clock may be set back. */
static bool is_settled(const struct spool *spool, const struct spool_item *item,
		       struct clock_pair now)
{
	int64_t age_s = ((int64_t)now.mono.ns - (int64_t)item->opened.ns) / NS_PER_S;
	int64_t wait_s = (int64_t)spool->args.period_s + spool->args.settle_s;

	return item->is_full ||
	       (spool->args.period_s &&
		(age_s >= wait_s || clock_seconds(now.wall) >= item->period_s + wait_s));
}

/* What is owed becomes a segment like others. */
static void pay(struct spool *spool)
{
	struct spool_item *item = spool_owed_take(&spool->owed, &spool->folder);

	if (item)
		keep(spool, item);
}

void spool_settle(struct spool *spool, struct clock_pair now)
{
	struct err err;

	pthread_mutex_lock(&spool->lock);
	spool_owed_save(&spool->owed, &spool->folder, now);
	if (!spool->is_refused && spool->bytes <= spool->args.bytes_max / 2)
		pay(spool);
	note(spool);
	for (size_t i = 0; i < spool->count; i++)
		if (spool->items[i]->is_open && is_settled(spool, spool->items[i], now))
			(void)seal(spool, spool->items[i], &err);
	pthread_mutex_unlock(&spool->lock);
}

void spool_seal_all(struct spool *spool)
{
	struct err err;

	pthread_mutex_lock(&spool->lock);
	for (size_t i = 0; i < spool->count; i++)
		if (spool->items[i]->is_open)
			(void)seal(spool, spool->items[i], &err);
	spool_owed_save(&spool->owed, &spool->folder, clock_now());
	pay(spool);
	spool_owed_end(&spool->owed, &spool->folder);
	note(spool);
	pthread_mutex_unlock(&spool->lock);
}

/* Without a period it is sealed now, since somebody wants it. */
static struct spool_item *next_sealed(struct spool *spool, struct err *err)
{
	for (size_t i = 0; i < spool->count; i++) {
		struct spool_item *item = spool->items[i];

		if (item->is_open && !spool->args.period_s && item->head.lines)
			(void)seal(spool, item, err);
		if (!item->is_open && !item->is_aside)
			return item;
	}
	return NULL;
}

/* A sealed file had all its lines once: those that are missing were damaged since. */
static void count_damage(struct spool *spool, struct spool_item *item,
			 const struct spool_count *count)
{
	uint64_t missing = item->head.lines > count->lines ? item->head.lines - count->lines : 0;
	uint64_t left = lines_left(item);

	if (missing && !item->is_damaged) {
		board_add(&spool->args.board->dropped[BOARD_TORN], missing);
		spool_owed_add_times(&spool->owed, &spool->folder, item);
	}
	item->is_damaged |= missing > 0;
	item->is_unknown = false;
	item->head.lines = count->lines > item->head.acked_lines ? count->lines
								 : item->head.acked_lines;
	spool->lines -= left - lines_left(item);
}

/* Of the file itself: trouble of the whole disk or host ends for all of them. */
static void note_fault(struct spool_item *item, const struct err *err)
{
	static const int faults[] = { EIO, EBADMSG, EUCLEAN, EACCES, ELOOP, EISDIR };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		item->faults += err->sys_errno == faults[i];
}

/* One that was tried often enough must not keep the others waiting; whether it does not any more. */
static bool set_aside(struct spool *spool, struct spool_item *item)
{
	struct spool_name name = { .period_s = item->period_s,
				   .number = item->number,
				   .is_aside = true };
	uint64_t	  left = lines_left(item);
	char		  text[SPOOL_NAME_SIZE];
	struct err	  err;

	if (item->faults < SPOOL_FAULTS_MAX)
		return false;
	if (spool_folder_set_aside(&spool->folder, item, &err) < 0) {
		say(spool, &err);
		return false;
	}
	owe(spool, item);
	spool_name_print(&name, text);
	err_set(&err, ERR_SYSTEM, "a segment that cannot be read is set aside: '%s/%s'",
		spool->folder.path, text);
	say(spool, &err);
	board_add(&spool->args.board->dropped[BOARD_UNREADABLE], left ? left : 1);
	item->head.lines = item->head.acked_lines;
	item->is_unknown = false;
	spool->lines -= left;
	return true;
}

/* Into the loan.  With the lock, which it gives back while it reads. */
static int load(struct spool *spool, struct spool_item *item, size_t *len, struct err *err)
{
	struct loan	  *loan = &spool->loan;
	struct spool_count count;
	int		   result;

	loan->item = item;
	pthread_mutex_unlock(&spool->lock);
	result = spool_folder_load(&spool->folder, item, &loan->text, len, err);
	if (result == 0)
		*len = spool_text_mend(loan->text, *len, &count);
	pthread_mutex_lock(&spool->lock);
	if (result == 0) {
		count_damage(spool, item, &count);
		return 0;
	}
	loan->item = NULL;
	note_fault(item, err);
	return -1;
}

/* The first that is not set aside then: as spool_take. */
static int load_next(struct spool *spool, size_t *len, struct err *err)
{
	for (;;) {
		struct spool_item *item = next_sealed(spool, err);

		if (!item)
			return 0;
		if (set_aside(spool, item))
			continue;
		if (load(spool, item, len, err) == 0)
			return 1;
		if (err->sys_errno == ENOENT)
			drop_counted(spool, item, BOARD_TORN);
		else if (set_aside(spool, item))
			continue;
		return -1;
	}
}

int spool_take(struct spool *spool, struct segment *segment, struct err *err)
{
	struct loan	  *loan = &spool->loan;
	struct spool_item *item;
	struct str	   text;
	size_t		   len = 0;
	int		   result;

	assert(!loan->item);
	pthread_mutex_lock(&spool->lock);
	result = load_next(spool, &len, err);
	spool_owed_save(&spool->owed, &spool->folder, clock_now());
	note(spool);
	pthread_mutex_unlock(&spool->lock);
	if (result <= 0)
		return result;
	item = loan->item;
	text = (struct str){ loan->text, len };
	spool_name_print(&(struct spool_name){ .period_s = item->period_s, .number = item->number },
			 loan->name);
	*segment = (struct segment){ .name = loan->name,
				     .period_s = item->period_s,
				     .header = spool_header_cut(&text),
				     .acked = item->head.acked,
				     .in_doubt = item->head.begun,
				     .spool = spool };
	segment->text = text;
	return 1;
}

static void end_loan(struct spool *spool)
{
	mem_close_at(&spool->loan.item->fd);
	spool->loan.item->fd = -1;
	mem_free_at(&spool->loan.text);
	spool->loan = (struct loan){ 0 };
}

void spool_remove(struct spool *spool)
{
	struct spool_item *item = spool->loan.item;

	pthread_mutex_lock(&spool->lock);
	end_loan(spool);
	drop(spool, item);
	note(spool);
	pthread_mutex_unlock(&spool->lock);
}

void spool_give_back(struct spool *spool)
{
	pthread_mutex_lock(&spool->lock);
	end_loan(spool);
	pthread_mutex_unlock(&spool->lock);
}

/* The head on disk first: what it says is what is known after a kill. */
static int set_head(struct segment *segment, const struct spool_head *head, struct err *err)
{
	struct spool	  *spool = segment->spool;
	struct spool_item *item = spool->loan.item;

	if (spool_item_write_head(item, head, err) < 0) {
		note_fault(item, err);
		return -1;
	}
	item->faults = 0;
	pthread_mutex_lock(&spool->lock);
	spool->lines -= lines_left(item);
	item->head = *head;
	spool->lines += lines_left(item);
	note(spool);
	pthread_mutex_unlock(&spool->lock);
	segment->acked = head->acked;
	segment->in_doubt = head->begun;
	return 0;
}

int segment_begin(struct segment *segment, struct err *err)
{
	struct spool_head head = segment->spool->loan.item->head;

	head.begun = true;
	return set_head(segment, &head, err);
}

int segment_ack(struct segment *segment, uint64_t lines, uint64_t bytes, struct err *err)
{
	struct spool_head  head = segment->spool->loan.item->head;
	struct board_sink *board = segment->spool->args.board;
	uint64_t	   left = lines_left(segment->spool->loan.item);

	head.begun = false;
	head.acked++;
	head.acked_lines += lines < left ? lines : left;
	if (set_head(segment, &head, err) < 0)
		return -1;
	board_add(&board->delivered, lines);
	board_add(&board->delivered_bytes, bytes);
	board_add(&board->deliveries, 1);
	board_set(&board->delivered_s, (uint64_t)clock_seconds(clock_now().wall));
	return 0;
}
