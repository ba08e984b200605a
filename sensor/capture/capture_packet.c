/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of live interfaces through packet sockets with a ring (TPACKET_V3): for kernels and containers that
 * refuse eBPF.  In front of each frame stands a virtio_net_hdr, which says how long the segments are that
 * offloading merged; that is what libpcap cannot hand over.  One socket an interface: what it sent itself is
 * marked as such.
 */
#include "sensor/capture/capture.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pcap/dlt.h>

#include "lib/base/mem.h"
#include "sensor/capture/device_watch.h"
#include "sensor/capture/link.h"

/*
 * A block that is not full is handed over after once or twice its time, however little is in it: so there are
 * many small ones, and a sensor that is held up for ten seconds still loses nothing of a quiet interface.
 */
enum {
	SNAPLEN = 256,	      /* link, IPv6 with some extension headers, TCP */
	BLOCK_SIZE = 1 << 15, /* or a page, where that is larger */
	BLOCK_COUNT = 256,    /* a ring of 8 MiB: some 24,000 frames or more */
	BLOCK_MS = 50,
	FRAME_SIZE = 2048 /* only for the kernel's arithmetic: V3 packs frames as they are */
};

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* How long a packet may be on its way from its time stamp through the ring to us. */
#define GRACE_NS NS_PER_S

struct handle {
	struct link_source source; /* the direction is asked of each frame */
	int		   fd;	   /* -1: there is none */
	uint8_t		  *ring;
	unsigned	   block;   /* the next one the kernel hands over */
	bool		   is_down; /* the interface was, when last heard of */
	bool		   is_gone;
	struct mono	   gone; /* when that was found */
};

struct capture {
	struct capture_args   args;
	struct device_keeper *keeper;
	struct link_batch     batch;
	struct handle	      handles[ENI_COUNT_MAX]; /* by place */
	struct pollfd	      fds[ENI_COUNT_MAX + 1]; /* … and stop_fd after them */
	struct wall	      asked;		      /* for the kernel's drops, the last time */
};

/* The kernel wants whole pages, which are of 64 KiB on some machines. */
static size_t block_size(void)
{
	long page = sysconf(_SC_PAGESIZE);

	return page > BLOCK_SIZE ? (size_t)page : BLOCK_SIZE;
}

static void close_handle(struct capture *capture, size_t index)
{
	struct handle *handle = &capture->handles[index];

	if (handle->ring)
		munmap(handle->ring, block_size() * BLOCK_COUNT);
	mem_close_at(&handle->fd);
	*handle = (struct handle){ .fd = -1 };
	capture->fds[index].fd = -1;
}

static void close_packet(struct capture *capture)
{
	if (!capture)
		return;
	for (size_t i = 0; i < capture->args.eni_count; i++)
		close_handle(capture, i);
	device_keeper_close(capture->keeper);
	link_batch_done(&capture->batch);
	free(capture);
}

static int set_option(int fd, int option, const void *value, socklen_t size)
{
	return setsockopt(fd, SOL_PACKET, option, value, size);
}

/* Everything before bind, so that no frame comes in another shape. */
static int set_up_ring(int fd, struct err *err)
{
	struct sock_filter  keep = BPF_STMT(BPF_RET | BPF_K, SNAPLEN);
	struct sock_fprog   program = { .len = 1, .filter = &keep };
	unsigned	    size = (unsigned)block_size();
	struct tpacket_req3 ring = { .tp_block_size = size,
				     .tp_block_nr = BLOCK_COUNT,
				     .tp_frame_size = FRAME_SIZE,
				     .tp_frame_nr = size / FRAME_SIZE * BLOCK_COUNT,
				     .tp_retire_blk_tov = BLOCK_MS };
	int		    version = TPACKET_V3, on = 1;

	if (set_option(fd, PACKET_VERSION, &version, sizeof(version)) < 0)
		return err_sys(err, "no rings of TPACKET_V3");
	if (set_option(fd, PACKET_VNET_HDR, &on, sizeof(on)) < 0)
		return err_sys(err, "no segment sizes of merged packets");
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return err_sys(err, "cannot cut frames to their headers");
	if (set_option(fd, PACKET_RX_RING, &ring, sizeof(ring)) < 0)
		return err_sys(err, "cannot make a ring");
	return 0;
}

/* device_ops.attach, in the process that may open packet sockets. */
static int open_socket(void *context, const struct eni *eni, struct device_news *news,
		       int fds[DEVICE_FDS_MAX], struct err *err)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = __constant_cpu_to_be16(ETH_P_ALL),
				       .sll_ifindex = (int)eni->ifindex };
	/* Of protocol 0, so that nothing comes in before it is bound. */
	auto_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)context;
	(void)news;
	if (fd < 0)
		return err_sys(err, "no packet socket");
	if (set_up_ring(fd, err) < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, "cannot bind");
	fds[0] = fd;
	fd = -1;
	return 0;
}

static const struct device_ops socket_keeper = {
	.name = "weir-sockets",
	.needs = NEED_SOCKETS,
	.attach = open_socket,
};

static int plug(struct capture *capture, size_t index, const struct device_news *news,
		const int fds[DEVICE_FDS_MAX], struct err *err)
{
	const struct eni *eni = &capture->args.enis[index];
	struct handle	 *handle = &capture->handles[index];
	size_t		  size = block_size() * BLOCK_COUNT;
	void		 *ring;

	(void)news;
	close_handle(capture, index);
	handle->fd = fds[0];
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, handle->fd, 0);
	if (ring == MAP_FAILED) {
		close_handle(capture, index);
		return err_sys(err, "cannot map the ring");
	}
	handle->ring = ring;
	/* Who is forked later does not keep the socket open by it. */
	(void)madvise(ring, size, MADV_DONTFORK);
	handle->source = (struct link_source){
		.link = link_find(eni->ethernet ? DLT_EN10MB : DLT_RAW),
		.eni = eni,
		.batch = &capture->batch,
	};
	capture->fds[index] = (struct pollfd){ .fd = handle->fd, .events = POLLIN };
	return 0;
}

static int attach_all(struct capture *capture, struct err *err)
{
	const struct capture_args *args = &capture->args;

	for (size_t i = 0; i < args->eni_count; i++) {
		struct device_news news;
		int		   fds[DEVICE_FDS_MAX];

		if (!args->enis[i].ifindex)
			continue;
		if (device_keeper_attach(capture->keeper, args->enis[i].ifindex, &news, fds, err) <
			    0 ||
		    plug(capture, i, &news, fds, err) < 0)
			return err_wrap(err, "cannot capture on '%s'", args->enis[i].name);
	}
	return 0;
}

static struct capture *open_packet(const struct capture_args *args, struct err *err)
{
	struct capture		 *capture = mem_alloc(sizeof(*capture));
	struct device_keeper_args keeper = { .ops = &socket_keeper,
					     .asked = args->asked,
					     .asked_count = args->asked_count,
					     .user = args->user,
					     .no_drop = args->no_drop };

	capture->args = *args;
	capture->asked = clock_now().wall;
	link_batch_init(&capture->batch, args->windows, args->stats);
	windows_see(args->windows, args->see, args->context);
	for (size_t i = 0; i < args->eni_count; i++) {
		capture->handles[i].fd = -1;
		capture->fds[i].fd = -1;
	}
	capture->fds[args->eni_count] = (struct pollfd){ .fd = args->stop_fd, .events = POLLIN };
	capture->keeper = device_keeper_open(&keeper, err);
	if (!capture->keeper || attach_all(capture, err) < 0) {
		close_packet(capture);
		return NULL;
	}
	return capture;
}

/*
 * Where the headers of a segment end: behind the header whose checksum is left to be filled in, which is the
 * innermost one of TCP or UDP.  0: that is not told.
 */
static uint16_t headers_end(const struct virtio_net_hdr *segments, const uint8_t *bytes,
			    size_t size)
{
	size_t data_offset = segments->csum_start + 12U; /* the byte that has the length of TCP's */

	if (!(segments->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return 0;
	if (segments->csum_offset == offsetof(struct udphdr, check))
		return (uint16_t)(segments->csum_start + sizeof(struct udphdr));
	if (segments->csum_offset != offsetof(struct tcphdr, check) || data_offset >= size)
		return 0;
	return (uint16_t)(segments->csum_start + (bytes[data_offset] >> 4) * 4);
}

/* Before the frame its virtio_net_hdr; behind the ring's own header the address, which tells the direction. */
static int take_frame(struct handle *handle, const uint8_t *at, struct err *err)
{
	struct tpacket3_hdr   header;
	struct sockaddr_ll    address;
	struct virtio_net_hdr segments;
	struct link_frame     frame;
	struct link_source    source = handle->source;

	memcpy(&header, at, sizeof(header));
	memcpy(&address, at + TPACKET_ALIGN(sizeof(header)), sizeof(address));
	memcpy(&segments, at + header.tp_mac - sizeof(segments), sizeof(segments));
	frame = (struct link_frame){
		.time.ns = header.tp_sec * NS_PER_S + header.tp_nsec,
		.bytes = at + header.tp_mac,
		.size = header.tp_snaplen,
		.wire_size = header.tp_len,
		.gso_size = segments.gso_type == VIRTIO_NET_HDR_GSO_NONE ? 0 : segments.gso_size,
		.headers_end = headers_end(&segments, at + header.tp_mac, header.tp_snaplen),
		.tags = (header.tp_status & TP_STATUS_VLAN_VALID) != 0,
	};
	source.direction = address.sll_pkttype == PACKET_OUTGOING ? FLOW_EGRESS : FLOW_INGRESS;
	return link_take(&source, &frame, err);
}

/* Takes the next block and gives it back.  1: taken; 0: there is none. */
static int take_block(struct handle *handle, struct err *err)
{
	struct tpacket_block_desc *block = (void *)(handle->ring + handle->block * block_size());
	struct tpacket_hdr_v1	  *head = &block->hdr.bh1;
	const uint8_t		  *at;

	if (!(__atomic_load_n(&head->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return 0;
	/* Only now: in a block that was never used it was not set before. */
	at = (const uint8_t *)block + head->offset_to_first_pkt;
	handle->is_down = false;
	for (uint32_t i = 0; i < head->num_pkts; i++) {
		uint32_t next;

		if (take_frame(handle, at, err) < 0)
			return -1;
		memcpy(&next, at + offsetof(struct tpacket3_hdr, tp_next_offset), sizeof(next));
		at += next;
	}
	__atomic_store_n(&head->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	handle->block = (handle->block + 1) % BLOCK_COUNT;
	return 1;
}

/*
 * An interface that went down may come back, and the kernel goes on with the socket then.  One that was
 * removed went down before: the socket hears of nothing else.
 */
static int check_interface(struct capture *capture, size_t index, struct err *err)
{
	struct handle *handle = &capture->handles[index];
	short	       events = capture->fds[index].revents;
	int	       error = 0;
	socklen_t      size = sizeof(error);

	if (events & POLLERR) {
		(void)getsockopt(handle->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error && error != ENETDOWN)
			return err_set(err, ERR_SYSTEM, "capture on '%s' ended: %s",
				       handle->source.eni->name, strerror(error));
		handle->is_down = true;
	}
	if (!handle->is_down || device_is_there(handle->source.eni->ifindex))
		return 0;
	handle->is_gone = true;
	handle->gone = clock_now().mono;
	/* Its socket would wake poll for ever. */
	capture->fds[index].fd = -1;
	windows_gone(capture->args.windows, handle->source.eni->ifindex);
	return 0;
}

/*
 * Takes a ring's worth from one handle.  1: there may be more; 0: it was emptied.  A block that was not full
 * when its interface disappeared still comes.
 */
static int take_some(struct capture *capture, size_t index, struct err *err)
{
	struct handle *handle = &capture->handles[index];
	int	       taken = 1;

	for (int i = 0; i < BLOCK_COUNT && taken > 0; i++)
		taken = take_block(handle, err);
	if (taken == 0 && !handle->is_gone && check_interface(capture, index, err) < 0)
		return -1;
	if (taken == 0 && handle->is_gone &&
	    clock_now().mono.ns - handle->gone.ns > (uint64_t)GRACE_NS)
		close_handle(capture, index);
	return taken;
}

/* The same from every handle, also when one has failed: what the others hold is not lost with it. */
static int take_all(struct capture *capture, struct err *err)
{
	struct err late;
	int	   more = 0;

	for (size_t i = 0; i < capture->args.eni_count; i++) {
		int result = 0;

		if (capture->handles[i].fd < 0)
			continue;
		result = take_some(capture, i, more < 0 ? &late : err);

		if (more >= 0)
			more = result < 0 ? result : more | result;
	}
	if (link_flush(&capture->batch, more < 0 ? &late : err) < 0)
		return -1;
	return more;
}

/* The kernel tells how many frames found no room since it was last asked, not when. */
static void count(struct capture *capture)
{
	struct windows	 *windows = capture->args.windows;
	const struct wall span[] = { capture->asked, clock_now().wall };

	for (size_t i = 0; i < capture->args.eni_count; i++) {
		const struct handle    *handle = &capture->handles[i];
		struct tpacket_stats_v3 stats = { 0 };
		socklen_t		size = sizeof(stats);

		if (handle->fd >= 0 &&
		    getsockopt(handle->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0 &&
		    stats.tp_drops)
			windows_lose_between(windows, handle->source.eni->ifindex, span,
					     STAT_SOCKET_FULL, stats.tp_drops);
	}
	capture->asked = span[1];
}

/* What came in before the clock was read is in the rings, or in them soon enough for GRACE_NS. */
static enum capture_state collect(struct capture *capture, struct wall *done, struct err *err)
{
	struct clock_pair now;
	int		  more;

	poll(capture->fds, capture->args.eni_count + 1, CAPTURE_WAIT_MS);
	now = clock_now();
	more = take_all(capture, err);
	count(capture);
	if (more < 0)
		return CAPTURE_FAILED;
	if (!more)
		done->ns = now.wall.ns - GRACE_NS;
	return CAPTURE_ON;
}

/* What is in a block that is not full comes when its time is over. */
static int stop(struct capture *capture, struct err *err)
{
	uint64_t begin_ns = clock_now().mono.ns, wait_ns = (uint64_t)3 * BLOCK_MS * NS_PER_MS;
	int	 more = 0;

	while (more >= 0 && clock_now().mono.ns - begin_ns < wait_ns) {
		poll(capture->fds, capture->args.eni_count, BLOCK_MS);
		more = take_all(capture, err);
	}
	count(capture);
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
	return "packet sockets (ingress and egress)";
}

static size_t memory_bytes(const struct capture_args *args)
{
	size_t rings = eni_taken(args->enis, args->eni_count);

	rings = args->reserved > rings ? args->reserved : rings;
	return sizeof(struct capture) + rings * block_size() * BLOCK_COUNT;
}

static struct device_keeper *keeper_of(const struct capture *capture)
{
	return capture->keeper;
}

const struct capture_ops capture_packet = {
	.name = "packet",
	.capabilities = CAPABILITY(CAP_NET_RAW),
	.needs = needs,
	.memory_bytes = memory_bytes,
	.about = about,
	.open = open_packet,
	.collect = collect,
	.keeper = keeper_of,
	.plug = plug,
	.unplug = close_handle,
	.stop = stop,
	.count = count,
	.close = close_packet,
};
