/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/rate.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/mem.h"

#define NS_PER_S 1e9

/* As botocore's adaptive mode: cut to 7 tenths of what was measured, half a call a second at least. */
#define CUT	  0.7
#define LIMIT_MIN 0.5
#define SMOOTHING 0.8
#define SLICE_NS  UINT64_C(500000000)

/* Calls a second more, each second without being throttled: EC2's buckets fill at 5 to 20 a second. */
#define GROWTH 0.5

struct aws_rate {
	struct aws_timing timing;
	pthread_mutex_t	  lock;
	double		  limit;  /* calls a second; 0: none yet */
	double		  tokens; /* calls that may begin now; negative: so many wait for theirs */
	uint64_t	  filled; /* when tokens was right */
	uint64_t	  grown;  /* when limit was */
	uint64_t	  cut;	  /* the last time it was made less */
	double		  measured; /* calls a second, smoothed */
	uint64_t	  slice;    /* the half second being counted, its number */
	unsigned	  count;    /* calls begun in it */
};

struct aws_rate *aws_rate_new(const struct aws_timing *timing)
{
	struct aws_rate *rate = mem_alloc(sizeof(*rate));

	rate->timing = *timing;
	pthread_mutex_init(&rate->lock, NULL);
	rate->slice = timing->mono_ns(timing->context) / SLICE_NS;
	return rate;
}

void aws_rate_free(struct aws_rate *rate)
{
	if (!rate)
		return;
	pthread_mutex_destroy(&rate->lock);
	free(rate);
}

static double seconds_between(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) / NS_PER_S : 0;
}

/* Counts a call that begins now. */
static void measure(struct aws_rate *rate, uint64_t now)
{
	uint64_t slice = now / SLICE_NS;

	rate->count++;
	if (slice <= rate->slice)
		return;
	rate->measured = rate->measured * (1 - SMOOTHING) +
			 rate->count / ((double)(slice - rate->slice) * SLICE_NS / NS_PER_S) *
				 SMOOTHING;
	rate->count = 0;
	rate->slice = slice;
}

/* Up to a second's calls are saved up. */
static void fill(struct aws_rate *rate, uint64_t now)
{
	double most = rate->limit > 1 ? rate->limit : 1;

	rate->tokens += seconds_between(rate->filled, now) * rate->limit;
	if (rate->tokens > most)
		rate->tokens = most;
	rate->filled = now;
}

uint64_t aws_rate_begin(struct aws_rate *rate)
{
	const struct aws_timing *timing = &rate->timing;
	uint64_t		 now = timing->mono_ns(timing->context), wait = 0;

	pthread_mutex_lock(&rate->lock);
	if (rate->limit > 0) {
		fill(rate, now);
		rate->tokens -= 1;
		if (rate->tokens < 0)
			wait = (uint64_t)(-rate->tokens / rate->limit * NS_PER_S);
	}
	measure(rate, now + wait);
	pthread_mutex_unlock(&rate->lock);
	if (wait)
		timing->pause(timing->context, wait);
	return now + wait;
}

static void cut_limit(struct aws_rate *rate, uint64_t now)
{
	double was = rate->limit;

	if (was == 0 || (rate->measured > 0 && rate->measured < was))
		was = rate->measured;
	if (was == 0) /* throttled in the first half second: what was begun in it */
		was = rate->count * NS_PER_S / SLICE_NS;
	rate->limit = was * CUT > LIMIT_MIN ? was * CUT : LIMIT_MIN;
	rate->tokens = 0;
	rate->filled = rate->grown = rate->cut = now;
}

/* A client that was idle for an hour has not learnt that more calls are let through. */
static double growth_since(uint64_t then, uint64_t now)
{
	double seconds = seconds_between(then, now);

	return (seconds < 1 ? seconds : 1) * GROWTH;
}

void aws_rate_learn(struct aws_rate *rate, uint64_t began_ns, bool throttled)
{
	uint64_t now = rate->timing.mono_ns(rate->timing.context);

	pthread_mutex_lock(&rate->lock);
	if (throttled) {
		if (rate->cut == 0 || began_ns > rate->cut)
			cut_limit(rate, now);
	} else if (rate->limit > 0) {
		fill(rate, now);
		rate->limit += growth_since(rate->grown, now);
		rate->grown = now;
	}
	pthread_mutex_unlock(&rate->lock);
}

double aws_rate_limit(struct aws_rate *rate)
{
	double limit;

	pthread_mutex_lock(&rate->lock);
	limit = rate->limit;
	pthread_mutex_unlock(&rate->lock);
	return limit;
}
