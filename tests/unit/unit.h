/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test includes: cmocka, and the few checks it does not have.  A test is a sentence:
 *
 *	TEST(cidr_parse_refuses_host_bits)
 *	{
 *		CHECK(…);
 *	}
 *
 *	int main(int argc, char **argv)
 *	{
 *		static const struct CMUnitTest tests[] = { cmocka_unit_test(cidr_parse_refuses_host_bits) };
 *
 *		return unit_run(argc, argv, tests, ARRAY_LEN(tests));
 *	}
 *
 * A pattern as the program's argument runs only the tests whose name it matches.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

#define TEST(name)	 static void name(void **state __attribute__((unused)))
#define CHECK(condition) assert_true(condition)

/* A slice against a string, both shown when they differ. */
#define CHECK_STR(actual, expected)                                                                \
	unit_check_str((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected)                                                               \
	unit_check_str(str_of(actual), (expected), #actual, __FILE__, __LINE__)

/* A slice of a literal, NUL bytes inside it and all. */
#define STR_LITERAL(text) ((struct str){ (text), sizeof(text) - 1 })

static inline void unit_check_str(struct str actual, const char *expected, const char *what,
				  const char *file, int line)
{
	if (str_is(actual, expected))
		return;
	print_error("%s is\n\t\"%.*s\", not\n\t\"%s\"\n", what, (int)actual.len,
		    actual.ptr ? actual.ptr : "", expected);
	_fail(file, line);
}

/* An empty environment but for the form of the report, which cmocka asks for again and again. */
static inline void unit_clear_environment(void)
{
	static const char name[] = "CMOCKA_MESSAGE_OUTPUT";
	const char	 *form = getenv(name);
	char		  kept[32] = "";

	if (form)
		snprintf(kept, sizeof(kept), "%s", form);
	clearenv();
	if (kept[0])
		setenv(name, kept, 1);
}

static inline int unit_run(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(argv[0], tests, count, NULL, NULL);
}
