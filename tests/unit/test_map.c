/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/base/map.h"

TEST(map_finds_what_was_put_and_nothing_else)
{
	enum { COUNT = 20000 };
	static char names[COUNT][24];
	struct map  map = { 0 };
	uint32_t    value = 7;

	CHECK(!map_get(&map, str_of("eni-0"), &value) && value == 7);
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "eni-%017u", i);
		CHECK(map_put(&map, str_of(names[i]), i));
	}
	for (uint32_t i = 0; i < COUNT; i++)
		CHECK(map_get(&map, str_of(names[i]), &value) && value == i);
	CHECK(map.count == COUNT);
	CHECK(!map_get(&map, str_of("eni-x"), &value));
	map_done(&map);
	CHECK(!map_get(&map, str_of(names[0]), &value));
}

TEST(map_put_replaces_and_says_that_the_key_is_known)
{
	struct map map = { 0 };
	uint32_t   value;

	CHECK(map_put(&map, str_of("a"), 1));
	CHECK(!map_put(&map, str_of("a"), 2));
	CHECK(map_get(&map, str_of("a"), &value) && value == 2 && map.count == 1);
	map_done(&map);
}

TEST(map_takes_the_empty_key_and_keys_with_nul_bytes)
{
	struct map map = { 0 };
	uint32_t   value;

	CHECK(map_put(&map, (struct str){ 0 }, 1));
	CHECK(!map_put(&map, str_of(""), 2));
	CHECK(map_put(&map, STR_LITERAL("a\0b"), 3));
	CHECK(map_put(&map, STR_LITERAL("a\0c"), 4));
	CHECK(map_get(&map, STR_LITERAL("a\0b"), &value) && value == 3);
	map_done(&map);
}

TEST(map_hash_sees_every_byte_and_the_length)
{
	unsigned char bytes[40] = { 0 };

	for (size_t len = 1; len <= sizeof(bytes); len++) {
		uint64_t before = map_hash(bytes, len);

		CHECK(before == map_hash(bytes, len) && before != map_hash(bytes, len - 1));
		for (size_t i = 0; i < len; i++) {
			bytes[i] ^= 1;
			CHECK(map_hash(bytes, len) != before);
			bytes[i] ^= 1;
		}
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_finds_what_was_put_and_nothing_else),
		cmocka_unit_test(map_put_replaces_and_says_that_the_key_is_known),
		cmocka_unit_test(map_takes_the_empty_key_and_keys_with_nul_bytes),
		cmocka_unit_test(map_hash_sees_every_byte_and_the_length),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
