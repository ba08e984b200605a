/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How soon a live capture tells of a flow that begins, and of whom: on the loopback device of a network namespace
 * of its own, where nobody else sends.
 */
#include <cap-ng.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mark.h"
#include "lib/base/mem.h"
#include "sensor/capture/capture.h"
#include "tests/unit/unit.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

enum { SEEN_MAX = 256, FLOWS_MAX = 1 << 18 };

struct seen {
	struct flow	    flow;
	struct flow_process process; /* pid 0: not told */
	struct mono	    time;
};

struct bed {
	struct eni		  eni;
	struct stats		  stats;
	struct windows		 *windows;
	const struct capture_ops *ops;
	struct capture		 *capture;
	struct seen		  seen[SEEN_MAX]; /* the first of them */
	size_t			  seen_count;
	size_t			  records;
};

static struct bed bed;
static bool	  has_namespace;

/* see_fn */
static void see(void *context, const struct flow *flow, const struct flow_process *process)
{
	assert_ptr_equal(context, &bed);
	if (bed.seen_count < SEEN_MAX)
		bed.seen[bed.seen_count] = (struct seen){
			.flow = *flow,
			.process = process ? *process : (struct flow_process){ 0 },
			.time = clock_now().mono
		};
	bed.seen_count++;
}

/* flow_fn */
static int emit(void *context, const struct flow *flow, struct err *err)
{
	(void)context;
	(void)flow;
	(void)err;
	bed.records++;
	return 1;
}

static int emit_status(void *context, const struct window_status *status, struct err *err)
{
	(void)context;
	(void)status;
	(void)err;
	return 1;
}

/* cmocka prints no reason with a skip; tests/run shows the line before it. */
static void open_bed(const struct capture_ops *ops)
{
	struct err	    err;
	struct windows_args windows = { .interval_s = 86400,
					.max_flows = FLOWS_MAX,
					.enis = &bed.eni,
					.eni_count = 1,
					.emit = emit,
					.emit_status = emit_status,
					.stats = &bed.stats };
	struct capture_args args = { .enis = &bed.eni,
				     .eni_count = 1,
				     .asked = &bed.eni,
				     .asked_count = 1,
				     .max_flows = FLOWS_MAX,
				     .stop_fd = -1,
				     .stats = &bed.stats,
				     .see = see,
				     .context = &bed };

	if (!has_namespace) {
		print_message("this kernel cannot make a network namespace for this user\n");
		skip();
	}
	bed = (struct bed){ .ops = ops, .eni = { .name = "lo" } };
	if (eni_look_up(&bed.eni, &err) < 0)
		fail_msg("%s", err.text);
	args.windows = bed.windows = windows_new(&windows);
	bed.capture = ops->open(&args, &err);
	/* Which the sensor leaves to the kernel; tests wait for children of their own. */
	signal(SIGCHLD, SIG_DFL);
	if (bed.capture)
		return;
	windows_free(bed.windows);
	if (err.sys_errno != EPERM && err.sys_errno != EACCES)
		fail_msg("%s", err.text);
	print_message("this kernel cannot capture by %s: %s\n", ops->name, err.text);
	skip();
}

static void close_bed(void)
{
	struct err err;

	CHECK(bed.ops->stop(bed.capture, &err) == 0);
	bed.ops->count(bed.capture);
	bed.ops->close(bed.capture);
	CHECK(windows_close_all(bed.windows, &err) == 0);
	windows_free(bed.windows);
}

static void turn(void)
{
	struct wall done;
	struct err  err;

	if (bed.ops->collect(bed.capture, &done, &err) == CAPTURE_FAILED)
		fail_msg("%s", err.text);
}

static int open_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

/* UDP from a new socket to a port of ours that nobody listens on. */
static void send_to(int fd, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
}

/*
 * The first that was seen of what goes to the port, once it is; NULL after two seconds.  libpcap tells nothing of
 * what leaves by the loopback device, only that it comes back.
 */
static const struct seen *await(uint16_t port, enum flow_direction direction)
{
	uint64_t begin_ns = clock_now().mono.ns;
	size_t	 at = 0;

	while (clock_now().mono.ns - begin_ns < 2 * NS_PER_S) {
		for (; at < bed.seen_count && at < SEEN_MAX; at++)
			if (bed.seen[at].flow.key.dst_port == port &&
			    bed.seen[at].flow.key.direction == direction)
				return &bed.seen[at];
		turn();
	}
	return NULL;
}

static const struct capture_ops *const backends[] = {
#if WEIR_BPF
	&capture_bpf,
#endif
	&capture_packet,
	&capture_pcap,
};

/* What a backend has been doing when a flow begins differs from turn to turn. */
static void check_delay(const struct capture_ops *ops)
{
	uint64_t worst_ns = 0, sum_ns = 0;

	open_bed(ops);
	for (uint16_t i = 0; i < 16; i++) {
		uint64_t	   begin_ns = clock_now().mono.ns;
		int64_t		   wall_ns = clock_now().wall.ns;
		int		   fd = open_socket(AF_INET, SOCK_DGRAM);
		const struct seen *seen;

		send_to(fd, 7000 + i);
		close(fd);
		seen = await(7000 + i, FLOW_INGRESS);
		CHECK(seen && seen->flow.count.packets == 1 && seen->flow.count.bytes == 29);
		CHECK(llabs((int64_t)seen->flow.count.first_ns - wall_ns) < (int64_t)NS_PER_S);
		CHECK(seen->flow.window == window_of((struct wall){ .ns = wall_ns }, 86400) ||
		      seen->flow.window == window_of(clock_now().wall, 86400));
		sum_ns += seen->time.ns - begin_ns;
		if (seen->time.ns - begin_ns > worst_ns)
			worst_ns = seen->time.ns - begin_ns;
	}
	close_bed();
	print_message("# %s: seen after %u ms, %u at most\n", ops->name,
		      (unsigned)(sum_ns / 16 / NS_PER_MS), (unsigned)(worst_ns / NS_PER_MS));
	CHECK(worst_ns < NS_PER_S);
}

#if WEIR_BPF
TEST(ebpf_tells_of_a_new_flow_within_a_second)
{
	check_delay(&capture_bpf);
}
#endif

TEST(packet_sockets_tell_of_a_new_flow_within_a_second)
{
	check_delay(&capture_packet);
}

TEST(libpcap_tells_of_a_new_flow_within_a_second)
{
	check_delay(&capture_pcap);
}

TEST(a_flow_of_many_packets_is_seen_once_in_a_window)
{
	for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
		size_t seen = 0;
		int    fd;

		open_bed(backends[i]);
		fd = open_socket(AF_INET, SOCK_DGRAM);
		for (int packet = 0; packet < 50; packet++) {
			send_to(fd, 7100);
			if (packet % 10 == 0)
				turn();
		}
		send_to(fd, 7101);
		CHECK(await(7101, FLOW_INGRESS));
		close(fd);
		close_bed();
		for (size_t at = 0; at < bed.seen_count; at++)
			seen += bed.seen[at].flow.key.dst_port == 7100 &&
				bed.seen[at].flow.key.direction == FLOW_INGRESS;
		assert_int_equal(seen, 1);
	}
}

#if WEIR_BPF

enum { BURST = 50, FRAME_SIZE = 60 };

/* Frame number n is of flow number n; no host has such an address, so nobody answers. */
static void make_frame(uint32_t n, uint8_t frame[static FRAME_SIZE])
{
	static const uint8_t made[FRAME_SIZE] = {
		[12] = 8, 0, 0x45, 0, 0,  46, 0, 0, 0,	  0,	64,   17, 0, 0,
		10,	  1, 0,	   0, 10, 2,  0, 1, 0x30, 0x39, 0x27, 15, 0, 26,
	};

	memcpy(frame, made, sizeof(made));
	frame[28] = (uint8_t)(n >> 16);
	frame[29] = (uint8_t)(n >> 8);
	frame[35] = (uint8_t)n;
}

/* As many new flows, no more than so many a second; 0: as fast as it goes. */
struct flood {
	uint32_t flows, flows_per_s;
};

static void send_burst(int fd, uint32_t first)
{
	uint8_t	       frames[BURST][FRAME_SIZE];
	struct iovec   parts[BURST];
	struct mmsghdr messages[BURST] = { 0 };
	int	       sent = 0, result;

	for (uint32_t i = 0; i < BURST; i++) {
		make_frame(first + i, frames[i]);
		parts[i] = (struct iovec){ frames[i], FRAME_SIZE };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (; sent < BURST; sent += result) {
		result = sendmmsg(fd, messages + sent, (unsigned)(BURST - sent), 0);
		assert_true(result > 0);
	}
}

static void *send_flood(void *context)
{
	const struct flood *flood = context;
	struct sockaddr_ll  address = { .sll_family = AF_PACKET,
					.sll_ifindex = (int)bed.eni.ifindex };
	uint64_t	    begin_ns = clock_now().mono.ns;
	int		    fd = open_socket(AF_PACKET, SOCK_RAW);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	for (uint32_t sent = 0; sent < flood->flows; sent += BURST) {
		while (flood->flows_per_s &&
		       clock_now().mono.ns - begin_ns < sent * NS_PER_S / flood->flows_per_s)
			;
		send_burst(fd, sent);
	}
	close(fd);
	return NULL;
}

/* Each flow leaves and comes back: it is two. */
static void check_flood(const char *what, const struct flood *flood)
{
	uint64_t full = bed.stats.counts[FLOW_COUNTER_NEWS_FULL];

	print_message("# %s: %u flows, %zu seen, %u too many\n", what, 2 * flood->flows,
		      bed.seen_count, (unsigned)full);
	assert_int_equal(bed.seen_count + full, 2 * flood->flows);
	assert_int_equal(bed.records, 2 * flood->flows);
	assert_int_equal(stats_lost(&bed.stats), 0);
}

TEST(of_more_new_flows_than_there_is_room_for_each_is_seen_or_counted)
{
	struct flood flood = { .flows = 100000 };

	open_bed(&capture_bpf);
	(void)send_flood(&flood);
	close_bed();
	check_flood("all at once", &flood);
	CHECK(bed.stats.counts[FLOW_COUNTER_NEWS_FULL] > 0);
}

TEST(a_hundred_thousand_new_flows_a_second_are_seen_or_counted)
{
	struct flood flood = { .flows = 100000, .flows_per_s = 100000 };
	pthread_t    sender;
	unsigned     turns = 0;

	open_bed(&capture_bpf);
	assert_int_equal(pthread_create(&sender, NULL, send_flood, &flood), 0);
	for (uint64_t begin_ns = clock_now().mono.ns; clock_now().mono.ns - begin_ns < NS_PER_S;)
		turn(), turns++;
	pthread_join(sender, NULL);
	close_bed();
	print_message("# woken %u times in a second\n", turns);
	check_flood("100,000 a second", &flood);
	CHECK(turns < 1000);
}

/* Of what leaves to the port. */
static struct flow_process process_of(uint16_t port)
{
	const struct seen *seen = await(port, FLOW_EGRESS);

	CHECK(seen);
	return seen->process;
}

static void open_bed_with_processes(void)
{
	open_bed(&capture_bpf);
	if (strstr(bed.ops->about(bed.capture), "no processes")) {
		print_message("this kernel cannot tell processes: %s\n",
			      bed.ops->about(bed.capture));
		close_bed();
		skip();
	}
}

static void check_us(struct flow_process process)
{
	assert_int_equal(process.pid, getpid());
	assert_int_equal(process.uid, getuid());
	assert_string_equal(process.comm, "test \"see\"");
}

TEST(the_process_that_sent_a_datagram_or_connected_is_told)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(7302),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in  to4 = { .sin_family = AF_INET,
				    .sin_port = htons(7303),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int		    udp4, udp6, tcp;

	open_bed_with_processes();
	udp4 = open_socket(AF_INET, SOCK_DGRAM);
	udp6 = open_socket(AF_INET6, SOCK_DGRAM);
	tcp = open_socket(AF_INET, SOCK_STREAM);
	send_to(udp4, 7301);
	CHECK(sendto(udp6, "x", 1, 0, (struct sockaddr *)&to6, sizeof(to6)) == 1);
	CHECK(connect(tcp, (struct sockaddr *)&to4, sizeof(to4)) < 0 && errno == ECONNREFUSED);
	for (uint16_t port = 7301; port <= 7303; port++)
		check_us(process_of(port));
	/* What comes in was sent by nobody here, as far as the packet tells. */
	CHECK(await(7301, FLOW_INGRESS)->process.pid == 0);
	close(udp4);
	close(udp6);
	close(tcp);
	close_bed();
}

TEST(what_two_processes_send_through_one_socket_is_nobodys)
{
	int   fd;
	pid_t child;

	open_bed_with_processes();
	fd = open_socket(AF_INET, SOCK_DGRAM);
	send_to(fd, 7311);
	child = fork();
	if (child == 0) {
		send_to(fd, 7312);
		_exit(0);
	}
	CHECK(child > 0 && waitpid(child, NULL, 0) == child);
	send_to(fd, 7313);
	CHECK(process_of(7312).pid == 0 && process_of(7313).pid == 0);
	check_us(process_of(7311));
	close(fd);
	close_bed();
}

TEST(frames_that_a_packet_socket_made_are_nobodys)
{
	struct flood flood = { .flows = BURST };

	open_bed_with_processes();
	(void)send_flood(&flood);
	CHECK(process_of(9999).pid == 0);
	close_bed();
}

enum { NOT_MOUNTED = 3 };

/* With the capabilities that the backend says it needs, and no others. */
static int open_with_few_capabilities(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (capture_bpf.capabilities & CAPABILITY(i))
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, i);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return 1;
	open_bed(&capture_bpf);
	if (strstr(bed.ops->about(bed.capture), "not mounted"))
		return NOT_MOUNTED;
	return strstr(bed.ops->about(bed.capture), ", processes)") ? 0 : 2;
}

TEST(processes_need_no_more_capabilities_than_packets)
{
	int   status = -1;
	pid_t child;

	open_bed_with_processes();
	close_bed();
	child = fork();
	if (child == 0)
		_exit(open_with_few_capabilities());
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_MOUNTED) {
		print_message("this kernel cannot tell processes: cgroup2 is not mounted\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* Writes a byte when it may do no more than a sensor may; then hears of what its parent sends. */
static int hear_without_privileges(int fd)
{
	auto_buf struct buf said = buf_make(1 << 10);
	struct err	    err;
	const struct seen  *seen;

	open_bed(&capture_bpf);
	if (privileges_drop(NULL, bed.ops->needs(bed.capture), &said, &err) < 0 ||
	    write(fd, "", 1) != 1)
		return 1;
	seen = await(7321, FLOW_EGRESS);
	bed.ops->close(bed.capture);
	return seen && seen->process.pid ? 0 : 2;
}

TEST(flows_and_processes_are_told_after_the_privileges_are_dropped)
{
	int   ends[2], status = -1, udp;
	pid_t child;
	char  byte;

	open_bed_with_processes();
	close_bed();
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0)
		_exit(hear_without_privileges(ends[1]));
	CHECK(child > 0);
	close(ends[1]);
	CHECK(read(ends[0], &byte, 1) == 1);
	close(ends[0]);
	udp = open_socket(AF_INET, SOCK_DGRAM);
	send_to(udp, 7321);
	close(udp);
	CHECK(waitpid(child, &status, 0) == child);
	assert_int_equal(status, 0);
}

#endif

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
#if WEIR_BPF
		cmocka_unit_test(ebpf_tells_of_a_new_flow_within_a_second),
		cmocka_unit_test(of_more_new_flows_than_there_is_room_for_each_is_seen_or_counted),
		cmocka_unit_test(a_hundred_thousand_new_flows_a_second_are_seen_or_counted),
		cmocka_unit_test(the_process_that_sent_a_datagram_or_connected_is_told),
		cmocka_unit_test(what_two_processes_send_through_one_socket_is_nobodys),
		cmocka_unit_test(frames_that_a_packet_socket_made_are_nobodys),
		cmocka_unit_test(processes_need_no_more_capabilities_than_packets),
		cmocka_unit_test(flows_and_processes_are_told_after_the_privileges_are_dropped),
#endif
		cmocka_unit_test(packet_sockets_tell_of_a_new_flow_within_a_second),
		cmocka_unit_test(libpcap_tells_of_a_new_flow_within_a_second),
		cmocka_unit_test(a_flow_of_many_packets_is_seen_once_in_a_window),
	};
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	cpu_set_t    one;

	prctl(PR_SET_NAME, "test \"see\"");
	/* Flows are counted by processor: one that moves is told again. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	has_namespace = unshare(CLONE_NEWNET) == 0 &&
			sched_setaffinity(0, sizeof(one), &one) == 0 &&
			ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &up) ==
				0;
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
