/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/model_keeper.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/live/model.h"

#define NS_PER_S UINT64_C(1000000000)

/*
 * Files are looked at so often, and no more than one part in LOOK_PARTS of the time.  What has changed is read when the
 * next look finds it as it is.
 */
enum { LOOK_S = 1, LOOK_MAX_S = 60, LOOK_PARTS = 20, END_WAIT_S = 2 };

struct model_keeper {
	struct model_keeper_args args;
	struct model_args	 files;
	struct model		*current;     /* the loop's */
	_Atomic(struct model *)	 next, spent; /* to the loop, and back from it */
	pthread_t		 thread;
	bool			 is_started, is_borrowed; /* the model is */
	uint32_t		 loads;
	uint64_t		 tried, seen; /* stamps: of the last load, of the last look */
	pthread_mutex_t		 mutex;	      /* of the rest */
	pthread_cond_t		 news;
	bool			 is_asked, is_stopped;
};

static int64_t now_s(void)
{
	return clock_seconds(clock_now().wall);
}

static void tell_board(struct board_model *board, const struct model *model)
{
	board_set(&board->snapshot_s, (uint64_t)model->snapshot_s);
	board_set(&board->interfaces, model->world->counts[WORLD_ENI]);
	board_set(&board->rules, model->rules);
	board_set(&board->bytes, model->bytes);
	board_set(&board->loaded_s, (uint64_t)now_s());
	board_add(&board->loads, 1);
}

static struct model *load(struct model_keeper *keeper, struct err_list *errors)
{
	struct model *model = model_load(&keeper->files, errors);

	if (model)
		model->number = ++keeper->loads;
	return model;
}

static void refuse(struct model_keeper *keeper, const struct err_list *errors)
{
	char text[sizeof(((struct board_text *)0)->text)];

	err_print(&errors->items[0], text, sizeof(text));
	board_say(&keeper->args.board->failure, now_s(), str_of(text));
	board_add(&keeper->args.board->refused, 1);
	keeper->args.refused(errors, keeper->loads > 0);
}

/*
 * A snapshot that will be replaced may be broken too: a sensor that did not start for it would never fetch another.  The
 * policy is nobody's but the user's.
 */
static bool load_first(struct model_keeper *keeper, struct err_list *errors)
{
	const struct model_keeper_args *args = &keeper->args;

	if (args->may_be_missing && args->policy) {
		auto_intent struct intent *intent = intent_open(args->policy, errors);

		if (!intent)
			return false;
	}
	if (args->may_be_missing && access(args->snapshot, F_OK) < 0)
		return true;
	keeper->current = load(keeper, errors);
	if (keeper->current)
		tell_board(args->board, keeper->current);
	else if (args->may_be_missing)
		refuse(keeper, errors);
	return keeper->current || args->may_be_missing;
}

struct model_keeper *model_keeper_open(const struct model_keeper_args *args,
				       struct err_list		      *errors)
{
	struct model_keeper *keeper = mem_alloc(sizeof(*keeper));
	pthread_condattr_t   attributes;

	keeper->args = *args;
	keeper->files = (struct model_args){ .snapshot = args->snapshot,
					     .policy = args->policy,
					     .memory_bytes = args->memory_bytes,
					     .interface_ids = args->interface_ids,
					     .interface_count = args->interface_count };
	pthread_mutex_init(&keeper->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->news, &attributes);
	pthread_condattr_destroy(&attributes);
	keeper->tried = keeper->seen = model_stamp(&keeper->files);
	if (load_first(keeper, errors))
		return keeper;
	model_keeper_close(keeper);
	return NULL;
}

struct model_keeper *model_keeper_of(struct model *model)
{
	struct model_keeper *keeper = mem_alloc(sizeof(*keeper));

	keeper->current = model;
	keeper->is_borrowed = true;
	pthread_mutex_init(&keeper->mutex, NULL);
	pthread_cond_init(&keeper->news, NULL);
	return keeper;
}

/* What changed while it was read may be half of the old and half of the new: the next looks will tell. */
static void reload(struct model_keeper *keeper)
{
	struct err_list errors;
	uint64_t	before = model_stamp(&keeper->files);
	struct model   *model = load(keeper, &errors);

	keeper->seen = model_stamp(&keeper->files);
	if (keeper->seen != before) {
		model_free(model);
		return;
	}
	keeper->tried = before;
	if (!model) {
		refuse(keeper, &errors);
		return;
	}
	tell_board(keeper->args.board, model);
	model_free(atomic_exchange(&keeper->next, model));
	keeper->args.loaded(model); /* nobody but this thread frees it */
}

static void look(struct model_keeper *keeper)
{
	uint64_t before = keeper->seen;

	keeper->seen = model_stamp(&keeper->files);
	if (keeper->seen != keeper->tried && keeper->seen == before)
		reload(keeper);
}

/* What a model had is the system's again: nothing else of the sensor takes so much and gives it back. */
static void free_spent(struct model_keeper *keeper)
{
	struct model *spent = atomic_exchange(&keeper->spent, NULL);

	if (!spent)
		return;
	model_free(spent);
	malloc_trim(0);
}

/* Until then or until there is news; false: it is to end. */
static bool wait_for_news(struct model_keeper *keeper, uint64_t until_ns, bool *is_asked)
{
	const struct timespec until = { .tv_sec = (time_t)(until_ns / NS_PER_S),
					.tv_nsec = (long)(until_ns % NS_PER_S) };
	bool		      is_stopped;
	int		      result = 0;

	pthread_mutex_lock(&keeper->mutex);
	while (!keeper->is_stopped && !keeper->is_asked && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&keeper->news, &keeper->mutex, &until);
	*is_asked = keeper->is_asked;
	keeper->is_asked = false;
	is_stopped = keeper->is_stopped;
	pthread_mutex_unlock(&keeper->mutex);
	return !is_stopped;
}

static void *work(void *context)
{
	struct model_keeper *keeper = context;
	uint64_t	     pause_ns = LOOK_S * NS_PER_S;
	bool		     is_asked;

	while (wait_for_news(keeper, clock_now().mono.ns + pause_ns, &is_asked)) {
		uint64_t begin_ns = clock_now().mono.ns;

		free_spent(keeper);
		if (is_asked)
			reload(keeper);
		else
			look(keeper);
		pause_ns = (clock_now().mono.ns - begin_ns) * LOOK_PARTS;
		if (pause_ns < LOOK_S * NS_PER_S)
			pause_ns = LOOK_S * NS_PER_S;
		if (pause_ns > LOOK_MAX_S * NS_PER_S)
			pause_ns = LOOK_MAX_S * NS_PER_S;
	}
	return NULL;
}

int model_keeper_start(struct model_keeper *keeper, struct err *err)
{
	int result = pthread_create(&keeper->thread, NULL, work, keeper);

	if (result == 0) {
		keeper->is_started = true;
		return 0;
	}
	errno = result;
	return err_sys(err, "cannot make a thread");
}

static void tell(struct model_keeper *keeper, bool *what)
{
	pthread_mutex_lock(&keeper->mutex);
	*what = true;
	pthread_cond_signal(&keeper->news);
	pthread_mutex_unlock(&keeper->mutex);
}

void model_keeper_reload(struct model_keeper *keeper)
{
	tell(keeper, &keeper->is_asked);
}

/* To free an old one takes long when it is large: the thread does it.  Until it has, the next one waits. */
struct model *model_keeper_take(struct model_keeper *keeper)
{
	struct model *next;

	if (!atomic_load_explicit(&keeper->next, memory_order_relaxed) ||
	    atomic_load(&keeper->spent))
		return keeper->current;
	next = atomic_exchange(&keeper->next, NULL);
	if (next) {
		atomic_store(&keeper->spent, keeper->current);
		keeper->current = next;
	}
	return keeper->current;
}

/* Whether the thread has ended; one that goes on keeps what it uses. */
static bool end_thread(struct model_keeper *keeper)
{
	struct timespec until;

	if (!keeper->is_started)
		return true;
	tell(keeper, &keeper->is_stopped);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_WAIT_S;
	return pthread_timedjoin_np(keeper->thread, NULL, &until) == 0;
}

void model_keeper_close(struct model_keeper *keeper)
{
	if (!keeper || !end_thread(keeper))
		return;
	if (!keeper->is_borrowed)
		model_free(keeper->current);
	model_free(atomic_load(&keeper->next));
	model_free(atomic_load(&keeper->spent));
	pthread_cond_destroy(&keeper->news);
	pthread_mutex_destroy(&keeper->mutex);
	free(keeper);
}
