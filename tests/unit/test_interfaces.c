/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/flows/interfaces.h"

enum { IDS = 30000, ID_SIZE = 32 };

static struct str id_of(unsigned number, const char *end, char out[static ID_SIZE])
{
	snprintf(out, ID_SIZE, "eni-%08x%s", number, end);
	return str_of(out);
}

/* Ids that end alike meet in the table of recent ones. */
TEST(ids_are_numbered_as_they_come_whatever_they_end_in)
{
	static const char *const ends[] = { "", "abcdef01" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct interfaces *interfaces = interfaces_new();
		char		   text[ID_SIZE];

		for (uint32_t number = 0; number < IDS; number++)
			CHECK(interfaces_number(interfaces, id_of(number, ends[i], text)) ==
			      number);
		for (uint32_t number = IDS; number-- > 0;) {
			struct str id = id_of(number, ends[i], text);

			CHECK(interfaces_number(interfaces, id) == number);
			CHECK(str_eq(interfaces_id(interfaces, number), id));
		}
		interfaces_free(interfaces);
	}
}

TEST(no_id_and_short_ones_have_numbers_of_their_own)
{
	static const char *const ids[] = { "", "e", "eni-1", "eni-12", "ni-1" };
	struct interfaces	*interfaces = interfaces_new();

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < ARRAY_LEN(ids); i++)
			CHECK(interfaces_number(interfaces, str_of(ids[i])) == i);
	interfaces_free(interfaces);
}

TEST(ids_live_on_when_their_text_is_gone)
{
	struct interfaces *interfaces = interfaces_new();
	char		   text[ID_SIZE] = "eni-0123456789abcdef0";

	interfaces_number(interfaces, str_of(text));
	memset(text, 'x', sizeof(text) - 1);
	CHECK_STR(interfaces_id(interfaces, 0), "eni-0123456789abcdef0");
	interfaces_free(interfaces);
}

TEST(more_than_there_are_numbers_for_have_none_and_the_known_keep_theirs)
{
	struct interfaces *interfaces = interfaces_new();
	char		   text[ID_SIZE];

	for (uint32_t number = 0; number < INTERFACES_MAX; number++)
		interfaces_number(interfaces, id_of(number, "", text));
	CHECK(interfaces_number(interfaces, str_of("eni-one-more")) == INTERFACES_NONE);
	CHECK(interfaces_number(interfaces, id_of(5, "", text)) == 5);
	interfaces_free(interfaces);
}

TEST(ids_that_would_take_too_much_memory_get_no_number_and_the_others_keep_theirs)
{
	enum { LEN = 60000 };
	struct interfaces *interfaces = interfaces_new();
	char		  *id = malloc(LEN);
	uint32_t	   count = 0, number;

	memset(id, 'x', LEN);
	do {
		snprintf(id, LEN, "%08u", (unsigned)count);
		id[8] = 'x';
		number = interfaces_number(interfaces, (struct str){ .ptr = id, .len = LEN });
		count += number == count;
	} while (number != INTERFACES_NONE && count < 2 * (INTERFACES_BYTES_MAX / LEN));
	CHECK(number == INTERFACES_NONE && count > 0 && count <= INTERFACES_BYTES_MAX / LEN);
	snprintf(id, LEN, "%08u", 0u);
	id[8] = 'x';
	CHECK(interfaces_number(interfaces, (struct str){ .ptr = id, .len = LEN }) == 0);
	free(id);
	interfaces_free(interfaces);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ids_that_would_take_too_much_memory_get_no_number_and_the_others_keep_theirs),
		cmocka_unit_test(ids_are_numbered_as_they_come_whatever_they_end_in),
		cmocka_unit_test(no_id_and_short_ones_have_numbers_of_their_own),
		cmocka_unit_test(ids_live_on_when_their_text_is_gone),
		cmocka_unit_test(
			more_than_there_are_numbers_for_have_none_and_the_known_keep_theirs),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
