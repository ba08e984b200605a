/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mark.h"
#include "sensor/flow_table.h"
#include "tests/unit/unit.h"

enum { COLLECTED_MAX = 4096 };

/* What flow_table_close handed out, in order. */
struct collected {
	struct flow flows[COLLECTED_MAX];
	size_t	    count;
	size_t	    refuse_at; /* fail at this one; SIZE_MAX: never */
};

static int collect(void *context, const struct flow *flow, struct err *err)
{
	struct collected *collected = context;

	if (collected->count == collected->refuse_at)
		return err_set(err, ERR_SYSTEM, "refused");
	assert_true(collected->count < COLLECTED_MAX);
	collected->flows[collected->count++] = *flow;
	return 0;
}

static struct flow flow_of(uint32_t number, int64_t window, uint64_t first_ns)
{
	struct flow flow = { .window = window };

	flow.key.ifindex = 1;
	flow.key.family = 4;
	flow.key.protocol = 17;
	memcpy(flow.key.src, &number, sizeof(number));
	flow.count = (struct flow_count){
		.packets = 1, .bytes = 100, .first_ns = first_ns, .last_ns = first_ns
	};
	return flow;
}

static size_t close_all(struct flow_table *table, int64_t limit, struct collected *out)
{
	struct err err;

	*out = (struct collected){ .refuse_at = SIZE_MAX };
	CHECK(flow_table_close(table, limit, collect, out, &err) == 0);
	return out->count;
}

static struct collected collected;

TEST(flow_table_adds_up_the_packets_of_a_flow)
{
	struct flow_table *table = flow_table_new(16);
	struct flow	   early = flow_of(1, 7, 1000), late = flow_of(1, 7, 2000);

	early.count.tcp_flags = 2;
	early.count.icmp_type = 8;
	late.count.tcp_flags = 1;
	late.count.icmp_type = 3;
	late.count.packets = 4;
	/* The later one first: handles of one interface do not come in the order of time. */
	CHECK(flow_table_add(table, &late, 1) == 1);
	CHECK(flow_table_add(table, &early, 1) == 1);
	CHECK(flow_table_count(table) == 1);
	CHECK(close_all(table, 8, &collected) == 1);
	CHECK(collected.flows[0].count.packets == 5);
	CHECK(collected.flows[0].count.bytes == 200);
	CHECK(collected.flows[0].count.first_ns == 1000);
	CHECK(collected.flows[0].count.last_ns == 2000);
	CHECK(collected.flows[0].count.tcp_flags == 3);
	CHECK(collected.flows[0].count.icmp_type == 3);
	flow_table_free(table);
}

TEST(flow_table_tells_flows_apart_by_every_part_of_the_key)
{
	struct flow_table *table = flow_table_new(64);
	struct flow	   flow = flow_of(1, 7, 1000);
	size_t		   size = offsetof(struct flow, count);

	CHECK(flow_table_add(table, &flow, 1) == 1);
	for (size_t i = 0; i < size; i++) {
		struct flow other = flow;

		((uint8_t *)&other)[i] ^= 1;
		CHECK(flow_table_add(table, &other, 1) == 1);
		CHECK(flow_table_count(table) == i + 2);
	}
	flow_table_free(table);
}

TEST(flow_table_says_when_it_is_full_and_still_adds_to_what_it_has)
{
	struct flow_table *table = flow_table_new(16);
	struct flow	   flow;

	for (uint32_t i = 0; i < 16; i++) {
		flow = flow_of(i, 1, i);
		CHECK(flow_table_add(table, &flow, 1) == 1);
	}
	flow = flow_of(16, 1, 0);
	CHECK(flow_table_add(table, &flow, 1) == 0);
	flow = flow_of(3, 1, 0);
	CHECK(flow_table_add(table, &flow, 1) == 1);
	CHECK(flow_table_count(table) == 16);
	CHECK(close_all(table, 2, &collected) == 16);
	flow = flow_of(16, 1, 0);
	CHECK(flow_table_add(table, &flow, 1) == 1);
	flow_table_free(table);
}

TEST(flow_table_closes_windows_and_keeps_the_later_ones)
{
	struct flow_table *table = flow_table_new(256);

	CHECK(flow_table_oldest(table) == INT64_MAX);
	for (uint32_t i = 0; i < 240; i++) {
		struct flow flow = flow_of(i, -3 + (int64_t)(i % 8), i);

		CHECK(flow_table_add(table, &flow, 1) == 1);
	}
	CHECK(flow_table_oldest(table) == -3);
	CHECK(close_all(table, -3, &collected) == 0);
	CHECK(close_all(table, 0, &collected) == 90);
	for (size_t i = 0; i < collected.count; i++)
		CHECK(collected.flows[i].window < 0);
	CHECK(flow_table_oldest(table) == 0);
	CHECK(flow_table_count(table) == 150);
	/* What stayed is still found. */
	for (uint32_t i = 0; i < 240; i++) {
		struct flow flow = flow_of(i, -3 + (int64_t)(i % 8), i);

		if (flow.window >= 0)
			CHECK(flow_table_add(table, &flow, 1) == 1);
	}
	CHECK(flow_table_count(table) == 150);
	CHECK(close_all(table, INT64_MAX, &collected) == 150);
	CHECK(collected.flows[0].count.packets == 2);
	CHECK(flow_table_count(table) == 0);
	flow_table_free(table);
}

TEST(flow_table_hands_out_by_window_time_and_key)
{
	struct flow_table *table = flow_table_new(4096);
	uint32_t	   random = 12345;

	for (uint32_t i = 0; i < 3000; i++) {
		struct flow flow;

		random = random * 1664525 + 1013904223;
		flow = flow_of(i, random >> 30, random >> 8 & 63);
		CHECK(flow_table_add(table, &flow, 1) == 1);
	}
	CHECK(close_all(table, INT64_MAX, &collected) == 3000);
	for (size_t i = 1; i < collected.count; i++) {
		const struct flow *a = &collected.flows[i - 1], *b = &collected.flows[i];

		CHECK(a->window <= b->window);
		if (a->window != b->window)
			continue;
		CHECK(a->count.first_ns <= b->count.first_ns);
		if (a->count.first_ns == b->count.first_ns)
			CHECK(memcmp(&a->key, &b->key, sizeof(a->key)) < 0);
	}
	flow_table_free(table);
}

TEST(flow_table_adds_many_at_once_in_their_order)
{
	struct flow_table *table = flow_table_new(512);
	static struct flow flows[2000];

	/* Each flow twice in a row and again much later; what makes the table full comes last. */
	for (uint32_t i = 0; i < ARRAY_LEN(flows); i++)
		flows[i] = flow_of(i / 2 % 512, 1, i);
	flows[1990] = flow_of(512, 1, 0);
	CHECK(flow_table_add(table, flows, 0) == 0);
	CHECK(flow_table_add(table, flows, ARRAY_LEN(flows)) == 1990);
	CHECK(flow_table_count(table) == 512);
	CHECK(close_all(table, 2, &collected) == 512);
	for (uint32_t i = 0; i < 512; i++) {
		CHECK(collected.flows[i].count.first_ns == 2 * i);
		CHECK(collected.flows[i].count.packets == (i < (1990 - 1024) / 2 ? 4 : 2));
	}
	CHECK(flow_table_add(table, flows + 1990, 10) == 10);
	CHECK(flow_table_count(table) == 6);
	flow_table_free(table);
}

TEST(flow_table_forgets_few_flows_of_many_places_and_finds_them_new)
{
	struct flow_table *table = flow_table_new(1 << 16);

	for (int64_t window = 0; window < 50; window++) {
		for (uint32_t i = 0; i < 100; i++) {
			struct flow flow = flow_of(i, window, i);

			CHECK(flow_table_add(table, &flow, 1) == 1);
		}
		CHECK(close_all(table, window + 1, &collected) == 100);
		CHECK(collected.flows[99].count.packets == 1);
		CHECK(flow_table_count(table) == 0);
		CHECK(flow_table_oldest(table) == INT64_MAX);
	}
	flow_table_free(table);
}

TEST(flow_table_puts_windows_far_apart_in_order)
{
	static const int64_t windows[] = { INT64_MAX - 1, 5,	      INT64_MIN, 0,
					   INT64_MAX - 2, UINT32_MAX, -1,	 INT64_MIN + 1 };
	struct flow_table   *table = flow_table_new(16);

	for (uint32_t i = 0; i < ARRAY_LEN(windows); i++) {
		struct flow flow = flow_of(i, windows[i], 7);

		CHECK(flow_table_add(table, &flow, 1) == 1);
	}
	CHECK(close_all(table, INT64_MAX, &collected) == ARRAY_LEN(windows));
	for (size_t i = 1; i < collected.count; i++)
		CHECK(collected.flows[i - 1].window < collected.flows[i].window);
	flow_table_free(table);
}

/* The obvious table: every flow looked at each time. */
struct list {
	struct flow flows[COLLECTED_MAX];
	size_t	    count;
};

static void list_add(struct list *list, const struct flow *flow)
{
	for (size_t i = 0; i < list->count; i++) {
		struct flow *known = &list->flows[i];

		if (known->window != flow->window ||
		    memcmp(&known->key, &flow->key, sizeof(flow->key)) != 0)
			continue;
		known->count.packets += flow->count.packets;
		if (flow->count.first_ns < known->count.first_ns)
			known->count.first_ns = flow->count.first_ns;
		return;
	}
	list->flows[list->count++] = *flow;
}

/* Takes the flow out that must come next, of those before limit. */
static struct flow list_take(struct list *list, int64_t limit)
{
	size_t	    best = SIZE_MAX;
	struct flow flow;

	for (size_t i = 0; i < list->count; i++) {
		const struct flow *a = &list->flows[i];
		const struct flow *b = &list->flows[best == SIZE_MAX ? i : best];

		if (a->window >= limit)
			continue;
		if (best == SIZE_MAX || a->window < b->window ||
		    (a->window == b->window && (a->count.first_ns < b->count.first_ns ||
						(a->count.first_ns == b->count.first_ns &&
						 memcmp(&a->key, &b->key, sizeof(a->key)) < 0))))
			best = i;
	}
	CHECK(best != SIZE_MAX);
	flow = list->flows[best];
	list->flows[best] = list->flows[--list->count];
	return flow;
}

TEST(flow_table_does_as_a_plain_list_does)
{
	static struct list list;
	struct flow_table *table = flow_table_new(600);
	uint32_t	   random = 20261128;

	collected = (struct collected){ .refuse_at = SIZE_MAX };
	for (int round = 0; round < 300; round++) {
		struct flow flows[70];
		size_t	    count = 0;
		int64_t	    limit;

		for (; count < ARRAY_LEN(flows); count++) {
			random = random * 1664525 + 1013904223;
			flows[count] = flow_of(random >> 25, round / 8 + (random >> 10) % 3,
					       (uint64_t)round * 50 + (random >> 16) % 200);
			list_add(&list, &flows[count]);
		}
		CHECK(flow_table_add(table, flows, count) == count);
		CHECK(flow_table_count(table) == list.count);
		limit = round / 8 + (random >> 29) - 2;
		CHECK(flow_table_close(table, limit, collect, &collected, &(struct err){ 0 }) == 0);
		for (size_t i = 0; i < collected.count; i++) {
			struct flow flow = list_take(&list, limit);

			CHECK(memcmp(&flow.key, &collected.flows[i].key, sizeof(flow.key)) == 0);
			CHECK(flow.count.packets == collected.flows[i].count.packets);
			CHECK(flow.count.first_ns == collected.flows[i].count.first_ns);
		}
		collected = (struct collected){ .refuse_at = SIZE_MAX };
		CHECK(flow_table_count(table) == list.count);
	}
	flow_table_free(table);
}

TEST(flow_table_keeps_everything_when_nobody_takes_it)
{
	struct flow_table *table = flow_table_new(16);
	struct err	   err;

	for (uint32_t i = 0; i < 5; i++) {
		struct flow flow = flow_of(i, 1, i);

		CHECK(flow_table_add(table, &flow, 1) == 1);
	}
	collected = (struct collected){ .refuse_at = 3 };
	CHECK(flow_table_close(table, 2, collect, &collected, &err) == -1);
	CHECK(err.kind == ERR_SYSTEM);
	CHECK(flow_table_count(table) == 5);
	CHECK(close_all(table, 2, &collected) == 5);
	flow_table_free(table);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_table_adds_up_the_packets_of_a_flow),
		cmocka_unit_test(flow_table_tells_flows_apart_by_every_part_of_the_key),
		cmocka_unit_test(flow_table_says_when_it_is_full_and_still_adds_to_what_it_has),
		cmocka_unit_test(flow_table_closes_windows_and_keeps_the_later_ones),
		cmocka_unit_test(flow_table_hands_out_by_window_time_and_key),
		cmocka_unit_test(flow_table_adds_many_at_once_in_their_order),
		cmocka_unit_test(flow_table_forgets_few_flows_of_many_places_and_finds_them_new),
		cmocka_unit_test(flow_table_puts_windows_far_apart_in_order),
		cmocka_unit_test(flow_table_does_as_a_plain_list_does),
		cmocka_unit_test(flow_table_keeps_everything_when_nobody_takes_it),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
