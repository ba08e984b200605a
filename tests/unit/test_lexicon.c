/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/flows/lexicon.h"

TEST(lexicon_gives_a_text_the_same_number_each_time_and_gives_it_back)
{
	static const char *const texts[] = {
		"eni-1", "eni-2", "", "a", "eni-0123456789abcdef0", "eni-0123456789abcdef1"
	};
	auto_lexicon struct lexicon *lexicon = lexicon_new(1 << 20);
	struct lexicon_reader	    *reader = lexicon_reader_new(lexicon);
	uint32_t		     numbers[ARRAY_LEN(texts)];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char *copy = mem_copy_str(texts[i]);

		numbers[i] = lexicon_number(reader, str_of(copy));
		CHECK(numbers[i] != LEXICON_NONE);
		for (size_t j = 0; j < i; j++)
			CHECK(numbers[i] != numbers[j]);
		free(copy);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CHECK(lexicon_number(reader, str_of(texts[i])) == numbers[i]);
		CHECK_STR(lexicon_text(lexicon, numbers[i]), texts[i]);
	}
	CHECK(lexicon_text(lexicon, LEXICON_NONE).len == 0);
	lexicon_reader_free(reader);
}

TEST(lexicon_that_is_full_still_knows_what_it_has)
{
	auto_lexicon struct lexicon *lexicon = lexicon_new(1000);
	struct lexicon_reader	    *reader = lexicon_reader_new(lexicon);
	uint32_t		     first = lexicon_number(reader, str_of("first")), last = first;
	char			     text[32];

	for (unsigned i = 0; i < 1000 && last != LEXICON_NONE; i++) {
		snprintf(text, sizeof(text), "text %u", i);
		last = lexicon_number(reader, str_of(text));
	}
	CHECK(first != LEXICON_NONE && last == LEXICON_NONE);
	CHECK(lexicon_number(reader, str_of("first")) == first);
	CHECK(lexicon_number(reader, str_of("late")) == LEXICON_NONE);
	lexicon_reader_free(reader);
}

enum { THREADS = 4, TEXTS = 20000 };

struct thread {
	struct lexicon *lexicon;
	unsigned	step;
	uint32_t	numbers[TEXTS];
};

static struct str text_of(unsigned i, char room[static 32])
{
	snprintf(room, 32, "arn:aws:ecs:task/%u", i);
	return str_of(room);
}

/* Each thread meets the texts in another order. */
static void *meet_all(void *context)
{
	struct thread	      *thread = context;
	struct lexicon_reader *reader = lexicon_reader_new(thread->lexicon);
	char		       room[32];

	for (unsigned i = 0; i < TEXTS; i++) {
		unsigned at = i * thread->step % TEXTS;

		thread->numbers[at] = lexicon_number(reader, text_of(at, room));
	}
	lexicon_reader_free(reader);
	return NULL;
}

TEST(lexicon_agrees_with_all_threads_on_every_number)
{
	static const unsigned	     steps[THREADS] = { 1, 3, 7, 19999 };
	auto_lexicon struct lexicon *lexicon = lexicon_new(1 << 24);
	struct thread		    *threads = mem_alloc(THREADS * sizeof(*threads));
	pthread_t		     ids[THREADS];
	char			     room[32];

	for (size_t i = 0; i < THREADS; i++) {
		threads[i].lexicon = lexicon;
		threads[i].step = steps[i];
		CHECK(pthread_create(&ids[i], NULL, meet_all, &threads[i]) == 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	for (unsigned at = 0; at < TEXTS; at++) {
		for (size_t i = 0; i < THREADS; i++)
			CHECK(threads[i].numbers[at] == threads[0].numbers[at]);
		CHECK(str_eq(lexicon_text(lexicon, threads[0].numbers[at]), text_of(at, room)));
	}
	free(threads);
}

TEST(lexicon_ranks_are_the_texts_in_order)
{
	static const char *const     texts[] = { "web", "app", "db", "app-2" };
	static const char *const     sorted[] = { "app", "app-2", "db", "web" };
	auto_lexicon struct lexicon *lexicon = lexicon_new(1 << 20);
	struct lexicon_reader	    *reader = lexicon_reader_new(lexicon);
	uint32_t		     numbers[ARRAY_LEN(texts)];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		numbers[i] = lexicon_number(reader, str_of(texts[i]));
	lexicon_settle(lexicon);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		uint32_t rank = lexicon_rank(lexicon, numbers[i]);

		CHECK(rank >= 1 && rank <= ARRAY_LEN(texts));
		CHECK_TEXT(sorted[rank - 1], texts[i]);
	}
	CHECK(lexicon_rank(lexicon, LEXICON_NONE) == LEXICON_NONE);
	lexicon_reader_free(reader);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lexicon_gives_a_text_the_same_number_each_time_and_gives_it_back),
		cmocka_unit_test(lexicon_that_is_full_still_knows_what_it_has),
		cmocka_unit_test(lexicon_agrees_with_all_threads_on_every_number),
		cmocka_unit_test(lexicon_ranks_are_the_texts_in_order),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
