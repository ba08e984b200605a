/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The truth of the sensor's benches: sends seeded UDP packets over many flows out of an interface and
 * prints, as one line of JSON, what the kernel took: packets, bytes from the IP header on, distinct flows,
 * and the processor time the sending cost.  On a veth pair that time includes all that the other end does
 * with a packet before it is queued for a program, for the kernel does it within the sender's call.
 *
 * The frames bypass the queueing discipline, and with it tc's egress hooks: measure at the other end.  They
 * are addressed to another host, as on a mirror port, so that the stack there drops them at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#define NS_PER_S UINT64_C(1000000000)

/* Ethernet's smallest frame without its check sequence carries 46 bytes. */
enum { BATCH = 64, LINK_LEN = 14, SMALLEST = 46, LARGEST = 1500, TICK_NS = 1000000 };

/* Sources are 10.77.0.0/16 with any port; the destination belongs to nobody, so nobody answers. */
enum { SOURCE = 0x0a4d0000, DESTINATION = 0xc6120063, DESTINATION_PORT = 4739 };

struct generator_args {
	uint64_t packets, flows, rate, size, seed, seconds;
};

struct generator {
	const struct generator_args *args;
	int			     fd;
	uint64_t		     random;
	uint32_t       checksum; /* of the IP header but for the source, not yet folded */
	uint64_t      *seen;	 /* a bit for each flow */
	uint64_t       sent, refused, distinct;
	struct mmsghdr messages[BATCH];
	struct iovec   parts[BATCH];
	uint32_t       flows[BATCH];
	unsigned char  frames[BATCH][LINK_LEN + LARGEST];
};

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled". */
static uint32_t next_random(struct generator *generator)
{
	uint64_t x = generator->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	generator->random = x;
	return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 32);
}

static uint32_t sum_words(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint32_t	     sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* All of the frame that does not depend on the flow. */
static void write_frame(const struct generator *generator, unsigned char *frame)
{
	static const unsigned char link[LINK_LEN] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };
	uint16_t		   size = (uint16_t)generator->args->size;
	struct iphdr		   ip = { .version = 4,
					  .ihl = 5,
					  .tot_len = htons(size),
					  .ttl = 64,
					  .protocol = IPPROTO_UDP,
					  .saddr = htonl(SOURCE),
					  .daddr = htonl(DESTINATION) };
	struct udphdr		   udp = { .dest = htons(DESTINATION_PORT),
					   .len = htons((uint16_t)(size - sizeof(ip))) };

	memcpy(frame, link, sizeof(link));
	memcpy(frame + LINK_LEN, &ip, sizeof(ip));
	memcpy(frame + LINK_LEN + sizeof(ip), &udp, sizeof(udp));
}

/* The index → a source address and port; one to one, so that N indexes are N flows. */
static void write_flow(const struct generator *generator, unsigned char *frame, uint32_t index)
{
	uint32_t flow = index * 2654435761U + (uint32_t)generator->args->seed;
	uint16_t host = (uint16_t)flow, port = htons((uint16_t)(flow >> 16));
	uint16_t checksum = htons(fold(generator->checksum + host)), host_be = htons(host);

	memcpy(frame + LINK_LEN + offsetof(struct iphdr, check), &checksum, sizeof(checksum));
	memcpy(frame + LINK_LEN + offsetof(struct iphdr, saddr) + 2, &host_be, sizeof(host_be));
	memcpy(frame + LINK_LEN + sizeof(struct iphdr), &port, sizeof(port));
}

static void prepare(struct generator *generator)
{
	for (size_t i = 0; i < BATCH; i++) {
		write_frame(generator, generator->frames[i]);
		generator->parts[i].iov_base = generator->frames[i];
		generator->parts[i].iov_len = LINK_LEN + generator->args->size;
		generator->messages[i].msg_hdr.msg_iov = &generator->parts[i];
		generator->messages[i].msg_hdr.msg_iovlen = 1;
	}
	generator->checksum = sum_words(generator->frames[0] + LINK_LEN, sizeof(struct iphdr));
	generator->random = generator->args->seed * 2 + 1;
}

/* The flow of a packet: any of so many, or one that no packet had before. */
static uint32_t choose_flow(struct generator *generator, uint32_t ahead)
{
	uint64_t flows = generator->args->flows;

	if (!flows)
		return (uint32_t)(generator->sent + ahead);
	return (uint32_t)((next_random(generator) * flows) >> 32);
}

static void note_sent(struct generator *generator, unsigned count)
{
	for (unsigned i = 0; i < count && generator->seen; i++) {
		uint64_t *word = &generator->seen[generator->flows[i] / 64];
		uint64_t  bit = UINT64_C(1) << generator->flows[i] % 64;

		generator->distinct += !(*word & bit);
		*word |= bit;
	}
	generator->sent += count;
}

/* What the kernel refuses for want of room is counted and not sent again. */
static int send_batch(struct generator *generator, unsigned count, struct err *err)
{
	int taken;

	for (unsigned i = 0; i < count; i++) {
		generator->flows[i] = choose_flow(generator, i);
		write_flow(generator, generator->frames[i], generator->flows[i]);
	}
	taken = sendmmsg(generator->fd, generator->messages, count, 0);
	if (taken < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
		return err_sys(err, "cannot send");
	note_sent(generator, taken < 0 ? 0 : (unsigned)taken);
	generator->refused += count - (taken < 0 ? 0 : (unsigned)taken);
	return 0;
}

/* How many packets are due, at most a batch; sleeps until there are some. */
static unsigned wait_until_due(const struct generator *generator, uint64_t begin_ns)
{
	const struct generator_args *args = generator->args;
	uint64_t		     tried = generator->sent + generator->refused;
	uint64_t		     left = args->packets - tried, due = left;

	while (args->rate) {
		uint64_t	elapsed_ns = clock_now().mono.ns - begin_ns;
		uint64_t	wake_ns = begin_ns + (elapsed_ns / TICK_NS + 1) * TICK_NS;
		struct timespec wake = { .tv_sec = (time_t)(wake_ns / NS_PER_S),
					 .tv_nsec = (long)(wake_ns % NS_PER_S) };

		due = elapsed_ns * args->rate / NS_PER_S;
		if (due > tried) {
			due -= tried;
			break;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
	}
	if (due > left)
		due = left;
	return due < BATCH ? (unsigned)due : BATCH;
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int send_all(struct generator *generator, struct err *err)
{
	const struct generator_args *args = generator->args;
	uint64_t		     begin_cpu_ns = cpu_ns(), begin_ns = clock_now().mono.ns;
	uint64_t end_ns = begin_ns + args->seconds * NS_PER_S, now_ns = begin_ns;

	while (generator->sent + generator->refused < args->packets && now_ns < end_ns) {
		if (send_batch(generator, wait_until_due(generator, begin_ns), err) < 0)
			return -1;
		now_ns = clock_now().mono.ns;
	}
	printf("{\"packets\": %llu, \"bytes\": %llu, \"flows\": %llu, \"refused\": %llu, "
	       "\"seconds\": %.6f, \"cpu_s\": %.6f}\n",
	       (unsigned long long)generator->sent,
	       (unsigned long long)(generator->sent * args->size),
	       (unsigned long long)(args->flows ? generator->distinct : generator->sent),
	       (unsigned long long)generator->refused, (double)(now_ns - begin_ns) / 1e9,
	       (double)(cpu_ns() - begin_cpu_ns) / 1e9);
	return 0;
}

static int open_link(const char *ifname, struct err *err)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int		   on = 1, fd;

	address.sll_ifindex = (int)if_nametoindex(ifname);
	if (!address.sll_ifindex)
		return err_sys(err, "%s", ifname);
	/* Protocol 0: nothing is received. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, "cannot open a packet socket");
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err_sys(err, "cannot send from '%s'", ifname);
		close(fd);
		return -1;
	}
	return fd;
}

static int generate(const void *args, char **operands, struct err *err)
{
	static struct generator generator;
	auto_close int		fd = open_link(operands[0], err);
	auto_free uint64_t     *seen = NULL;

	if (fd < 0)
		return -1;
	generator.args = args;
	generator.fd = fd;
	if (generator.args->flows)
		seen = mem_alloc((generator.args->flows / 64 + 1) * sizeof(*seen));
	generator.seen = seen;
	prepare(&generator);
	return send_all(&generator, err) < 0 ? -1 : 0;
}

static const struct generator_args defaults = {
	.packets = 1000000, .flows = 1, .size = SMALLEST, .seed = 1, .seconds = 60
};

static const struct opt opts[] = {
	OPT_U64('n', "packets", struct generator_args, packets, "N", 1, UINT32_MAX,
		"how many (1000000)"),
	OPT_U64('f', "flows", struct generator_args, flows, "N", 0, UINT32_MAX,
		"over how many flows, at random (1); 0: each packet is a flow of its own"),
	OPT_U64('r', "rate", struct generator_args, rate, "N", 0, 100000000,
		"packets a second (0: as many as can be sent)"),
	OPT_U64(0, "size", struct generator_args, size, "BYTES", SMALLEST, LARGEST,
		"from the IP header on (46)"),
	OPT_U64(0, "seed", struct generator_args, seed, "N", 0, UINT32_MAX, "of the flows (1)"),
	OPT_U64(0, "seconds", struct generator_args, seconds, "N", 1, 3600,
		"give up after that time (60)"),
	OPT_END
};

static const struct cmd cmd = {
	.name = "generator",
	.operands = "INTERFACE",
	.summary = "send seeded UDP packets and tell exactly how many",
	.opts = opts,
	.args_size = sizeof(struct generator_args),
	.defaults = &defaults,
	.operands_min = 1,
	.operands_max = 1,
	.run = generate,
};

int main(int argc, char **argv)
{
	return cli_single(&cmd, argc, argv);
}
