/* SPDX-License-Identifier: Apache-2.0 */
/* What processes and threads tell one another is read whole, whoever writes it meanwhile. */
#include <pthread.h>
#include <string.h>

#include "sensor/board.h"
#include "tests/unit/unit.h"

enum { SAYINGS = 20000, TEXT_LEN = sizeof(((struct board_text *)0)->text) - 1 };

static struct board_text place;
static _Atomic unsigned	 busy;

/* One letter, again and again. */
static void *say(void *letter)
{
	char text[TEXT_LEN];

	memset(text, *(const char *)letter, sizeof(text));
	for (size_t i = 0; i < SAYINGS; i++)
		board_say(&place, text[0], (struct str){ text, sizeof(text) });
	busy--;
	return NULL;
}

TEST(board_text_is_whole_whichever_thread_writes_it)
{
	static const char letters[] = { 'a', 'b' };
	pthread_t	  threads[ARRAY_LEN(letters)];
	struct board_text said;

	busy = ARRAY_LEN(letters);
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		CHECK(pthread_create(&threads[i], NULL, say, (void *)(uintptr_t)&letters[i]) == 0);
	while (busy) {
		if (!board_read(&place, &said))
			continue;
		CHECK(strspn(said.text, said.text[0] == 'a' ? "a" : "b") == TEXT_LEN);
		CHECK(said.time_s == said.text[0]);
	}
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

/* The memory is every process's: one that is taken over writes there what it likes. */
TEST(board_text_ends_whatever_is_in_memory)
{
	struct board_text evil = { .turn = 2 }, said;

	memset(evil.text, 'x', sizeof(evil.text));
	CHECK(board_read(&evil, &said));
	CHECK(strlen(said.text) == TEXT_LEN);
	memcpy(evil.text, "\x1b[2J", sizeof("\x1b[2J"));
	CHECK(board_read(&evil, &said));
	CHECK_TEXT(said.text, "\\x1b[2J");
}

TEST(board_has_no_more_sinks_than_there_is_room_for_and_their_names_end)
{
	auto_buf struct buf name = buf_make(1 << 10);
	struct err	    err;
	struct board	   *board = board_new(&err);

	CHECK(board);
	board->sink_count = SIZE_MAX;
	CHECK(board_sink_count(board) == BOARD_SINKS_MAX);
	memset(board->sinks[0].name, '\n', sizeof(board->sinks[0].name));
	board_print_name(&board->sinks[0], &name);
	CHECK(name.len == 4 * sizeof(board->sinks[0].name));
	CHECK(str_find(buf_str(&name), '\n') == name.len);
	board_free(board);
}

/* Two channels of one webhook's host; long paths that differ at their ends. */
TEST(sinks_that_are_called_alike_are_told_apart)
{
	struct err    err;
	struct board *board = board_new(&err);
	char	      longs[2][2 * sizeof(board->sinks[0].name)] = { { 0 } };

	memset(longs[0], 'a', sizeof(longs[0]) - 1);
	memset(longs[1], 'a', sizeof(longs[1]) - 1);
	longs[1][sizeof(longs[1]) - 2] = 'b';
	CHECK_TEXT(board_add_sink(board, str_of("webhook:host"))->name, "webhook:host");
	CHECK_TEXT(board_add_sink(board, str_of("webhook:host"))->name, "webhook:host#2");
	CHECK_TEXT(board_add_sink(board, str_of("webhook:host"))->name, "webhook:host#3");
	(void)board_add_sink(board, str_of(longs[0]));
	CHECK(strstr(board_add_sink(board, str_of(longs[1]))->name, "aaa#2"));
	CHECK_TEXT(board_add_sink(board, str_of("\n"))->name, "\\x0a");
	CHECK(board_sink_count(board) == 6);
	board_free(board);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(board_text_is_whole_whichever_thread_writes_it),
		cmocka_unit_test(board_text_ends_whatever_is_in_memory),
		cmocka_unit_test(
			board_has_no_more_sinks_than_there_is_room_for_and_their_names_end),
		cmocka_unit_test(sinks_that_are_called_alike_are_told_apart),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
