/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/crew.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/progress.h"
#include "simulator/flows/interrupt.h"

/* A file being read; whoever holds the lock reads. */
struct seat {
	pthread_mutex_t lock;
	struct blocks  *blocks; /* NULL: none is open */
	uint64_t	taken;	/* of it, as told to the others */
};

struct crew {
	const struct crew_job *job;
	struct seat	      *seats;	  /* one for each thread, which opens its files there */
	pthread_mutex_t	       lock;	  /* of the following */
	pthread_cond_t	       changed;	  /* a thread has ended */
	size_t		       next_file; /* in the list */
	unsigned	       running;
	struct crew_report    *report;
	atomic_uint_fast64_t   taken, rows; /* bytes of the files; records */
};

struct hand {
	struct crew	*crew;
	unsigned	 index;
	pthread_t	 thread;
	bool		 has_thread;
	struct parser	*parser;
	struct block	 block;
	struct bad_lines bad;
	uint64_t	 bytes;
};

/* Sent to a thread that waits for a quiet pipe: it need do nothing but arrive, and by default it does nothing. */
enum { WAKING = SIGURG };

static void on_waking(int number)
{
	(void)number;
}

/* What the signals did before the run. */
struct signals {
	struct sigaction interrupt, waking;
};

static struct signals catch_signals(void)
{
	struct sigaction waking = { .sa_handler = on_waking };
	struct signals	 before = { .interrupt = interrupt_catch() };

	sigaction(WAKING, &waking, &before.waking);
	return before;
}

static void give_back_signals(const struct signals *before)
{
	interrupt_release(&before->interrupt);
	sigaction(WAKING, &before->waking, NULL);
}

/* What the interruption cut short is told by itself. */
static void tell_unread(struct crew *crew, const struct err *err)
{
	if (interrupt_is_set())
		return;
	pthread_mutex_lock(&crew->lock);
	err_list_add(&crew->report->unread, err);
	pthread_mutex_unlock(&crew->lock);
}

static size_t next_file(struct crew *crew)
{
	size_t file;

	pthread_mutex_lock(&crew->lock);
	file = crew->next_file;
	crew->next_file += file < crew->job->logs->count;
	pthread_mutex_unlock(&crew->lock);
	return file;
}

/* Opens the next file that can be opened.  False: there is none. */
static bool open_next(struct crew *crew, struct seat *seat)
{
	const struct log_list *logs = crew->job->logs;
	size_t		       file;

	while (!interrupt_is_set() && (file = next_file(crew)) < logs->count) {
		struct err err = { 0 };

		seat->taken = 0;
		seat->blocks = blocks_open(logs->paths[file], (uint32_t)file, crew->job->format,
					   &err);
		if (seat->blocks)
			return true;
		tell_unread(crew, &err);
	}
	return false;
}

static void count_taken(struct crew *crew, struct seat *seat)
{
	uint64_t taken = blocks_taken(seat->blocks);

	atomic_fetch_add(&crew->taken, taken - seat->taken);
	seat->taken = taken;
}

/* The next block of the seat's file, or of the next one where the seat is the hand's own.  False: none left. */
static bool read_block(struct hand *hand, struct seat *seat, bool own)
{
	struct crew *crew = hand->crew;
	struct err   err = { 0 };
	int	     got = 0;

	pthread_mutex_lock(&seat->lock);
	while (got == 0 && !interrupt_is_set() &&
	       (seat->blocks || (own && open_next(crew, seat)))) {
		got = blocks_next(seat->blocks, &hand->block, &hand->bad, &err);
		count_taken(crew, seat);
		if (got > 0)
			break;
		if (got < 0)
			tell_unread(crew, &err);
		blocks_close(seat->blocks);
		seat->blocks = NULL;
		got = 0;
	}
	pthread_mutex_unlock(&seat->lock);
	return got > 0;
}

static void parse_block(struct hand *hand)
{
	const struct crew_job *job = hand->crew->job;
	const struct columns  *columns;
	uint64_t	       rows = 0;

	parser_take(hand->parser, &hand->block);
	while ((columns = parser_next(hand->parser, &hand->bad))) {
		rows += columns->count;
		job->rows(job->workers[hand->index], columns);
	}
	hand->bytes += hand->block.len;
	atomic_fetch_add(&hand->crew->rows, rows);
}

static void *work(void *hand_ptr)
{
	struct hand *hand = hand_ptr;
	struct crew *crew = hand->crew;

	for (unsigned i = 0; i < crew->job->threads; i++) {
		unsigned at = (hand->index + i) % crew->job->threads;

		while (read_block(hand, &crew->seats[at], at == hand->index))
			parse_block(hand);
	}
	pthread_mutex_lock(&crew->lock);
	crew->running--;
	pthread_cond_signal(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static struct timespec soon(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_nsec += PROGRESS_INTERVAL_MS * 1000000L;
	time.tv_sec += time.tv_nsec / 1000000000L;
	time.tv_nsec %= 1000000000L;
	return time;
}

/* A signal that comes just before a thread begins to wait is lost; so they are woken until they have ended. */
static void wake(const struct crew *crew, const struct hand *hands)
{
	for (unsigned i = 0; i < crew->job->threads; i++)
		if (hands[i].has_thread)
			pthread_kill(hands[i].thread, WAKING);
}

/* Waits for all threads, with a look at the progress and for an interruption ten times a second. */
static void wait_for_all(struct crew *crew, const struct hand *hands)
{
	struct progress progress;

	progress_start(&progress, crew->job->progress);
	pthread_mutex_lock(&crew->lock);
	while (crew->running) {
		struct timespec	      until = soon();
		struct progress_state state = { .bytes_total = crew->job->logs->total_bytes,
						.what = "records" };

		pthread_cond_clockwait(&crew->changed, &crew->lock, CLOCK_MONOTONIC, &until);
		state.bytes = atomic_load(&crew->taken);
		state.count = atomic_load(&crew->rows);
		progress_tell(&progress, &state);
		if (interrupt_is_set())
			wake(crew, hands);
	}
	pthread_mutex_unlock(&crew->lock);
	progress_done(&progress);
}

static void start(struct crew *crew, struct hand *hands)
{
	sigset_t interrupt, before;

	/* Only the thread that waits is interrupted. */
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	pthread_sigmask(SIG_BLOCK, &interrupt, &before);
	for (unsigned i = 0; i < crew->job->threads; i++) {
		struct hand *hand = &hands[i];

		*hand = (struct hand){ .crew = crew, .index = i };
		hand->parser = parser_new(crew->job->wanted);
		block_init(&hand->block);
	}
	crew->running = crew->job->threads;
	for (unsigned i = 0; i < crew->job->threads; i++)
		hands[i].has_thread = pthread_create(&hands[i].thread, NULL, work, &hands[i]) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* Threads that could not be had: their work is this one's, which can be interrupted in it. */
	for (unsigned i = 0; i < crew->job->threads; i++)
		if (!hands[i].has_thread)
			work(&hands[i]);
}

static void finish(struct crew *crew, struct hand *hands)
{
	for (unsigned i = 0; i < crew->job->threads; i++) {
		struct hand *hand = &hands[i];

		if (hand->has_thread)
			pthread_join(hand->thread, NULL);
		bad_lines_merge(&crew->report->bad, &hand->bad);
		crew->report->bytes += hand->bytes;
		parser_free(hand->parser);
		block_done(&hand->block);
	}
}

static int compare_errors(const void *a, const void *b)
{
	const struct err *x = a, *y = b;

	return strcmp(x->source, y->source);
}

void crew_run(const struct crew_job *job, struct crew_report *out)
{
	struct crew    crew = { .job = job, .report = out };
	struct hand   *hands = mem_alloc(job->threads * sizeof(*hands));
	struct signals before;

	assert(job->threads >= 1 && job->threads <= CREW_THREADS_MAX);
	*out = (struct crew_report){ 0 };
	crew.seats = mem_alloc(job->threads * sizeof(*crew.seats));
	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.changed, NULL);
	for (unsigned i = 0; i < job->threads; i++)
		pthread_mutex_init(&crew.seats[i].lock, NULL);
	before = catch_signals();
	start(&crew, hands);
	wait_for_all(&crew, hands);
	finish(&crew, hands);
	give_back_signals(&before);
	for (unsigned i = 0; i < job->threads; i++) {
		blocks_close(crew.seats[i].blocks);
		pthread_mutex_destroy(&crew.seats[i].lock);
	}
	pthread_cond_destroy(&crew.changed);
	pthread_mutex_destroy(&crew.lock);
	out->files = crew.next_file;
	out->rows = atomic_load(&crew.rows);
	out->interrupted = interrupt_is_set();
	qsort(out->unread.items, out->unread.count, sizeof(*out->unread.items), compare_errors);
	free(crew.seats);
	free(hands);
}

unsigned crew_threads(uint64_t wanted)
{
	cpu_set_t mine;
	unsigned  here = 1;

	if (wanted == 0 && sched_getaffinity(0, sizeof(mine), &mine) == 0)
		here = (unsigned)CPU_COUNT(&mine);
	if (wanted)
		here = wanted > CREW_THREADS_MAX ? CREW_THREADS_MAX : (unsigned)wanted;
	return here > CREW_THREADS_MAX ? CREW_THREADS_MAX : here;
}
