/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/flows/interfaces.h"

TEST(an_id_keeps_its_number)
{
	static const char *const ids[] = { "eni-0123456789abcdef0", "eni-1", "", "1",
					   "eni-1123456789abcdef0" };
	struct interfaces	*interfaces = interfaces_new();

	for (size_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < ARRAY_LEN(ids); i++) {
			CHECK(interfaces_number(interfaces, str_of(ids[i])) == i);
			CHECK_STR(interfaces_id(interfaces, i), ids[i]);
		}
	}
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
		cmocka_unit_test(an_id_keeps_its_number),
		cmocka_unit_test(
			ids_that_would_take_too_much_memory_get_no_number_and_the_others_keep_theirs),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
