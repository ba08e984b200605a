/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/report/matrix_pieces.h"

enum { TEXT_MAX = 4096, LIST_MAX = 4 };

/* Sets as lists of ports; NULL: nothing. */
struct made {
	const char *open[LIST_MAX], *undecided[LIST_MAX];
	const char *all_open[LIST_MAX], *all_undecided[LIST_MAX]; /* of every pair */
	const char *unintended[LIST_MAX], *silent[LIST_MAX];
	const char *some_undecided[LIST_MAX]; /* of what is open */
	const char *words;
};

static uint32_t ports_of(struct packet_sets *sets, const char *const list[static LIST_MAX])
{
	uint32_t set = PACKET_SET_DENY;

	for (size_t i = 0; i < LIST_MAX && list[i]; i++) {
		struct ports ports;
		struct err   err;

		if (ports_parse(str_of(list[i]), &ports, &err) < 0)
			fail_msg("%s", err.text);
		set = packet_sets_either(sets, set, packet_sets_ports(sets, &ports));
	}
	return set;
}

static uint32_t unknown_of(struct packet_sets *sets, const char *const list[static LIST_MAX])
{
	return packet_sets_both(sets, PACKET_SET_UNKNOWN, ports_of(sets, list));
}

static struct cell cell_of(struct packet_sets *sets, const struct made *made)
{
	struct cell cell = {
		.set = packet_sets_either(sets, ports_of(sets, made->open),
					  unknown_of(sets, made->undecided)),
		.common = packet_sets_either(sets, ports_of(sets, made->all_open),
					     unknown_of(sets, made->all_undecided)),
		.unknown = packet_sets_either(sets, ports_of(sets, made->undecided),
					      ports_of(sets, made->some_undecided)),
	};

	cell.unintended = packet_sets_both(sets, cell.set, ports_of(sets, made->unintended));
	cell.silent = packet_sets_both(sets, cell.set, ports_of(sets, made->silent));
	return cell;
}

static void check_words(const struct made *made)
{
	struct packet_sets *sets = packet_sets_new();
	struct cell	    cell = cell_of(sets, made);
	auto_buf struct buf words = buf_make(TEXT_MAX);

	matrix_words(sets, &cell, &words);
	CHECK_STR(buf_str(&words), made->words);
	packet_sets_free(sets);
}

TEST(ports_of_tcp_stand_bare_and_other_protocols_by_name)
{
	static const struct made cases[] = {
		{ .open = { "22,443" }, .all_open = { "22,443" }, .words = "22,443" },
		{ .open = { "tcp/0-65535" }, .all_open = { "all" }, .words = "tcp/all" },
		{ .open = { "22", "udp/53,123" }, .all_open = { "all" }, .words = "22 udp/53,123" },
		{ .open = { "icmp/3/4", "icmp/8" }, .all_open = { "all" }, .words = "icmp/3/4,8" },
		{ .open = { "proto/47", "proto/99" },
		  .all_open = { "all" },
		  .words = "gre proto/99" },
		{ .open = { "all" }, .all_open = { "all" }, .words = "all" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_words(&cases[i]);
}

TEST(marks_stand_behind_what_they_belong_to)
{
	static const struct made cases[] = {
		{ .open = { "22,8080" },
		  .all_open = { "22,8080" },
		  .unintended = { "22" },
		  .words = "22!,8080" },
		{ .open = { "22", "udp/53" }, .all_open = { "22" }, .words = "22 udp/53~" },
		{ .open = { "22" }, .unintended = { "22" }, .words = "22!~" },
		{ .undecided = { "443" }, .all_undecided = { "443" }, .words = "443?" },
		{ .undecided = { "443" }, .words = "443?~" },
		{ .undecided = { "443" },
		  .all_undecided = { "443" },
		  .unintended = { "443" },
		  .words = "443?!" },
		{ .open = { "443" }, .some_undecided = { "443" }, .words = "443~?" },
		{ .open = { "22-23" },
		  .all_open = { "22-23" },
		  .unintended = { "23" },
		  .words = "22,23!" },
		{ .open = { "22,80" },
		  .all_open = { "all" },
		  .silent = { "80" },
		  .words = "22,80°" },
		{ .open = { "22" }, .silent = { "22" }, .words = "22°~" },
		{ .undecided = { "443" },
		  .all_undecided = { "443" },
		  .silent = { "443" },
		  .words = "443?°" },
		/* What another pair is not wanted to have is not wanted. */
		{ .open = { "22" },
		  .all_open = { "22" },
		  .unintended = { "22" },
		  .silent = { "22" },
		  .words = "22!" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_words(&cases[i]);
}

TEST(of_much_that_is_not_wanted_what_is_wanted_is_told)
{
	static const struct made cases[] = {
		{ .open = { "all" },
		  .all_open = { "all" },
		  .unintended = { "tcp/0-442,444-8079,8081-65535", "udp/0-65535", "icmp" },
		  .words = "all! but 443,8080 all but tcp,udp,icmp" },
		{ .open = { "all" },
		  .all_open = { "all" },
		  .unintended = { "tcp/0-442,444-8079,8081-65535", "udp/0-65535", "icmp" },
		  .silent = { "8080" },
		  .words = "all! but 443,8080° all but tcp,udp,icmp" },
		{ .open = { "tcp/1-9,11-19,21-29,31-39,41-49" },
		  .all_open = { "all" },
		  .unintended = { "tcp/1-4,6-14,16-49" },
		  .words = "1-9!,11-19!,21-29!,31-39!,41-49! but 5,15" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_words(&cases[i]);
}

TEST(many_pieces_are_joined_and_marked_for_any_part_of_them)
{
	static const struct made made = { .open = { "icmp", "22" },
					  .all_open = { "icmp/3", "icmp/8", "icmp/11" },
					  .words = "22~ icmp~" };

	check_words(&made);
}

TEST(a_piece_knows_its_pairs)
{
	struct packet_sets *sets = packet_sets_new();
	const char *const ssh[LIST_MAX] = { "22" }, *const both[LIST_MAX] = { "22,443" };
	struct cell_parts	  parts = { 0 };
	struct cell_part	  one = { .set = ports_of(sets, ssh), .pairs = 3 };
	struct cell_part	  two = { .set = ports_of(sets, both), .pairs = 4 };
	struct cell_part	  three = { .set = unknown_of(sets, both),
					    .unknown = ports_of(sets, both),
					    .pairs = 5 };
	const struct made	  made = { .open = { "22,443" }, .some_undecided = { "22,443" } };
	struct cell		  cell = cell_of(sets, &made);
	struct matrix_pieces	  pieces;
	struct matrix_piece_pairs pairs;

	cell_parts_add(&parts, &one);
	cell_parts_add(&parts, &two);
	cell_parts_add(&parts, &three);
	matrix_pieces_of(sets, &cell, &pieces);
	CHECK(pieces.count == 2);
	pairs = matrix_piece_pairs(sets, &pieces.items[0], &parts);
	CHECK(pairs.open == 7 && pairs.undecided == 5);
	pairs = matrix_piece_pairs(sets, &pieces.items[1], &parts);
	CHECK(pairs.open == 4 && pairs.undecided == 5);
	matrix_pieces_done(&pieces);
	cell_parts_done(&parts);
	packet_sets_free(sets);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_of_tcp_stand_bare_and_other_protocols_by_name),
		cmocka_unit_test(marks_stand_behind_what_they_belong_to),
		cmocka_unit_test(of_much_that_is_not_wanted_what_is_wanted_is_told),
		cmocka_unit_test(many_pieces_are_joined_and_marked_for_any_part_of_them),
		cmocka_unit_test(a_piece_knows_its_pairs),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
