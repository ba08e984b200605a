/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of live interfaces through libpcap: for kernels and containers that refuse eBPF.  Two handles an
 * interface, one a direction, since Ethernet does not tell who sent a frame.  What offloading merged counts
 * as one packet here: libpcap does not hand over the number of segments.
 */
#include "sensor/capture/capture.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <pcap/pcap.h>

#include "lib/base/mem.h"
#include "sensor/capture/device_watch.h"
#include "sensor/capture/link.h"

enum {
	SNAPLEN = 256, /* link, IPv6 with some extension headers, TCP */
	SOCKET_SIZE =
		8
		<< 20,	/* bytes of ring a handle, in blocks of 256 KiB: some 50,000 small frames */
	BLOCK_MS = 200, /* a block that is not full is handed over after once or twice this */
	FRAME_SIZE_MIN = 96, /* bytes of ring that the smallest frame takes */
	BATCH = 4096,	     /* frames from one handle before it is the next one's turn */
	HANDLES_MAX = 2 * ENI_COUNT_MAX
};

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* How long a packet may be on its way from its time stamp through the ring to us. */
#define GRACE_NS NS_PER_S

struct handle {
	struct link_source source;
	pcap_t		  *pcap;
	int64_t		   ns_per_tick; /* of the time stamps' fraction */
	unsigned	   dropped;	/* by the kernel, as of the last time it was asked */
	struct err	   err;		/* of a callback, which cannot return it */
	bool		   is_gone;
};

struct capture {
	struct capture_args args;
	struct link_batch   batch;
	struct handle	    handles[HANDLES_MAX];
	struct pollfd	    fds[HANDLES_MAX + 1]; /* the last is stop_fd */
	size_t		    handle_count;
	struct clock_pair   asked; /* for the kernel's drops, the last time */
};

/* Everything that is mapped into the sensor. */
static size_t memory_bytes(const struct capture_args *args)
{
	return sizeof(struct capture) +
	       2 * eni_taken(args->enis, args->eni_count) * (size_t)SOCKET_SIZE;
}

static void close_pcap(struct capture *capture)
{
	if (!capture)
		return;
	for (size_t i = 0; i < capture->handle_count; i++)
		pcap_close(capture->handles[i].pcap);
	link_batch_done(&capture->batch);
	free(capture);
}

/*
 * libpcap sorts out directions after the copy; a filter of our own keeps the other half off the ring, and
 * where it is refused the first is enough.  pcap_setfilter will not do: libpcap runs the first frames after
 * it through the filter itself, where "inbound" is never true, and so loses them.
 */
static int set_direction(struct handle *handle, struct err *err)
{
	bool		   egress = handle->source.direction == FLOW_EGRESS;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, !egress, egress),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };

	if (pcap_setdirection(handle->pcap, egress ? PCAP_D_OUT : PCAP_D_IN) < 0)
		return err_set(err, ERR_SYSTEM, "cannot choose a direction: %s",
			       pcap_geterr(handle->pcap));
	(void)setsockopt(pcap_fileno(handle->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			 sizeof(program));
	return 0;
}

static int activate(struct handle *handle, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int  status;

	pcap_set_snaplen(handle->pcap, SNAPLEN);
	pcap_set_promisc(handle->pcap, 0);
	/* Not in immediate mode: libpcap has that only without the ring that packs frames (TPACKET_V3). */
	pcap_set_timeout(handle->pcap, BLOCK_MS);
	pcap_set_buffer_size(handle->pcap, SOCKET_SIZE);
	(void)pcap_set_tstamp_precision(handle->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(handle->pcap);
	if (status < 0) {
		const char *text = pcap_geterr(handle->pcap);

		return err_set(err, ERR_SYSTEM, "%s",
			       text && *text ? text : pcap_statustostr(status));
	}
	handle->ns_per_tick = pcap_get_tstamp_precision(handle->pcap) == PCAP_TSTAMP_PRECISION_NANO
				      ? 1
				      : 1000;
	handle->source.link = link_find(pcap_datalink(handle->pcap));
	if (!handle->source.link)
		return err_set(err, ERR_INPUT, "its link type %d is not understood",
			       pcap_datalink(handle->pcap));
	if (pcap_setnonblock(handle->pcap, 1, why) < 0)
		return err_set(err, ERR_SYSTEM, "%s", why);
	return set_direction(handle, err);
}

static int open_handle(struct capture *capture, const struct eni *eni,
		       enum flow_direction direction, struct err *err)
{
	struct handle *handle = &capture->handles[capture->handle_count];
	char	       why[PCAP_ERRBUF_SIZE] = "";

	handle->pcap = pcap_create(eni->name, why);
	if (!handle->pcap)
		return err_set(err, ERR_SYSTEM, "cannot capture on '%s': %s", eni->name, why);
	capture->handle_count++;
	handle->source = (struct link_source){ .eni = eni,
					       .direction = direction,
					       .batch = &capture->batch };
	if (activate(handle, err) < 0)
		return err_wrap(err, "cannot capture on '%s'", eni->name);
	return 0;
}

static struct capture *open_pcap(const struct capture_args *args, struct err *err)
{
	struct capture *capture = mem_alloc(sizeof(*capture));

	capture->args = *args;
	capture->asked = clock_now();
	link_batch_init(&capture->batch, args->windows, args->stats);
	windows_see(args->windows, args->see, args->context);
	for (size_t i = 0; i < args->eni_count && args->enis[i].ifindex; i++)
		if (open_handle(capture, &args->enis[i], FLOW_INGRESS, err) < 0 ||
		    open_handle(capture, &args->enis[i], FLOW_EGRESS, err) < 0) {
			close_pcap(capture);
			return NULL;
		}
	for (size_t i = 0; i < capture->handle_count; i++)
		capture->fds[i] = (struct pollfd){
			.fd = pcap_get_selectable_fd(capture->handles[i].pcap), .events = POLLIN
		};
	capture->fds[capture->handle_count] = (struct pollfd){ .fd = args->stop_fd,
							       .events = POLLIN };
	return capture;
}

static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct handle	 *handle = (struct handle *)(void *)user;
	struct link_frame frame = { .bytes = bytes, .size = header->caplen };

	frame.wire_size = header->len > header->caplen ? header->len : header->caplen;
	frame.time.ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec * handle->ns_per_tick;
	if (link_take(&handle->source, &frame, &handle->err) < 0)
		pcap_breakloop(handle->pcap);
}

/*
 * Takes a batch from one handle.  1: there may be more; 0: it was emptied.  The last block of an interface that
 * is gone is handed over when its time is over, so its handle is asked on.
 */
static int take_some(struct capture *capture, size_t index, struct err *err)
{
	struct handle *handle = &capture->handles[index];
	int	       got = pcap_dispatch(handle->pcap, BATCH, take, (u_char *)handle);

	if (handle->err.kind != ERR_NONE) {
		*err = handle->err;
		return -1;
	}
	if (got >= 0)
		return got >= BATCH;
	if (handle->is_gone)
		return 0;
	if (device_is_there(handle->source.eni->ifindex))
		return err_set(err, ERR_SYSTEM, "capture on '%s' ended: %s",
			       handle->source.eni->name, pcap_geterr(handle->pcap));
	handle->is_gone = true;
	/* Its socket would wake poll for ever. */
	capture->fds[index].fd = -1;
	windows_gone(capture->args.windows, handle->source.eni->ifindex);
	return 0;
}

/* The same from every handle, also when one has failed: what the others hold is not lost with it. */
static int take_all(struct capture *capture, struct err *err)
{
	struct err late;
	int	   more = 0;

	for (size_t i = 0; i < capture->handle_count; i++) {
		int result = take_some(capture, i, more < 0 ? &late : err);

		if (more >= 0)
			more = result < 0 ? result : more | result;
	}
	if (link_flush(&capture->batch, more < 0 ? &late : err) < 0)
		return -1;
	return more;
}

/* The kernel tells how many frames found no room so far, not when. */
static void ask_drops(struct capture *capture, struct clock_pair now)
{
	struct windows	 *windows = capture->args.windows;
	const struct wall span[] = { capture->asked.wall, now.wall };

	for (size_t i = 0; i < capture->handle_count; i++) {
		struct handle	*handle = &capture->handles[i];
		struct pcap_stat stat;

		if (pcap_stats(handle->pcap, &stat) < 0 || stat.ps_drop == handle->dropped)
			continue;
		windows_lose_between(windows, handle->source.eni->ifindex, span, STAT_SOCKET_FULL,
				     stat.ps_drop - handle->dropped);
		handle->dropped = stat.ps_drop;
	}
	capture->asked = now;
}

/* What came in before the clock was read is in the rings, which are then emptied. */
static enum capture_state collect(struct capture *capture, struct wall *done, struct err *err)
{
	struct clock_pair now;
	int		  more;

	poll(capture->fds, capture->handle_count + 1, CAPTURE_WAIT_MS);
	now = clock_now();
	more = take_all(capture, err);
	/* libpcap reads files of sysfs to answer: not for every few packets. */
	if (now.mono.ns - capture->asked.mono.ns >= CAPTURE_WAIT_MS * NS_PER_MS)
		ask_drops(capture, now);
	if (more < 0)
		return CAPTURE_FAILED;
	if (!more)
		done->ns = now.wall.ns - GRACE_NS;
	return CAPTURE_ON;
}

/*
 * What is in a block that is not full comes when its time is over, and what is in the rings then is taken, in
 * as many rounds as a ring of the smallest frames needs: packets go on arriving.
 */
static int stop(struct capture *capture, struct err *err)
{
	struct clock_pair begin = clock_now();
	int		  more = 0;

	while (more >= 0 && clock_now().mono.ns - begin.mono.ns < 3 * BLOCK_MS * NS_PER_MS) {
		poll(capture->fds, capture->handle_count, BLOCK_MS);
		more = take_all(capture, err);
	}
	for (int i = 0; more > 0 && i < SOCKET_SIZE / FRAME_SIZE_MIN / BATCH; i++)
		more = take_all(capture, err);
	ask_drops(capture, begin);
	return more < 0 ? -1 : 0;
}

static unsigned needs(const struct capture *capture)
{
	(void)capture;
	return NEED_LIVE | NEED_PACKET;
}

static const char *about(const struct capture *capture)
{
	(void)capture;
	return "libpcap (ingress and egress)";
}

/* Counted as they were heard of. */
static void count(struct capture *capture)
{
	(void)capture;
}

const struct capture_ops capture_pcap = {
	.name = "pcap",
	.capabilities = CAPABILITY(CAP_NET_RAW),
	.needs = needs,
	.about = about,
	.memory_bytes = memory_bytes,
	.open = open_pcap,
	.collect = collect,
	.stop = stop,
	.count = count,
	.close = close_pcap,
};
