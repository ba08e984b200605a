/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel program against the user-space parser on the same frames, through BPF_PROG_TEST_RUN.  It is
 * loaded through the skeleton that the sensor uses.
 */
#include "tests/unit/unit.h"

#if WEIR_BPF

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/flow.skel.h"
#include "bpf/flow_datagram.h"
#include "bpf/parse.h"
#include "lib/base/mark.h"
#include "tests/unit/frame_cases.h"
#include "tests/unit/mutants.h"

/* What the program left in slots, maps and ring after a run; they are empty again. */
struct seen {
	struct flow_key	  key;
	struct flow_count count;
	unsigned	  flows, in_slots, spilled, news, map;
	uint64_t	  counters[FLOW_COUNTER_COUNT];
};

enum { SLOTS = 4, MAP_SIZE = 16, MUTANTS = 5000 };

static struct flow_bpf	  *program;
static struct flow_slot	  *slots; /* [map][processor][SLOTS] */
static struct ring_buffer *ring;
static int		   cpus;
static bool		   runs; /* this kernel can run programs of this type on frames of ours */

static int map_fd(unsigned map)
{
	const struct bpf_map *maps[FLOW_MAP_COUNT] = { program->maps.flows_0, program->maps.flows_1,
						       program->maps.flows_2 };

	return bpf_map__fd(maps[map]);
}

static void set_phase(uint64_t phase)
{
	program->bss->phase = phase;
}

/* Of all interfaces and maps. */
static uint64_t read_counter(uint32_t counter)
{
	struct flow_counter_key key, next;
	bool			begun = false;
	uint64_t		sum = 0, value;
	int			fd = bpf_map__fd(program->maps.counters);

	while (bpf_map_get_next_key(fd, begun ? &key : NULL, &next) == 0) {
		key = next;
		begun = true;
		CHECK(bpf_map_lookup_elem(fd, &key, &value) == 0);
		if (key.counter == counter)
			sum += value;
	}
	return sum;
}

static void note(struct seen *seen, unsigned map, const struct flow_key *key,
		 const struct flow_count *count)
{
	seen->key = *key;
	seen->count = *count;
	seen->map = map;
	seen->flows++;
}

static struct seen *spill_to; /* the ring's callback gets one context for all its life */

static int take_spill(void *context, void *data, size_t size)
{
	const struct flow_spill *spill = data;

	(void)context;
	CHECK(size == sizeof(*spill));
	spill_to->news += !spill->key.family;
	if (spill->key.family) {
		note(spill_to, spill->map, &spill->key, &spill->count);
		spill_to->spilled++;
	}
	return 0;
}

static void empty(struct seen *seen)
{
	struct flow_key key;

	for (unsigned map = 0; map < FLOW_MAP_COUNT; map++) {
		for (int i = 0; i < cpus * SLOTS; i++) {
			struct flow_slot *slot = &slots[(int)map * cpus * SLOTS + i];

			if (slot->key.family) {
				note(seen, map, &slot->key, &slot->count);
				seen->in_slots++;
			}
			*slot = (struct flow_slot){ 0 };
		}
		while (bpf_map_get_next_key(map_fd(map), NULL, &key) == 0) {
			struct flow_count count;

			CHECK(bpf_map_lookup_elem(map_fd(map), &key, &count) == 0);
			CHECK(bpf_map_delete_elem(map_fd(map), &key) == 0);
			note(seen, map, &key, &count);
		}
		program->bss->fill[map].made = program->bss->fill[map].told = 0;
	}
	spill_to = seen;
	ring_buffer__consume(ring);
}

/* Runs a program; 0, or -errno when the kernel does not take such a frame. */
static int run_program(const struct bpf_program *run, const uint8_t *bytes, uint32_t size,
		       const struct __sk_buff *context, struct seen *seen)
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
	result = bpf_prog_test_run_opts(bpf_program__fd(run), &opts);
	if (result < 0)
		return result;
	CHECK((int)opts.retval == TC_ACT_UNSPEC);
	for (uint32_t i = 0; i < FLOW_COUNTER_COUNT; i++)
		seen->counters[i] = read_counter(i) - before[i];
	empty(seen);
	return 0;
}

static int run(const uint8_t *bytes, uint32_t size, const struct __sk_buff *context,
	       struct seen *seen)
{
	return run_program(program->progs.flow_ingress, bytes, size, context, seen);
}

static int load(void **state)
{
	struct seen seen;
	uint8_t	    bytes[FRAME_SIZE_MAX];
	uint32_t    size = frame_bytes(frame_cases[0].hex, bytes);
	size_t	    shared;

	(void)state;
	libbpf_set_print(NULL);
	cpus = libbpf_num_possible_cpus();
	program = flow_bpf__open();
	if (!program || cpus < 1)
		return -1;
	program->rodata->cpu_count = (uint32_t)cpus;
	program->rodata->slot_mask = SLOTS - 1;
	program->rodata->tick_ns = 1;
	program->rodata->fill_mark = MAP_SIZE / 2;
	bpf_map__set_max_entries(program->maps.flows_0, MAP_SIZE);
	bpf_map__set_max_entries(program->maps.flows_1, MAP_SIZE);
	bpf_map__set_max_entries(program->maps.flows_2, MAP_SIZE);
	bpf_map__set_max_entries(program->maps.spills, (uint32_t)getpagesize());
	shared = FLOW_MAP_COUNT * (size_t)cpus * SLOTS * sizeof(*slots);
	bpf_map__set_max_entries(program->maps.slots, (uint32_t)(shared / sizeof(*slots)));
	if (flow_bpf__load(program) < 0)
		return 0;
	slots = mmap(NULL, shared, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(program->maps.slots), 0);
	ring = ring_buffer__new(bpf_map__fd(program->maps.spills), take_spill, NULL, NULL);
	if (slots == MAP_FAILED || !ring)
		return -1;
	set_phase(FLOW_PHASE(UINT64_MAX, 0));
	runs = run(bytes, size, NULL, &seen) == 0;
	return 0;
}

static int unload(void **state)
{
	(void)state;
	ring_buffer__free(ring);
	flow_bpf__destroy(program);
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

/* What came before is of no datagram that is still to come. */
static void forget_datagrams(void)
{
	struct flow_datagram key;
	int		     fd = bpf_map__fd(program->maps.datagrams);

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		CHECK(bpf_map_delete_elem(fd, &key) == 0);
}

/* What a device hands over begins with an Ethernet header or with the IP header. */
static enum parse_result parse_as(bool ethernet, const struct frame *frame,
				  struct flow_packet *packet)
{
	return ethernet ? parse_ethernet(frame, 0, packet) : parse_ip(frame, 0, packet);
}

static void print_frame(const char *name, const uint8_t *bytes, uint32_t size)
{
	print_error("%s, %u bytes:", name, size);
	for (uint32_t i = 0; i < size; i++)
		print_error(" %02x", bytes[i]);
	print_error("\n");
}

static enum parse_result check_same_as(bool ethernet, const char *name, const uint8_t *bytes,
				       uint32_t size)
{
	struct frame	   frame = { .bytes = bytes, .size = size, .wire_size = size };
	struct flow_packet packet = { 0 };
	enum parse_result  result = parse_as(ethernet, &frame, &packet);
	struct seen	   seen;
	int		   refused;

	forget_datagrams();
	refused = run_program(ethernet ? program->progs.flow_ingress
				       : program->progs.flow_ip_ingress,
			      bytes, size, NULL, &seen);
	/* The kernel takes no frame that ends within its IP header; those never come from a device. */
	if (refused == -EINVAL && (result == PARSE_SHORT_LINK || result == PARSE_SHORT_NETWORK))
		return result;
	if (refused || seen.counters[result] != (result != PARSE_FLOW)) {
		print_error("user space says %d, run %d\n", result, refused);
		print_frame(name, bytes, size);
	}
	CHECK(!refused && seen.counters[result] == (result != PARSE_FLOW));
	CHECK(seen.flows == (result == PARSE_FLOW));
	if (result != PARSE_FLOW)
		return result;
	CHECK(seen.counters[FLOW_COUNTER_FRAGMENT] == (packet.fragment == FRAGMENT_LATER));
	packet.key.ifindex = seen.key.ifindex;
	packet.key.cpu = seen.key.cpu;
	packet.key.direction = FLOW_INGRESS;
	assert_memory_equal(&seen.key, &packet.key, sizeof(packet.key));
	CHECK(seen.count.packets == 1 && seen.count.frames == 1);
	CHECK(seen.count.bytes == packet.bytes);
	CHECK(seen.count.tcp_flags == packet.tcp_flags);
	CHECK(seen.count.icmp_type == packet.icmp_type && seen.count.icmp_code == packet.icmp_code);
	CHECK(seen.count.is_discovery == packet.is_discovery);
	CHECK(seen.count.first_ns > 0 && seen.count.first_ns == seen.count.last_ns);
	return result;
}

static enum parse_result check_same(const char *name, const uint8_t *bytes, uint32_t size)
{
	return check_same_as(true, name, bytes, size);
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

/*
 * An input begins with its link type and with how much of the frame was not captured (tests/fuzz/fuzz_parse.c);
 * in the kernel every frame is whole.  The headers of other link types are frames as good as any.
 */
static void check_input(const char *name, const uint8_t *bytes, uint32_t size)
{
	if (size < INPUT_HEAD + ETH_HLEN)
		return;
	check_same_as(true, name, bytes + INPUT_HEAD, size - INPUT_HEAD);
	check_same_as(false, name, bytes + INPUT_HEAD, size - INPUT_HEAD);
}

TEST(kernel_and_user_space_see_the_same_in_the_corpus_of_the_fuzzer)
{
	need_kernel();
	CHECK(for_each_input(check_input) > 0);
}

TEST(kernel_and_user_space_see_the_same_in_mutated_frames)
{
	uint32_t seed = (uint32_t)time(NULL), results[PARSE_COUNT] = { 0 };

	need_kernel();
	print_message("# seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < MUTANTS; i++) {
		const struct frame_case *frame = &frame_cases[below(ARRAY_LEN(frame_cases))];
		uint8_t			 bytes[FRAME_SIZE_MAX];
		uint32_t		 size = frame_bytes(frame->hex, bytes);

		for (uint32_t changes = 1 + below(4); changes; changes--)
			size = mutate(bytes, size);
		results[check_same(frame->name, bytes, size)]++;
	}
	/* Frames of the kernel are whole: what they lack, their IP header has promised in vain. */
	for (int i = 0; i < PARSE_COUNT; i++)
		CHECK(i == PARSE_SHORT_TRANSPORT || results[i] > 0);
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

/* Frames of one shape; those with the same number are of one flow. */
static void send_flow(unsigned flow, int repeat)
{
	uint8_t	 bytes[FRAME_SIZE_MAX];
	uint32_t size = frame_bytes(frame_cases[0].hex, bytes);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = size,
		    .repeat = repeat);

	bytes[34] = (uint8_t)(flow >> 8); /* the source port */
	bytes[35] = (uint8_t)flow;
	CHECK(bpf_prog_test_run_opts(bpf_program__fd(program->progs.flow_ingress), &opts) == 0);
}

TEST(packets_of_one_flow_add_up_in_its_slot)
{
	struct seen seen = { 0 };
	uint8_t	    bytes[FRAME_SIZE_MAX];
	uint32_t    size = frame_bytes(frame_cases[0].hex, bytes);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = size, .repeat = 5);

	need_kernel();
	CHECK(bpf_prog_test_run_opts(bpf_program__fd(program->progs.flow_egress), &opts) == 0);
	bytes[47] = 0x11; /* FIN-ACK */
	CHECK(bpf_prog_test_run_opts(bpf_program__fd(program->progs.flow_egress), &opts) == 0);
	empty(&seen);
	/* The runs may have been on two processors. */
	CHECK((seen.flows == 1 || seen.flows == 2) && seen.in_slots == seen.flows);
	CHECK(seen.key.direction == FLOW_EGRESS);
	if (seen.flows == 1) {
		CHECK(seen.count.packets == 10 && seen.count.bytes == 10 * 40);
		CHECK(seen.count.frames == 10 && seen.count.tcp_flags == 3);
		CHECK(seen.count.last_ns >= seen.count.first_ns);
	}
}

/* Sums of what the map of the first window holds, wherever it is. */
struct sums {
	uint64_t packets, spilled;
	unsigned flows;
};

static int sum_spill(void *context, void *data, size_t size)
{
	const struct flow_spill *spill = data;
	struct sums		*sums = context;

	(void)size;
	sums->packets += spill->count.packets;
	sums->spilled += spill->count.packets;
	return 0;
}

static struct sums sum_all(void)
{
	struct sums	    sums = { 0 };
	struct seen	    rest = { 0 };
	struct flow_key	    key, next;
	struct flow_count   count;
	bool		    begun = false;
	struct ring_buffer *reader = ring_buffer__new(bpf_map__fd(program->maps.spills), sum_spill,
						      &sums, NULL);

	for (int i = 0; i < cpus * SLOTS; i++) {
		sums.packets += slots[i].count.packets;
		sums.flows += slots[i].key.family != 0;
	}
	while (bpf_map_get_next_key(map_fd(0), begun ? &key : NULL, &next) == 0) {
		key = next;
		begun = true;
		CHECK(bpf_map_lookup_elem(map_fd(0), &key, &count) == 0);
		sums.packets += count.packets;
		sums.flows++;
	}
	CHECK(reader);
	ring_buffer__consume(reader);
	ring_buffer__free(reader);
	empty(&rest);
	return sums;
}

TEST(two_flows_of_one_slot_take_turns_and_lose_nothing)
{
	need_kernel();
	/* More flows than slots: some meet, whatever the hash. */
	for (int turn = 0; turn < 20; turn++)
		for (unsigned flow = 0; flow < 3 * SLOTS; flow++)
			send_flow(flow, 1 + (int)(flow + (unsigned)turn) % 3);
	CHECK(sum_all().packets == 20 * 3 * SLOTS * 2);
}

TEST(flows_without_room_go_through_the_ring_and_all_else_is_counted)
{
	struct sums sums;
	uint64_t    full, lost;

	need_kernel();
	full = read_counter(FLOW_COUNTER_MAP_FULL);
	lost = read_counter(FLOW_COUNTER_RING_FULL);
	for (unsigned flow = 0; flow < 200; flow++)
		send_flow(flow, 1);
	full = read_counter(FLOW_COUNTER_MAP_FULL) - full;
	lost = read_counter(FLOW_COUNTER_RING_FULL) - lost;
	sums = sum_all();
	CHECK(full > 0 && lost > 0 && sums.spilled > 0 && sums.spilled + lost == full);
	CHECK(sums.packets + lost == 200);
}

TEST(a_map_that_fills_wakes_the_sensor_once)
{
	struct seen seen = { 0 };
	unsigned    flow = 0;

	need_kernel();
	for (; program->bss->fill[0].made < MAP_SIZE / 2; flow++) {
		CHECK(!program->bss->fill[0].told && flow < 100);
		send_flow(flow, 1);
	}
	send_flow(flow, 1);
	empty(&seen);
	CHECK(seen.news == 1 && seen.spilled == 0);
}

/* Only the first fragment has the ports; the clock of the processor that saw it may be ahead. */
TEST(later_fragments_join_the_flow_of_the_first)
{
	static const char *const families[][2] = {
		{ ETH_V4 V4("0020", "2000", "11") UDP DATA4,
		  ETH_V4			      V4("0018", "2001", "11") DATA4 },
		{ ETH_V6 V6("0014", "2c") "1100 0001 00000007 " UDP DATA4,
		  ETH_V6 V6("000c", "2c") "1100 0009 00000007 " DATA4 },
	};
	uint8_t bytes[FRAME_SIZE_MAX];
	int	fd = bpf_map__fd(program->maps.datagrams);

	need_kernel();
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct flow_datagram datagram;
		struct flow_ports    ports;
		struct seen	     first, later;

		forget_datagrams();
		CHECK(run(bytes, frame_bytes(families[i][0], bytes), NULL, &first) == 0);
		CHECK(bpf_map_get_next_key(fd, NULL, &datagram) == 0);
		CHECK(bpf_map_lookup_elem(fd, &datagram, &ports) == 0);
		ports.seen_ns += FLOW_DATAGRAM_NS / 2;
		CHECK(bpf_map_update_elem(fd, &datagram, &ports, BPF_EXIST) == 0);
		CHECK(run(bytes, frame_bytes(families[i][1], bytes), NULL, &later) == 0);
		CHECK(first.key.dst_port == 53 && later.key.dst_port == 53);
		CHECK(later.key.src_port == first.key.src_port);
		CHECK(later.counters[FLOW_COUNTER_FRAGMENT] == 0);
	}
}

/* The kernel gives up on a program after a million instructions; older ones count more of them than newer. */
TEST(the_verifier_needs_less_than_half_of_its_patience)
{
	struct bpf_program *one;
	uint32_t	    most = 0;

	need_kernel();
	bpf_object__for_each_program(one, program->obj)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t	     size = sizeof(info);

		CHECK(bpf_obj_get_info_by_fd(bpf_program__fd(one), &info, &size) == 0);
		print_message("# %s: %u instructions verified\n", bpf_program__name(one),
			      info.verified_insns);
		if (info.verified_insns > most)
			most = info.verified_insns;
	}
	CHECK(most < 500000);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verifier_needs_less_than_half_of_its_patience),
		cmocka_unit_test(
			kernel_and_user_space_see_the_same_in_every_frame_and_every_part_of_it),
		cmocka_unit_test(kernel_and_user_space_see_the_same_in_the_corpus_of_the_fuzzer),
		cmocka_unit_test(kernel_and_user_space_see_the_same_in_mutated_frames),
		cmocka_unit_test(offloaded_packets_count_as_the_segments_on_the_wire),
		cmocka_unit_test(the_jumbo_header_of_offloading_is_not_counted),
		cmocka_unit_test(a_packet_after_the_end_of_the_window_goes_to_the_next_map),
		cmocka_unit_test(packets_of_one_flow_add_up_in_its_slot),
		cmocka_unit_test(two_flows_of_one_slot_take_turns_and_lose_nothing),
		cmocka_unit_test(flows_without_room_go_through_the_ring_and_all_else_is_counted),
		cmocka_unit_test(a_map_that_fills_wakes_the_sensor_once),
		cmocka_unit_test(later_fragments_join_the_flow_of_the_first),
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
