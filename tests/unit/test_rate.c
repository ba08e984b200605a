/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/aws/rate.h"

#define NS_PER_S UINT64_C(1000000000)

/* A clock that only pausing moves. */
struct fake {
	uint64_t now_ns, paused_ns;
};

static uint64_t fake_mono(void *context)
{
	return ((struct fake *)context)->now_ns;
}

static int64_t fake_wall(void *context)
{
	(void)context;
	return 0;
}

static void fake_pause(void *context, uint64_t ns)
{
	struct fake *fake = context;

	fake->now_ns += ns;
	fake->paused_ns += ns;
}

static struct aws_timing timing_of(struct fake *fake)
{
	return (struct aws_timing){
		.mono_ns = fake_mono, .wall_s = fake_wall, .pause = fake_pause, .context = fake
	};
}

/* A server as EC2 counts: a bucket of tokens that fills. */
struct bucket {
	double	 tokens, burst, per_second;
	uint64_t filled;
};

static bool bucket_refuses(struct bucket *bucket, uint64_t now)
{
	bucket->tokens += (double)(now - bucket->filled) / NS_PER_S * bucket->per_second;
	if (bucket->tokens > bucket->burst)
		bucket->tokens = bucket->burst;
	bucket->filled = now;
	if (bucket->tokens < 1)
		return true;
	bucket->tokens -= 1;
	return false;
}

TEST(aws_rate_does_not_wait_before_it_was_throttled)
{
	struct fake	  fake = { .now_ns = NS_PER_S };
	struct aws_timing timing = timing_of(&fake);
	struct aws_rate	 *rate = aws_rate_new(&timing);

	for (unsigned i = 0; i < 1000; i++)
		aws_rate_learn(rate, aws_rate_begin(rate), false);
	CHECK(fake.paused_ns == 0);
	CHECK(aws_rate_limit(rate) == 0);
	aws_rate_free(rate);
}

TEST(aws_rate_is_cut_once_for_calls_that_were_under_way_together)
{
	struct fake	  fake = { .now_ns = NS_PER_S };
	struct aws_timing timing = timing_of(&fake);
	struct aws_rate	 *rate = aws_rate_new(&timing);
	uint64_t	  began[8];
	double		  limit;

	for (unsigned i = 0; i < 100; i++) {
		fake.now_ns += NS_PER_S / 10;
		aws_rate_learn(rate, aws_rate_begin(rate), false);
	}
	for (unsigned i = 0; i < ARRAY_LEN(began); i++)
		began[i] = aws_rate_begin(rate);
	fake.now_ns += NS_PER_S / 10;
	aws_rate_learn(rate, began[0], true);
	limit = aws_rate_limit(rate);
	CHECK(limit > 6 && limit < 12);
	for (unsigned i = 1; i < ARRAY_LEN(began); i++)
		aws_rate_learn(rate, began[i], true);
	CHECK(aws_rate_limit(rate) == limit);
	aws_rate_free(rate);
}

TEST(aws_rate_never_falls_below_half_a_call_a_second)
{
	struct fake	  fake = { .now_ns = NS_PER_S };
	struct aws_timing timing = timing_of(&fake);
	struct aws_rate	 *rate = aws_rate_new(&timing);

	for (unsigned i = 0; i < 50; i++) {
		uint64_t began = aws_rate_begin(rate);

		fake.now_ns += 1000000;
		aws_rate_learn(rate, began, true);
	}
	CHECK(aws_rate_limit(rate) >= 0.5 && aws_rate_limit(rate) < 1);
	aws_rate_free(rate);
}

TEST(aws_rate_finds_what_a_server_lets_through)
{
	static const struct {
		double burst, per_second;
	} cases[] = { { 100, 20 }, { 50, 10 }, { 20, 5 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fake	  fake = { .now_ns = NS_PER_S };
		struct aws_timing timing = timing_of(&fake);
		struct aws_rate	 *rate = aws_rate_new(&timing);
		struct bucket	  bucket = { .tokens = cases[i].burst,
					     .burst = cases[i].burst,
					     .per_second = cases[i].per_second,
					     .filled = fake.now_ns };
		unsigned	  good = 0, refused = 0;
		double		  seconds;

		while (good < 3000) {
			uint64_t began = aws_rate_begin(rate);
			bool	 throttled = bucket_refuses(&bucket, fake.now_ns);

			fake.now_ns += NS_PER_S / 100; /* what an answer takes */
			aws_rate_learn(rate, began, throttled);
			if (throttled)
				refused++;
			else
				good++;
		}
		seconds = (double)fake.now_ns / NS_PER_S - 1;
		if (refused > good / 20 || good / seconds < cases[i].per_second * 0.8)
			fail_msg("%g/s: %u of %u refused, %.1f a second", cases[i].per_second,
				 refused, good + refused, good / seconds);
		aws_rate_free(rate);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_rate_does_not_wait_before_it_was_throttled),
		cmocka_unit_test(aws_rate_is_cut_once_for_calls_that_were_under_way_together),
		cmocka_unit_test(aws_rate_never_falls_below_half_a_call_a_second),
		cmocka_unit_test(aws_rate_finds_what_a_server_lets_through),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
