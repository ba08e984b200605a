/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/buf.h"
#include "sensor/live/event_limit.h"
#include "tests/unit/unit.h"

#define NS_PER_S UINT64_C(1000000000)

enum { INTERVAL_S = 60, SAID_MAX = 1 << 20 };

/* What was said, a line each, and what it stands for. */
struct heard {
	struct buf json, terminal;
	uint64_t   said, suppressed;
};

static void hear(void *context, const struct event_line *line)
{
	struct heard *heard = context;
	const char   *suppressed;

	buf_add_str(&heard->json, line->json);
	buf_add_char(&heard->json, '\n');
	buf_add_str(&heard->terminal, line->terminal);
	buf_add_char(&heard->terminal, '\n');
	heard->said++;
	suppressed = memmem(line->json.ptr, line->json.len, "suppressed\":", 12);
	if (suppressed)
		heard->suppressed += strtoull(suppressed + 12, NULL, 10);
}

static struct heard heard;

static struct event_limit *start(void)
{
	buf_done(&heard.json);
	buf_done(&heard.terminal);
	heard = (struct heard){ .json = buf_make(SAID_MAX), .terminal = buf_make(SAID_MAX) };
	return event_limit_new(INTERVAL_S, hear, &heard);
}

/* An event of a path, numbered, at that second; whether its text was asked for. */
static bool come(struct event_limit *limit, uint64_t path, unsigned number, uint64_t second)
{
	char		  json[64], terminal[64];
	struct event_line line = { .time_s = number, .eni = str_of("eni-1") };

	if (!event_limit_take(limit, path, (struct mono){ (second + 1) * NS_PER_S }))
		return false;
	snprintf(json, sizeof(json), "{\"n\":%u}", number);
	snprintf(terminal, sizeof(terminal), "n %u", number);
	line.json = str_of(json);
	line.terminal = str_of(terminal);
	event_limit_put(limit, &line);
	return true;
}

TEST(the_first_of_a_path_is_said_at_once_and_each_path_has_its_own_limit)
{
	struct event_limit *limit = start();

	come(limit, 7, 1, 0);
	come(limit, 8, 2, 0);
	CHECK_STR(buf_str(&heard.json), "{\"n\":1}\n{\"n\":2}\n");
	CHECK_STR(buf_str(&heard.terminal), "n 1\nn 2\n");
	event_limit_free(limit);
}

TEST(what_comes_within_the_interval_is_told_when_it_is_over_though_nothing_more_comes)
{
	struct event_limit *limit = start();

	come(limit, 7, 1, 0);
	CHECK(come(limit, 7, 2, 10));
	CHECK(!come(limit, 7, 3, 20)); /* nobody has to print it */
	CHECK(!come(limit, 7, 4, 59));
	event_limit_turn(limit, (struct mono){ (1 + 59) * NS_PER_S });
	CHECK(heard.said == 1);
	event_limit_turn(limit, (struct mono){ (1 + 60) * NS_PER_S });
	CHECK_STR(buf_str(&heard.json), "{\"n\":1}\n{\"n\":2,\"suppressed\":2}\n");
	CHECK_STR(buf_str(&heard.terminal), "n 1\nn 2  suppressed 2\n");
	event_limit_free(limit);
}

TEST(a_path_that_was_quiet_for_an_interval_is_news_again)
{
	struct event_limit *limit = start();

	come(limit, 7, 1, 0);
	come(limit, 7, 2, 60);
	CHECK_STR(buf_str(&heard.json), "{\"n\":1}\n{\"n\":2}\n");
	event_limit_free(limit);
}

TEST(never_more_than_one_of_a_path_in_an_interval)
{
	struct event_limit *limit = start();

	for (unsigned i = 0; i < 600; i++)
		come(limit, 7, i, i);
	CHECK(heard.said == 10);
	event_limit_flush(limit);
	CHECK(heard.said + heard.suppressed == 600);
	event_limit_free(limit);
}

TEST(at_the_end_what_was_suppressed_is_told)
{
	struct event_limit *limit = start();

	come(limit, 7, 1, 0);
	come(limit, 7, 2, 1);
	come(limit, 7, 3, 2);
	event_limit_flush(limit);
	CHECK_STR(buf_str(&heard.json), "{\"n\":1}\n{\"n\":2,\"suppressed\":1}\n");
	event_limit_flush(limit);
	CHECK(heard.said == 2);
	event_limit_free(limit);
}

TEST(more_paths_than_there_is_room_for_share_a_place_and_no_count_is_lost)
{
	enum { PATHS = 10 * EVENT_PATHS_MAX };
	struct event_limit	 *limit = start();
	struct event_limit_counts counts;

	for (unsigned i = 0; i < PATHS; i++)
		come(limit, i, i, 0);
	CHECK(heard.said == EVENT_PATHS_MAX + 1);
	event_limit_turn(limit, (struct mono){ (1 + INTERVAL_S) * NS_PER_S });
	CHECK(heard.said == EVENT_PATHS_MAX + 2);
	CHECK(heard.said + heard.suppressed == PATHS);
	counts = event_limit_counts(limit);
	CHECK(counts.said == heard.said && counts.suppressed == heard.suppressed);
	event_limit_free(limit);
}

/* A generator of its own (Vigna's xorshift64): the order is the same each time. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

TEST(each_event_is_said_or_in_a_count_that_is_said_in_whatever_order_they_come)
{
	struct event_limit *limit = start();
	uint64_t	    seed = 1, second = 0;

	for (unsigned i = 0; i < 20000; i++) {
		second += next(&seed) % 4 == 0;
		come(limit, next(&seed) % 700, i, second);
	}
	event_limit_flush(limit);
	CHECK(heard.said + heard.suppressed == 20000);
	event_limit_free(limit);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_first_of_a_path_is_said_at_once_and_each_path_has_its_own_limit),
		cmocka_unit_test(
			what_comes_within_the_interval_is_told_when_it_is_over_though_nothing_more_comes),
		cmocka_unit_test(a_path_that_was_quiet_for_an_interval_is_news_again),
		cmocka_unit_test(never_more_than_one_of_a_path_in_an_interval),
		cmocka_unit_test(at_the_end_what_was_suppressed_is_told),
		cmocka_unit_test(
			more_paths_than_there_is_room_for_share_a_place_and_no_count_is_lost),
		cmocka_unit_test(
			each_event_is_said_or_in_a_count_that_is_said_in_whatever_order_they_come),
	};
	int failed = unit_run(argc, argv, tests, ARRAY_LEN(tests));

	buf_done(&heard.json);
	buf_done(&heard.terminal);
	return failed;
}
