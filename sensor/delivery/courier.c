/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/courier.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "lib/base/mem.h"
#include "sensor/delivery/spool.h"

#define NS_PER_MS UINT64_C(1000000)

enum {
	TICK_MS = 1000, /* how often it looks for what has settled */
	SETTLE_S = 5,	/* windows are written so long after their end at most */
	WAIT_FIRST_MS = 1000,
	WAIT_LAST_MS = 60000,
	MAPPED_SIZE = 256 << 10
};

/* What both threads have. */
struct delivering {
	const struct courier *courier; /* borrowed */
	struct spool	     *spool;
	void		     *self; /* of the ops; NULL: not open yet */
	pthread_mutex_t	      lock; /* of all below */
	pthread_cond_t	      change;
	bool		      has_news; /* there may be something to deliver */
	bool		      is_ending;
	uint64_t	      end_ns; /* … which is when */
	bool		      has_ended;
};

static uint64_t now_ns(void)
{
	return clock_now().mono.ns;
}

/* Until then, or until *flag; with the lock. */
static void wait_for(struct delivering *delivering, const bool *flag, uint64_t until_ns)
{
	struct timespec until = { .tv_sec = (time_t)(until_ns / 1000000000),
				  .tv_nsec = (long)(until_ns % 1000000000) };

	while (!*flag &&
	       pthread_cond_timedwait(&delivering->change, &delivering->lock, &until) != ETIMEDOUT)
		continue;
}

static void set(struct delivering *delivering, bool *flag)
{
	pthread_mutex_lock(&delivering->lock);
	*flag = true;
	pthread_cond_broadcast(&delivering->change);
	pthread_mutex_unlock(&delivering->lock);
}

/* Half of it at least, so that many sensors do not come back at once. */
static uint64_t jitter(uint64_t wait_ms)
{
	uint64_t random = 0;

	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	return wait_ms / 2 + random % (wait_ms / 2 + 1);
}

/* Nothing to deliver: false when nothing will come either. */
static bool wait_for_news(struct delivering *delivering)
{
	bool goes_on;

	pthread_mutex_lock(&delivering->lock);
	goes_on = !delivering->is_ending;
	if (goes_on)
		wait_for(delivering, &delivering->has_news, now_ns() + TICK_MS * NS_PER_MS);
	delivering->has_news = false;
	pthread_mutex_unlock(&delivering->lock);
	return goes_on;
}

/* After a failure; false, at once: there is no time for another attempt, and whoever waits for the end need not. */
static bool wait_to_retry(struct delivering *delivering, uint64_t wait_ms)
{
	uint64_t until_ns = now_ns() + jitter(wait_ms) * NS_PER_MS;
	bool	 never = false, goes_on;

	pthread_mutex_lock(&delivering->lock);
	goes_on = !delivering->is_ending || until_ns < delivering->end_ns;
	if (goes_on)
		wait_for(delivering, delivering->is_ending ? &never : &delivering->is_ending,
			 until_ns);
	pthread_mutex_unlock(&delivering->lock);
	return goes_on;
}

static bool is_late(struct delivering *delivering)
{
	bool is_late;

	pthread_mutex_lock(&delivering->lock);
	is_late = delivering->is_ending && now_ns() >= delivering->end_ns;
	pthread_mutex_unlock(&delivering->lock);
	return is_late;
}

/* What cannot be opened now is a failure like any other: lines are spooled all the while. */
static int deliver(struct delivering *delivering, struct segment *segment, struct err *err)
{
	const struct courier *courier = delivering->courier;

	if (!delivering->self)
		delivering->self = courier->ops->open(&courier->setup, err);
	return delivering->self ? courier->ops->deliver(delivering->self, segment, err) : -1;
}

/* 1: delivered.  0: there was nothing.  -1: it failed, and that is on the board. */
static int deliver_one(struct delivering *delivering)
{
	struct board_sink *board = delivering->courier->setup.board;
	struct segment	   segment;
	struct err	   err = { 0 };
	int		   result = spool_take(delivering->spool, &segment, &err);

	if (result == 0) {
		/* What failed last may have been dropped or set aside. */
		board_set(&board->is_failing, 0);
		return 0;
	}
	board_add(&board->attempts, 1);
	if (result > 0) {
		result = deliver(delivering, &segment, &err);
		if (result == 0)
			spool_remove(delivering->spool);
		else
			spool_give_back(delivering->spool);
	}
	board_set(&board->is_failing, result < 0);
	if (result == 0)
		return 1;
	/* Whoever sees that it is counted finds out why. */
	board_say(&board->failure, clock_seconds(clock_now().wall), str_of(err.text));
	board_add(&board->failures, 1);
	return -1;
}

static void *deliver_all(void *context)
{
	struct delivering *delivering = context;
	const board_word *unreadable = &delivering->courier->setup.board->dropped[BOARD_UNREADABLE];
	uint64_t	  wait_ms = WAIT_FIRST_MS;
	bool		  goes_on = true;

	while (goes_on && !is_late(delivering)) {
		uint64_t aside = board_get(unreadable);
		int	 result = deliver_one(delivering);

		/* What is in the way no more is no reason to wait. */
		if (board_get(unreadable) != aside)
			wait_ms = WAIT_FIRST_MS;
		if (result == 0) {
			goes_on = wait_for_news(delivering);
		} else if (result > 0) {
			wait_ms = WAIT_FIRST_MS;
		} else {
			goes_on = wait_to_retry(delivering, wait_ms);
			wait_ms = wait_ms * 2 < WAIT_LAST_MS ? wait_ms * 2 : WAIT_LAST_MS;
		}
	}
	set(delivering, &delivering->has_ended);
	return NULL;
}

/* Windows that are longer than the period of a segment have segments of their own length. */
static struct spool_args spool_args_of(const struct courier *courier)
{
	uint32_t	  period_s = courier->ops->period_s, interval_s = courier->setup.interval_s;
	struct spool_args args = { .folder = courier->folder,
				   .period_s = period_s,
				   .settle_s = SETTLE_S,
				   .segment_max = courier->ops->bytes_max,
				   .bytes_max = courier->spool_max,
				   .header = courier->setup.header,
				   .interval_s = interval_s,
				   .identity = courier->setup.identity,
				   .board = courier->setup.board };

	if (period_s && interval_s > period_s)
		args.period_s = (interval_s + period_s - 1) / period_s * period_s;
	/* A window that is in two periods ends in the second. */
	if (period_s && interval_s && args.period_s % interval_s)
		args.settle_s += interval_s;
	if (args.segment_max > args.bytes_max / 4)
		args.segment_max = args.bytes_max / 4;
	return args;
}

static void spool_all(struct delivering *delivering, int fd)
{
	struct inbox	 *inbox = delivering->courier->inbox;
	enum inbox_state  state;
	struct clock_pair settled = { 0 };

	do {
		struct clock_pair now;
		struct str	  lines;

		state = inbox_fill(inbox, fd, TICK_MS);
		now = clock_now();
		lines = inbox_lines(inbox);
		while (lines.len) {
			struct str rest = spool_add(delivering->spool, lines, now);

			inbox_forget(inbox, lines.len - rest.len);
			lines = rest;
		}
		if (now.mono.ns - settled.mono.ns >= TICK_MS * NS_PER_MS) {
			spool_settle(delivering->spool, now);
			settled = now;
		}
		set(delivering, &delivering->has_news);
	} while (state != INBOX_ENDED);
	if (inbox_rest(inbox))
		board_add(&delivering->courier->setup.board->dropped[BOARD_TORN], 1);
	inbox_forget(inbox, inbox_rest(inbox));
	spool_seal_all(delivering->spool);
}

/* Whether the other thread has ended; one that hangs ends with the process. */
static bool end(struct delivering *delivering)
{
	bool has_ended;

	pthread_mutex_lock(&delivering->lock);
	delivering->is_ending = delivering->has_news = true;
	delivering->end_ns = now_ns() + COURIER_END_MS * NS_PER_MS;
	pthread_cond_broadcast(&delivering->change);
	wait_for(delivering, &delivering->has_ended, delivering->end_ns);
	has_ended = delivering->has_ended;
	pthread_mutex_unlock(&delivering->lock);
	return has_ended;
}

static struct delivering *begin(const struct courier *courier, struct err *err)
{
	struct delivering *delivering = mem_alloc(sizeof(*delivering));
	struct spool_args  args = spool_args_of(courier);
	pthread_condattr_t clock;

	delivering->courier = courier;
	pthread_mutex_init(&delivering->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&delivering->change, &clock);
	pthread_condattr_destroy(&clock);
	delivering->spool = spool_open(&args, err);
	if (delivering->spool)
		return delivering;
	free(delivering);
	return NULL;
}

int courier_run(void *context, int fd, struct err *err)
{
	const struct courier *courier = context;
	struct delivering    *delivering;
	pthread_t	      thread;
	int		      result;

	/* A segment is large and there for a moment: its memory goes back, instead of staying for the next one. */
	mallopt(M_MMAP_THRESHOLD, MAPPED_SIZE);
	delivering = begin(courier, err);
	if (!delivering)
		return -1;
	result = pthread_create(&thread, NULL, deliver_all, delivering);
	if (result != 0) {
		errno = result;
		err_sys(err, "cannot make a thread");
		delivering->has_ended = true;
	} else {
		spool_all(delivering, fd);
	}
	if (result == 0 && !end(delivering)) {
		pthread_detach(thread);
		return 0;
	}
	if (result == 0)
		pthread_join(thread, NULL);
	if (delivering->self)
		courier->ops->close(delivering->self);
	spool_close(delivering->spool);
	pthread_cond_destroy(&delivering->change);
	pthread_mutex_destroy(&delivering->lock);
	free(delivering);
	return result == 0 ? 0 : -1;
}
