/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mark.h"
#include "sensor/capture/fragment.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000000000)

static struct flow_packet fragment_of(enum parse_fragment kind, uint32_t datagram)
{
	struct flow_packet packet = { .fragment = (uint8_t)kind, .datagram = datagram };

	packet.key.ifindex = 3;
	packet.key.family = 4;
	packet.key.protocol = 17;
	packet.key.direction = FLOW_INGRESS;
	packet.key.src[0] = 10;
	if (kind == FRAGMENT_FIRST) {
		packet.key.src_port = 5000;
		packet.key.dst_port = 53;
	}
	return packet;
}

static struct wall at(int64_t ns)
{
	return (struct wall){ .ns = ns };
}

TEST(fragments_later_ones_get_the_ports_and_type_of_the_first)
{
	struct fragments  *fragments = fragments_new();
	struct flow_packet first = fragment_of(FRAGMENT_FIRST, 7);
	struct flow_packet later = fragment_of(FRAGMENT_LATER, 7);

	first.icmp_type = 8;
	first.icmp_code = 1;
	CHECK(fragments_join(fragments, &first, at(0)));
	CHECK(fragments_join(fragments, &later, at(1)));
	CHECK(later.key.src_port == 5000 && later.key.dst_port == 53);
	CHECK(later.icmp_type == 8 && later.icmp_code == 1);
	CHECK(memcmp(&later.key, &first.key, sizeof(later.key)) == 0);
	fragments_free(fragments);
}

TEST(fragments_before_their_first_stay_without_ports)
{
	struct fragments  *fragments = fragments_new();
	struct flow_packet first = fragment_of(FRAGMENT_FIRST, 7);
	struct flow_packet later = fragment_of(FRAGMENT_LATER, 7);

	CHECK(!fragments_join(fragments, &later, at(0)));
	CHECK(later.key.src_port == 0 && later.key.dst_port == 0);
	CHECK(fragments_join(fragments, &first, at(1)));
	fragments_free(fragments);
}

TEST(fragments_of_another_datagram_are_told_apart_by_every_part_of_it)
{
	struct fragments  *fragments = fragments_new();
	struct flow_packet first = fragment_of(FRAGMENT_FIRST, 7);
	struct flow_packet others[7];

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		others[i] = fragment_of(FRAGMENT_LATER, 7);
	others[0].datagram = 8;
	others[1].key.ifindex = 4;
	others[2].key.direction = FLOW_EGRESS;
	others[3].key.family = 6;
	others[4].key.protocol = 6;
	others[5].key.src[15] = 1;
	others[6].key.dst[0] = 1;
	CHECK(fragments_join(fragments, &first, at(0)));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK(!fragments_join(fragments, &others[i], at(0)));
	fragments_free(fragments);
}

TEST(fragments_are_forgotten_after_half_a_minute_of_the_packets_time)
{
	static const struct {
		int64_t first_ns, later_ns;
		bool	joins;
	} cases[] = {
		{ 0, 30 * S - 1, true },
		{ 0, 30 * S, false },
		{ 30 * S, 1, true },
		{ 30 * S, 0, false },
		{ INT64_MIN, INT64_MAX, false },
		{ INT64_MAX, INT64_MIN, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fragments  *fragments = fragments_new();
		struct flow_packet first = fragment_of(FRAGMENT_FIRST, 7);
		struct flow_packet later = fragment_of(FRAGMENT_LATER, 7);

		CHECK(fragments_join(fragments, &first, at(cases[i].first_ns)));
		CHECK(fragments_join(fragments, &later, at(cases[i].later_ns)) == cases[i].joins);
		CHECK((later.key.dst_port == 53) == cases[i].joins);
		fragments_free(fragments);
	}
}

TEST(fragments_a_number_used_again_is_the_new_datagram)
{
	struct fragments  *fragments = fragments_new();
	struct flow_packet first = fragment_of(FRAGMENT_FIRST, 7), again = first;
	struct flow_packet later = fragment_of(FRAGMENT_LATER, 7);

	again.key.src_port = 5001;
	CHECK(fragments_join(fragments, &first, at(0)));
	CHECK(fragments_join(fragments, &again, at(S)));
	CHECK(fragments_join(fragments, &later, at(2 * S)));
	CHECK(later.key.src_port == 5001);
	fragments_free(fragments);
}

TEST(fragments_of_more_datagrams_than_there_is_room_forget_the_oldest)
{
	struct fragments *fragments = fragments_new();
	uint32_t	  joined = 0, count = 10 * FLOW_DATAGRAM_COUNT;

	for (uint32_t i = 0; i < count; i++) {
		struct flow_packet first = fragment_of(FRAGMENT_FIRST, i);

		CHECK(fragments_join(fragments, &first, at(i)));
	}
	for (uint32_t i = 0; i < count; i++) {
		struct flow_packet later = fragment_of(FRAGMENT_LATER, i);
		bool		   joins = fragments_join(fragments, &later, at(count));

		joined += joins;
		/* Four of a set are kept: that none of the last thousand fell out is all but certain. */
		CHECK(i + 100 < count || joins);
	}
	CHECK(joined <= FLOW_DATAGRAM_COUNT && joined > FLOW_DATAGRAM_COUNT / 2);
	fragments_free(fragments);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_later_ones_get_the_ports_and_type_of_the_first),
		cmocka_unit_test(fragments_before_their_first_stay_without_ports),
		cmocka_unit_test(fragments_of_another_datagram_are_told_apart_by_every_part_of_it),
		cmocka_unit_test(fragments_are_forgotten_after_half_a_minute_of_the_packets_time),
		cmocka_unit_test(fragments_a_number_used_again_is_the_new_datagram),
		cmocka_unit_test(fragments_of_more_datagrams_than_there_is_room_forget_the_oldest),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
