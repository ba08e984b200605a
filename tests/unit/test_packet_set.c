/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "simulator/reach/packet_set.h"

enum {
	TCP = PROTO_TCP << 16,
	UDP = PROTO_UDP << 16,
	ICMP = PROTO_ICMP << 16,
	GRE = PROTO_GRE << 16
};

enum { SEED = 20261128, ROUNDS = 20000, POOL = 64 };

static uint32_t tcp_range(struct packet_sets *sets, uint16_t min, uint16_t max,
			  enum verdict verdict)
{
	return packet_sets_range(sets, TCP | min, TCP | max, verdict);
}

/* The set's verdict everywhere, and what the lines of cuts must be like. */
static void check_line(const struct packet_sets *sets, uint32_t set)
{
	size_t			 count;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);
	enum verdict		 best = VERDICT_DENY;

	CHECK(count > 0 && cuts[0].key == 0);
	for (size_t i = 0; i < count; i++) {
		CHECK(cuts[i].key < PACKET_KEY_END);
		CHECK(i == 0 ||
		      (cuts[i - 1].key < cuts[i].key && cuts[i - 1].verdict != cuts[i].verdict));
		best = cuts[i].verdict > best ? cuts[i].verdict : best;
	}
	CHECK(packet_sets_best(sets, set) == best);
}

TEST(a_set_that_is_one_verdict_everywhere_has_its_number)
{
	struct packet_sets *sets = packet_sets_new();

	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		struct packet_cut cut = { .key = 0, .verdict = (enum verdict)verdict };

		CHECK(packet_sets_put(sets, &cut, 1) == (uint32_t)verdict);
		CHECK(packet_sets_range(sets, 0, PACKET_KEY_END - 1, (enum verdict)verdict) ==
		      (uint32_t)verdict);
		CHECK(packet_sets_best(sets, (uint32_t)verdict) == (enum verdict)verdict);
		CHECK(packet_sets_at(sets, (uint32_t)verdict, TCP | 443) == (enum verdict)verdict);
	}
	CHECK(tcp_range(sets, 1, 9, VERDICT_DENY) == PACKET_SET_DENY);
	packet_sets_free(sets);
}

TEST(equal_sets_are_one_number_however_they_were_made)
{
	struct packet_sets     *sets = packet_sets_new();
	const struct packet_cut cuts[] = { { 0, VERDICT_DENY },
					   { TCP | 80, VERDICT_ALLOW },
					   { TCP | 82, VERDICT_ALLOW },
					   { TCP | 90, VERDICT_DENY },
					   { TCP | 95, VERDICT_DENY } };
	uint32_t		whole = tcp_range(sets, 80, 89, VERDICT_ALLOW);

	CHECK(packet_sets_put(sets, cuts, ARRAY_LEN(cuts)) == whole);
	CHECK(packet_sets_either(sets, tcp_range(sets, 80, 84, VERDICT_ALLOW),
				 tcp_range(sets, 85, 89, VERDICT_ALLOW)) == whole);
	CHECK(packet_sets_both(sets, tcp_range(sets, 0, 89, VERDICT_ALLOW),
			       tcp_range(sets, 80, 65535, VERDICT_ALLOW)) == whole);
	CHECK(packet_sets_not(sets, packet_sets_not(sets, whole)) == whole);
	CHECK(packet_sets_where(sets, whole, VERDICT_ALLOW) == whole);
	check_line(sets, whole);
	packet_sets_free(sets);
}

TEST(the_ends_of_a_range_are_in_it_and_their_neighbours_are_not)
{
	static const struct {
		uint32_t first, last;
	} cases[] = {
		{ TCP | 22, TCP | 22 },
		{ TCP, TCP | 65535 },
		{ 0, 0 },
		{ 0, PACKET_KEY_END - 2 },
		{ 1, PACKET_KEY_END - 1 },
		{ PACKET_KEY_END - 1, PACKET_KEY_END - 1 },
	};
	struct packet_sets *sets = packet_sets_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t first = cases[i].first, last = cases[i].last;
		uint32_t set = packet_sets_range(sets, first, last, VERDICT_UNKNOWN);

		check_line(sets, set);
		CHECK(packet_sets_at(sets, set, first) == VERDICT_UNKNOWN);
		CHECK(packet_sets_at(sets, set, last) == VERDICT_UNKNOWN);
		if (first > 0)
			CHECK(packet_sets_at(sets, set, first - 1) == VERDICT_DENY);
		if (last + 1 < PACKET_KEY_END)
			CHECK(packet_sets_at(sets, set, last + 1) == VERDICT_DENY);
	}
	packet_sets_free(sets);
}

TEST(a_header_covers_what_packet_match_says)
{
	static const struct {
		int16_t		  protocol;
		struct port_range ports;
		int16_t		  type, code;
	} cases[] = {
		{ PROTO_ANY, { 0, 0 }, -1, -1 },
		{ PROTO_TCP, { 80, 443 }, -1, -1 },
		{ PROTO_UDP, { 0, 65535 }, -1, -1 },
		{ PROTO_TCP, { 443, 80 }, -1, -1 },
		{ PROTO_ICMP, { 0, 65535 }, -1, -1 },
		{ PROTO_ICMP, { 0, 65535 }, 8, -1 },
		{ PROTO_ICMP, { 0, 65535 }, 3, 4 },
		{ PROTO_ICMP, { 0, 65535 }, -1, 4 },
		{ PROTO_ICMPV6, { 0, 65535 }, 255, 255 },
		{ PROTO_GRE, { 7, 8 }, -1, -1 },
		{ 0, { 0, 65535 }, -1, -1 },
		{ 255, { 0, 65535 }, -1, -1 },
		{ PROTO_ICMP, { 0, 65535 }, 256, -1 },
	};
	static const uint32_t keys[] = {
		0,
		TCP | 79,
		TCP | 80,
		TCP | 443,
		TCP | 444,
		UDP,
		UDP | 65535,
		ICMP,
		ICMP | 0x800,
		ICMP | 0x801,
		ICMP | 0x304,
		ICMP | 4,
		ICMP | 0xff04,
		GRE,
		PROTO_ICMPV6 << 16 | 0xffff,
		PROTO_ICMPV6 << 16,
		PACKET_KEY_END - PACKET_KEYS,
	};
	struct packet_sets *sets = packet_sets_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t set = packet_sets_header(sets, cases[i].protocol, cases[i].ports,
						  cases[i].type, cases[i].code);

		check_line(sets, set);
		for (size_t j = 0; j < ARRAY_LEN(keys); j++) {
			struct packet packet = packet_of_key(keys[j]);
			enum verdict  expected = packet_match(&packet, cases[i].protocol,
							      cases[i].ports, cases[i].type,
							      cases[i].code) == MATCH_YES
							 ? VERDICT_ALLOW
							 : VERDICT_DENY;

			if (packet_sets_at(sets, set, keys[j]) != expected)
				fail_msg("case %zu, key %06x: not %s", i, keys[j],
					 verdict_text(expected));
		}
	}
	packet_sets_free(sets);
}

TEST(the_ports_of_a_person_are_a_set)
{
	static const char *const texts[] = {
		"443",	    "tcp/8000-8100,9000", "udp/53",   "icmp", "icmp/8",
		"icmp/3/4", "icmpv6/128",	  "proto/47", "all"
	};
	struct packet_sets *sets = packet_sets_new();

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct ports ports;
		struct err   err;
		uint32_t     set;

		CHECK(ports_parse(str_of(texts[i]), &ports, &err) == 0);
		set = packet_sets_ports(sets, &ports);
		for (uint32_t key = 0; key < PACKET_KEY_END; key += 1 + key % 97) {
			struct packet packet = packet_of_key(key);
			bool	      is_in = ports_has(&ports, packet.protocol, packet.dst_port,
							packet.icmp_type, packet.icmp_code);

			if ((packet_sets_at(sets, set, key) == VERDICT_ALLOW) != is_in)
				fail_msg("%s: key %06x", texts[i], key);
		}
	}
	packet_sets_free(sets);
}

TEST(a_packet_and_its_key_are_each_others)
{
	static const uint32_t keys[] = { 0, TCP, TCP | 443, UDP | 65535, ICMP | 0x304, GRE };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct packet packet = packet_of_key(keys[i]);

		CHECK(packet_key(&packet) == keys[i]);
	}
}

static enum verdict lower(enum verdict a, enum verdict b)
{
	return a < b ? a : b;
}

static enum verdict upper(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

/* A key near those where the sets are cut. */
static uint32_t any_key(void)
{
	static const uint32_t bases[] = { 0, TCP, UDP, ICMP, GRE, PACKET_KEY_END - PACKET_KEYS };

	return bases[(size_t)rand() % ARRAY_LEN(bases)] | (uint32_t)(rand() % 40);
}

TEST(operations_on_sets_are_those_on_their_verdicts)
{
	struct packet_sets *sets = packet_sets_new();
	uint32_t	    pool[POOL] = { PACKET_SET_DENY, PACKET_SET_UNKNOWN, PACKET_SET_ALLOW };

	srand(SEED);
	print_message("seed %d\n", SEED);
	for (size_t i = 3; i < POOL; i++) {
		uint32_t first = any_key(), last = any_key();

		pool[i] = packet_sets_range(sets, first < last ? first : last,
					    first < last ? last : first,
					    (enum verdict)(rand() % VERDICT_COUNT));
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t a = pool[rand() % POOL], b = pool[rand() % POOL], key = any_key();
		uint32_t both = packet_sets_both(sets, a, b),
			 either = packet_sets_either(sets, a, b);
		enum verdict of_a = packet_sets_at(sets, a, key),
			     of_b = packet_sets_at(sets, b, key);

		CHECK(packet_sets_at(sets, both, key) == lower(of_a, of_b));
		CHECK(packet_sets_at(sets, either, key) == upper(of_a, of_b));
		CHECK(packet_sets_at(sets, packet_sets_not(sets, a), key) ==
		      (enum verdict)(VERDICT_ALLOW - of_a));
		CHECK(packet_sets_at(sets, packet_sets_where(sets, a, of_b), key) ==
		      (of_a == of_b ? VERDICT_ALLOW : VERDICT_DENY));
		CHECK(packet_sets_both(sets, b, a) == both &&
		      packet_sets_either(sets, b, a) == either);
		check_line(sets, either);
		pool[3 + rand() % (POOL - 3)] = rand() % 2 ? both : either;
	}
	packet_sets_free(sets);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_that_is_one_verdict_everywhere_has_its_number),
		cmocka_unit_test(equal_sets_are_one_number_however_they_were_made),
		cmocka_unit_test(the_ends_of_a_range_are_in_it_and_their_neighbours_are_not),
		cmocka_unit_test(a_header_covers_what_packet_match_says),
		cmocka_unit_test(the_ports_of_a_person_are_a_set),
		cmocka_unit_test(a_packet_and_its_key_are_each_others),
		cmocka_unit_test(operations_on_sets_are_those_on_their_verdicts),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
