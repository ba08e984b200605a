/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/flow/v6.h"

static uint64_t seed;

/* xorshift64 (Marsaglia). */
static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* In a room whose other bytes would be read as digits if they were taken for the text's. */
static bool read_text(const char *text, struct ip *out)
{
	char   room[128];
	size_t len = strlen(text);

	memset(room, 'f', sizeof(room));
	memcpy(room, text, len);
	return v6_read(room, len, out);
}

static void check_same(const char *text)
{
	struct ip  read = { 0 }, parsed = { 0 };
	struct err err;
	bool	   is_v6 = ip_parse(str_of(text), &parsed, &err) == 0 && parsed.family == IP_V6;

	if (strchr(text, '.'))
		is_v6 = false;
	if (read_text(text, &read) != is_v6)
		fail_msg("'%s' is read otherwise than by ip_parse", text);
	if (is_v6 && !ip_eq(read, parsed))
		fail_msg("'%s' is another address than to ip_parse", text);
}

TEST(v6_read_gives_what_ip_parse_gives)
{
	static const char *texts[] = {
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:DB8:0:0:8:800:200C:417A",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1::3:4:5:6:7:8",
		"fe80::0001:02:3",
		"",
		":",
		":::",
		"1",
		"1:",
		":1",
		"1:::2",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8",
		"12345::",
		"1:2:3:4:5:6:7:",
		"g::",
		"1::x",
		"::ffff:10.0.0.1",
		"10.0.0.1",
		"-",
		"1::2%eth0",
		"abcdabcdabcd",
		"1:2:3:4:5:6:7:8:",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_same(texts[i]);
}

TEST(v6_read_gives_what_ip_parse_gives_for_random_texts)
{
	static const char bytes[] = "0123456789abcdefABCDEF::::::::::::g.\x80";

	for (size_t i = 0; i < 300000; i++) {
		char   text[48] = { 0 };
		size_t len = next_random() % (sizeof(text) - 1);

		for (size_t at = 0; at < len; at++)
			text[at] = bytes[next_random() % (i % 2 ? 34 : sizeof(bytes) - 1)];
		check_same(text);
	}
}

/* Groups of one to four digits, some left to `::`, now and then one byte changed. */
TEST(v6_read_gives_what_ip_parse_gives_for_texts_like_addresses)
{
	for (size_t i = 0; i < 300000; i++) {
		char	 text[64] = { 0 };
		unsigned groups = 6 + next_random() % 4, gap = (unsigned)(next_random() % 12);
		size_t	 len = 0;

		for (unsigned group = 0; group < groups; group++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%x",
						group == gap ? "::"
						: group	     ? ":"
							     : "",
						(unsigned)(next_random() & 0xffff) >>
							next_random() % 16);
		if (next_random() % 4 == 0)
			text[next_random() % len] = (char)(' ' + next_random() % 95);
		check_same(text);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(v6_read_gives_what_ip_parse_gives),
		cmocka_unit_test(v6_read_gives_what_ip_parse_gives_for_random_texts),
		cmocka_unit_test(v6_read_gives_what_ip_parse_gives_for_texts_like_addresses),
	};
	const char *chosen = getenv("WEIR_SEED");

	seed = chosen ? strtoull(chosen, NULL, 0) : (uint64_t)time(NULL) << 20 | 1;
	print_message("WEIR_SEED=%llu\n", (unsigned long long)seed);
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
