/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/reach/packet_words.h"

enum { PARTS_MAX = 6, TEXT_MAX = 4096 };

/* A set by its parts, each as a person writes ports. */
struct making {
	const char *parts[PARTS_MAX];
	const char *words;
};

static uint32_t set_of(struct packet_sets *sets, const char *const parts[static PARTS_MAX])
{
	uint32_t set = PACKET_SET_DENY;

	for (size_t i = 0; i < PARTS_MAX && parts[i]; i++) {
		struct ports ports;
		struct err   err;

		if (ports_parse(str_of(parts[i]), &ports, &err) < 0)
			fail_msg("%s", err.text);
		set = packet_sets_either(sets, set, packet_sets_ports(sets, &ports));
	}
	return set;
}

static void check_words(const struct packet_sets *sets, uint32_t set, enum verdict verdict,
			const char *expected)
{
	auto_buf struct buf words = buf_make(TEXT_MAX);

	packet_words(sets, set, verdict, &words);
	CHECK_STR(buf_str(&words), expected);
}

TEST(sets_are_written_as_people_write_ports)
{
	static const struct making cases[] = {
		{ { NULL }, "" },
		{ { "all" }, "all" },
		{ { "443" }, "tcp/443" },
		{ { "tcp/443,22" }, "tcp/22,443" },
		{ { "udp/53", "tcp/8000-8100", "tcp/22" }, "tcp/22,8000-8100 udp/53" },
		{ { "tcp/0-65535" }, "tcp/all" },
		{ { "tcp/1-65535" }, "tcp/1-65535" },
		{ { "icmp" }, "icmp" },
		{ { "icmp/8" }, "icmp/8" },
		{ { "icmp/3/4", "icmp/8" }, "icmp/3/4,8" },
		{ { "icmp/3", "icmp/4", "icmp/5" }, "icmp/3-5" },
		{ { "icmp/3/4", "icmp/3/5" }, "icmp/3/4-5" },
		{ { "icmpv6/128", "tcp/1" }, "tcp/1 icmpv6/128" },
		{ { "proto/47" }, "gre" },
		{ { "proto/47", "proto/99", "icmp/8" }, "icmp/8 gre proto/99" },
		{ { "proto/255" }, "proto/255" },
		{ { "proto/0", "proto/255" }, "proto/0 proto/255" },
	};
	struct packet_sets *sets = packet_sets_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_words(sets, set_of(sets, cases[i].parts), VERDICT_ALLOW, cases[i].words);
	packet_sets_free(sets);
}

TEST(of_nearly_everything_what_is_missing_is_named)
{
	static const struct making cases[] = {
		{ { "all" }, "" },
		{ { "tcp/0-65535" }, "all but tcp" },
		{ { "proto/47", "udp/0-65535" }, "all but udp,gre" },
		{ { "tcp/22" }, "tcp/0-21,23-65535 all but tcp" },
		{ { "icmp/8" }, "icmp/0-7,9-255 all but icmp" },
		{ { "proto/255" }, "all but proto/255" },
	};
	struct packet_sets *sets = packet_sets_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_words(sets, packet_sets_not(sets, set_of(sets, cases[i].parts)),
			    VERDICT_ALLOW, cases[i].words);
	packet_sets_free(sets);
}

TEST(what_is_open_and_what_is_undecided_are_told_apart)
{
	struct packet_sets *sets = packet_sets_new();
	const char *const tcp[PARTS_MAX] = { "tcp/22" }, *const udp[PARTS_MAX] = { "udp/53" };
	uint32_t set = packet_sets_either(
		sets, set_of(sets, tcp),
		packet_sets_both(sets, PACKET_SET_UNKNOWN, set_of(sets, udp)));

	check_words(sets, set, VERDICT_ALLOW, "tcp/22");
	check_words(sets, set, VERDICT_UNKNOWN, "udp/53");
	check_words(sets, packet_sets_either(sets, set, PACKET_SET_UNKNOWN), VERDICT_UNKNOWN,
		    "tcp/0-21,23-65535 all but tcp");
	packet_sets_free(sets);
}

/* Each key that is not denied is in exactly one piece, and has its verdict. */
static size_t count_pieces_with(const struct packet_pieces *pieces, uint32_t key,
				enum verdict verdict)
{
	struct packet packet = packet_of_key(key);
	size_t	      count = 0;

	for (size_t i = 0; i < pieces->count; i++) {
		const struct packet_piece *piece = &pieces->items[i];
		bool			   is_in;

		if (piece->protocol == PROTO_ANY)
			is_in = !packet_piece_excepts(piece, packet.protocol);
		else if (proto_is_icmp(piece->protocol))
			is_in = packet.protocol == piece->protocol &&
				packet.icmp_type >= piece->types.min &&
				packet.icmp_type <= piece->types.max &&
				packet.icmp_code >= piece->codes.min &&
				packet.icmp_code <= piece->codes.max;
		else
			is_in = packet.protocol == piece->protocol &&
				(!proto_has_ports(piece->protocol) ||
				 (packet.dst_port >= piece->ports.min &&
				  packet.dst_port <= piece->ports.max));
		if (is_in)
			CHECK(piece->verdict == verdict);
		count += is_in;
	}
	return count;
}

TEST(every_packet_that_is_not_denied_is_in_one_piece)
{
	static const char *const makings[][PARTS_MAX] = {
		{ "all" },
		{ "tcp/22,80-90", "udp/53", "icmp/3/4", "proto/47" },
		{ "icmp/3/4", "icmp/8" },
		{ "icmpv6", "tcp/0-65535", "proto/0" },
	};
	struct packet_sets *sets = packet_sets_new();

	for (size_t i = 0; i < 2 * ARRAY_LEN(makings); i++) {
		uint32_t				set = set_of(sets, makings[i / 2]);
		auto_packet_pieces struct packet_pieces pieces = { 0 };

		if (i % 2)
			set = packet_sets_either(sets, packet_sets_not(sets, set),
						 packet_sets_both(sets, set, PACKET_SET_UNKNOWN));
		packet_pieces_of(sets, set, &pieces);
		for (size_t j = 0; j < pieces.count; j++)
			CHECK(packet_sets_at(sets, set, pieces.items[j].key) ==
			      pieces.items[j].verdict);
		for (uint32_t key = 0; key < PACKET_KEY_END; key += 1 + key % 89) {
			enum verdict verdict = packet_sets_at(sets, set, key);

			CHECK(count_pieces_with(&pieces, key, verdict) ==
			      (verdict == VERDICT_DENY ? 0 : 1));
		}
	}
	packet_sets_free(sets);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_written_as_people_write_ports),
		cmocka_unit_test(of_nearly_everything_what_is_missing_is_named),
		cmocka_unit_test(what_is_open_and_what_is_undecided_are_told_apart),
		cmocka_unit_test(every_packet_that_is_not_denied_is_in_one_piece),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
