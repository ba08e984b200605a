/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel program against the user-space parser on the same frames, through BPF_PROG_TEST_RUN.  It is
 * loaded from the object file that the sensor's skeleton was made of.
 */
#include "tests/unit/unit.h"

#if WEIR_BPF

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/parse.h"
#include "lib/base/mark.h"
#include "lib/base/mem.h"
#include "tests/unit/frame_cases.h"

/* What the program left in the maps after a run; the maps are empty again. */
struct seen {
	struct flow_key	  key;
	struct flow_count count;
	unsigned	  flows, map;
	uint64_t	  counters[FLOW_COUNTER_COUNT];
};

static struct bpf_object *object;
static bool		  runs; /* this kernel can run programs of this type on frames of ours */

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

static int program_fd(const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

/* The program's only variable. */
static void set_phase(uint64_t phase)
{
	uint32_t zero = 0;

	CHECK(bpf_map__value_size(bpf_object__find_map_by_name(object, ".bss")) == sizeof(phase));
	CHECK(bpf_map_update_elem(map_fd(".bss"), &zero, &phase, BPF_ANY) == 0);
}

static uint64_t read_counter(uint32_t index)
{
	int	  cpus = libbpf_num_possible_cpus();
	uint64_t *values = mem_alloc((size_t)cpus * sizeof(*values)), sum = 0;

	CHECK(bpf_map_lookup_elem(map_fd("counters"), &index, values) == 0);
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	mem_free_at(&values);
	return sum;
}

static void empty(const char *map, unsigned number, struct seen *seen)
{
	struct flow_key key;

	while (bpf_map_get_next_key(map_fd(map), NULL, &key) == 0) {
		seen->key = key;
		seen->map = number;
		seen->flows++;
		CHECK(bpf_map_lookup_elem(map_fd(map), &key, &seen->count) == 0);
		CHECK(bpf_map_delete_elem(map_fd(map), &key) == 0);
	}
}

/* Runs the ingress program; 0, or -errno when the kernel does not take such a frame. */
static int run(const uint8_t *bytes, uint32_t size, const struct __sk_buff *context,
	       struct seen *seen)
{
	struct __sk_buff in = { 0 };
	uint64_t	 before[FLOW_COUNTER_COUNT];
	int		 result;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = size, .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .repeat = 1);

	if (context)
		in = *context;
	*seen = (struct seen){ 0 };
	for (uint32_t i = 0; i < FLOW_COUNTER_COUNT; i++)
		before[i] = read_counter(i);
	result = bpf_prog_test_run_opts(program_fd("flow_ingress"), &opts);
	if (result < 0)
		return result;
	CHECK((int)opts.retval == TC_ACT_UNSPEC);
	for (uint32_t i = 0; i < FLOW_COUNTER_COUNT; i++)
		seen->counters[i] = read_counter(i) - before[i];
	empty("flows_0", 0, seen);
	empty("flows_1", 1, seen);
	empty("flows_2", 2, seen);
	return 0;
}

/* build/tests/unit/test_flow_program → build/bpf/flow.bpf.o */
static struct bpf_object *open_object(void)
{
	char	path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	for (int i = 0; i < 3 && len > 0; i++)
		while (len > 0 && path[--len] != '/')
			continue;
	if (len <= 0)
		return NULL;
	snprintf(path + len, sizeof(path) - (size_t)len, "/bpf/flow.bpf.o");
	return bpf_object__open_file(path, NULL);
}

static int load(void **state)
{
	struct seen seen;
	uint8_t	    bytes[FRAME_SIZE_MAX];
	uint32_t    size = frame_bytes(frame_cases[0].hex, bytes);

	(void)state;
	libbpf_set_print(NULL);
	object = open_object();
	if (!object)
		return -1;
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "flows_0"), 16);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "flows_1"), 16);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "flows_2"), 16);
	if (bpf_object__load(object) == 0) {
		set_phase(FLOW_PHASE(UINT64_MAX, 0));
		runs = run(bytes, size, NULL, &seen) == 0;
	}
	return 0;
}

static int unload(void **state)
{
	(void)state;
	bpf_object__close(object);
	return 0;
}

/* cmocka prints no reason with a skip; tests/run shows the line before it. */
static void need_kernel(void)
{
	if (runs)
		return;
	print_message("this kernel cannot run BPF programs on test frames, or not for this user\n");
	skip();
}

static void check_same(const char *name, const uint8_t *bytes, uint32_t size)
{
	struct frame	   frame = { .bytes = bytes, .size = size, .wire_size = size };
	struct flow_packet packet = { 0 };
	enum parse_result  result = parse_ethernet(&frame, 0, &packet);
	struct seen	   seen;
	int		   refused = run(bytes, size, NULL, &seen);

	/* The kernel takes no frame that ends within its IP header; those never come from a device. */
	if (refused == -EINVAL && (result == PARSE_SHORT_LINK || result == PARSE_SHORT_NETWORK))
		return;
	if (refused || seen.counters[result] != 1)
		print_error("%s, %u bytes: user space says %d, run %d\n", name, size, result,
			    refused);
	CHECK(!refused && seen.counters[result] == 1);
	CHECK(seen.flows == (result == PARSE_FLOW));
	CHECK(seen.counters[FLOW_COUNTER_FRAGMENT] == (packet.fragment == FRAGMENT_LATER));
	if (result != PARSE_FLOW)
		return;
	packet.key.ifindex = seen.key.ifindex;
	packet.key.cpu = seen.key.cpu;
	packet.key.direction = FLOW_INGRESS;
	assert_memory_equal(&seen.key, &packet.key, sizeof(packet.key));
	CHECK(seen.count.packets == 1 && seen.count.bytes == packet.bytes);
	CHECK(seen.count.tcp_flags == packet.tcp_flags);
	CHECK(seen.count.icmp_type == packet.icmp_type);
	CHECK(seen.count.icmp_code == packet.icmp_code);
	CHECK(seen.count.first_ns > 0 && seen.count.first_ns == seen.count.last_ns);
}

TEST(kernel_and_user_space_see_the_same_in_every_frame_and_every_part_of_it)
{
	need_kernel();
	for (size_t i = 0; i < ARRAY_LEN(frame_cases); i++) {
		uint8_t	 bytes[FRAME_SIZE_MAX];
		uint32_t whole = frame_bytes(frame_cases[i].hex, bytes);

		for (uint32_t size = ETH_HLEN; size <= whole; size++)
			check_same(frame_cases[i].name, bytes, size);
	}
}

/* Three segments of 10 bytes at most: 25 bytes of payload behind 40 of headers. */
TEST(offloaded_packets_count_as_the_segments_on_the_wire)
{
	static const struct {
		uint32_t segments; /* 0: not told, as from a virtual machine */
		uint64_t packets, bytes;
	} cases[] = { { 3, 3, 25 + 3 * 40 }, { 0, 3, 25 + 3 * 40 }, { 1, 1, 25 + 40 } };
	uint8_t	 bytes[FRAME_SIZE_MAX];
	uint32_t headers = frame_bytes(ETH_V4 V4("0041", "4000", "06") TCP("10"), bytes);

	need_kernel();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct __sk_buff context = { .gso_size = 10, .gso_segs = cases[i].segments };
		struct seen	 seen;

		CHECK(run(bytes, headers + 25, &context, &seen) == 0);
		CHECK(seen.flows == 1);
		CHECK(seen.count.packets == cases[i].packets);
		CHECK(seen.count.bytes == cases[i].bytes);
	}
}

/* The hop-by-hop header of 8 bytes is on no wire: 2 segments of 40 + 20 + 15. */
TEST(the_jumbo_header_of_offloading_is_not_counted)
{
	struct __sk_buff context = { .gso_size = 15, .gso_segs = 2 };
	struct seen	 seen;
	uint8_t		 bytes[FRAME_SIZE_MAX];
	uint32_t headers = frame_bytes(ETH_V6 V6("0000", "00") "0600 c204 0000003a " TCP("10"),
				       bytes);

	need_kernel();
	CHECK(run(bytes, headers + 30, &context, &seen) == 0);
	CHECK(seen.count.packets == 2);
	CHECK(seen.count.bytes == 2 * (40 + 20 + 15));
}

TEST(a_packet_after_the_end_of_the_window_goes_to_the_next_map)
{
	static const struct {
		uint64_t end_ns;
		unsigned map, expected;
	} cases[] = { { UINT64_MAX, 0, 0 }, { UINT64_MAX, 1, 1 }, { UINT64_MAX, 2, 2 },
		      { 4, 0, 1 },	    { 4, 1, 2 },	  { 4, 2, 0 } };
	uint8_t	 bytes[FRAME_SIZE_MAX];
	uint32_t size = frame_bytes(frame_cases[0].hex, bytes);

	need_kernel();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen;

		set_phase(FLOW_PHASE(cases[i].end_ns, cases[i].map));
		CHECK(run(bytes, size, NULL, &seen) == 0);
		CHECK(seen.flows == 1 && seen.map == cases[i].expected);
	}
	set_phase(FLOW_PHASE(UINT64_MAX, 0));
}

TEST(packets_of_one_flow_add_up)
{
	struct seen seen;
	uint8_t	    bytes[FRAME_SIZE_MAX];
	uint32_t    size = frame_bytes(frame_cases[0].hex, bytes);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = size, .repeat = 5);

	need_kernel();
	CHECK(bpf_prog_test_run_opts(program_fd("flow_egress"), &opts) == 0);
	bytes[47] = 0x11; /* FIN-ACK */
	CHECK(bpf_prog_test_run_opts(program_fd("flow_egress"), &opts) == 0);
	seen = (struct seen){ 0 };
	empty("flows_0", 0, &seen);
	/* The runs may have been on two processors. */
	CHECK(seen.flows == 1 || seen.flows == 2);
	CHECK(seen.key.direction == FLOW_EGRESS);
	if (seen.flows == 1) {
		CHECK(seen.count.packets == 10 && seen.count.bytes == 10 * 40);
		CHECK(seen.count.tcp_flags == 3);
		CHECK(seen.count.last_ns > seen.count.first_ns);
	}
}

TEST(packets_without_room_are_counted)
{
	uint8_t	    bytes[FRAME_SIZE_MAX];
	uint32_t    size = frame_bytes(frame_cases[0].hex, bytes);
	uint64_t    before, lost;
	struct seen seen = { 0 };

	need_kernel();
	before = read_counter(FLOW_COUNTER_MAP_FULL);
	for (uint8_t i = 0; i < 200; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = size,
			    .repeat = 1);

		bytes[35] = i; /* the low byte of the source port */
		CHECK(bpf_prog_test_run_opts(program_fd("flow_ingress"), &opts) == 0);
	}
	lost = read_counter(FLOW_COUNTER_MAP_FULL) - before;
	empty("flows_0", 0, &seen);
	CHECK(seen.flows + lost == 200);
	CHECK(lost > 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			kernel_and_user_space_see_the_same_in_every_frame_and_every_part_of_it),
		cmocka_unit_test(offloaded_packets_count_as_the_segments_on_the_wire),
		cmocka_unit_test(the_jumbo_header_of_offloading_is_not_counted),
		cmocka_unit_test(a_packet_after_the_end_of_the_window_goes_to_the_next_map),
		cmocka_unit_test(packets_of_one_flow_add_up),
		cmocka_unit_test(packets_without_room_are_counted),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(argv[0], tests, ARRAY_LEN(tests), load, unload);
}

#else

TEST(the_kernel_program_was_not_built)
{
	print_message("built with BPF=0\n");
	skip();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(
		the_kernel_program_was_not_built) };

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}

#endif
