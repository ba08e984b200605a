// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Counts the packets of an interface by flow.  One program for each direction hangs on the interface's tc
 * hooks; it only looks: every packet goes on to whatever comes next.
 *
 *	parse the headers → choose the map of the current window → add to the flow, in the processor's slot
 *	for it, else in the map, else through the ring
 *
 * The end of the window is known in advance (phase), so a packet falls into the right window even when the
 * sensor comes late to empty the old map.  Both hooks run with bottom halves off and never inside one
 * another, so what belongs to one processor needs no atomic operations.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "bpf/flow_abi.h"
#include "bpf/flow_datagram.h"
#include "bpf/parse.h"

/*
 * The kernel's list of compatible licences has no name for "GPL or Apache"; under the GPL is how this
 * program is loaded.
 */
char LICENSE[] SEC("license") = "GPL";

/* Set before loading. */
const volatile __u64 tick_ns;
const volatile __u32 cpu_count = 1;
const volatile __u32 slot_mask; /* slots of a processor and map, a power of two, less one */
const volatile __u64 fill_mark; /* entries in a map of which the sensor wants to hear */
const volatile bool  has_news;	/* the sensor wants to hear of each flow that begins */
const volatile __u64 news_mark; /* bytes of news that wake it; fewer wait until it looks */

/* See FLOW_PHASE.  Written by the sensor before it attaches. */
__u64 phase;

/*
 * The monotonic time of tick 0.  Flow logs speak in seconds, so the time of the last tick will do for a packet;
 * the verifier makes reading it one load.  Written by the sensor before it attaches.
 */
__u64 tick_base_ns;

/*
 * Entries made in each map since the sensor last emptied it, and whether it has been told.  Written for new
 * flows only; the sensor sets both to zero while no program uses the map.
 */
struct {
	__u64 made;
	__u64 told;
} fill[FLOW_MAP_COUNT];

/*
 * The flows of a window.  Preallocated; the sensor sets max_entries before loading, owns the entries and
 * deletes them when the window has ended, or before it when they reach the mark.  Full: the flow goes
 * through the ring (FLOW_COUNTER_MAP_FULL).
 */
struct flow_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow_count);
};
struct flow_map flows_0 SEC(".maps"), flows_1 SEC(".maps"), flows_2 SEC(".maps");

/*
 * [map][processor][hash of the flow].  The sensor sets max_entries, reads them with the map of their number
 * and sets them to zero, through memory that it shares.  Never full: a flow whose two places are taken goes to
 * the map, or wins one of them (FLOW_RIVAL_TURNS).
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_slot);
} slots SEC(".maps");

/* struct flow_spill.  The sensor sets its size and reads it.  Full: FLOW_COUNTER_RING_FULL. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} spills SEC(".maps");

/*
 * struct flow_news, with has_news; without it there is no such map.  The sensor sets its size and reads it a few
 * times a second, or at news_mark.  Full: FLOW_COUNTER_NEWS_FULL.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} news SEC(".maps");

/* Whether the sensor has been woken for the news; it sets this to zero before it reads them. */
__u64 news_told;

/*
 * By the cookie of a socket, with has_news; without it there is no such map.  Filled by bpf/process.bpf.c where
 * that can be had.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOW_PROCESS_COUNT);
	__type(key, __u64);
	__type(value, struct flow_process);
} processes SEC(".maps");

/*
 * Counts of what was not recorded as it should.  The sensor sets max_entries to all keys there can be and reads
 * them with the map of their number; they only grow.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct flow_counter_key);
	__type(value, __u64);
} counters SEC(".maps");

/*
 * What is being read of a packet.  In a map rather than on the stack, where the verifier would follow each
 * of its values along every path: that takes most of its patience.
 */
struct reading {
	struct flow_packet packet;
	__u32		   result; /* enum parse_result */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reading);
} readings SEC(".maps");

/* The ports of datagrams whose first fragment was seen.  Full: the oldest are forgotten. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOW_DATAGRAM_COUNT);
	__type(key, struct flow_datagram);
	__type(value, struct flow_ports);
} datagrams SEC(".maps");

static __always_inline __u64 clock_ns(void)
{
	return tick_base_ns + bpf_jiffies64() * tick_ns;
}

/* Not inlined: the rare path stays out of the way of the other. */
static __noinline int count_event(__u32 ifindex, __u32 map, __u32 counter, __u64 amount)
{
	struct flow_counter_key key = { .ifindex = ifindex,
					.map = (__u16)map,
					.counter = (__u16)counter };
	__u64		       *value = bpf_map_lookup_elem(&counters, &key);
	__u64			none = 0;

	if (!value) {
		bpf_map_update_elem(&counters, &key, &none, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&counters, &key);
	}
	if (value)
		__sync_fetch_and_add(value, amount);
	return 0;
}

/* Of the first packet of a flow. */
static __always_inline void count_begin(struct flow_count *count, const struct flow_packet *packet,
					__u64 now_ns)
{
	count->packets = packet->packets;
	count->bytes = packet->bytes;
	count->first_ns = count->last_ns = now_ns;
	count->frames = 1;
	count->tcp_flags = packet->tcp_flags;
	count->icmp_type = packet->icmp_type;
	count->icmp_code = packet->icmp_code;
	count->is_discovery = packet->is_discovery;
}

static __always_inline void count_add(struct flow_count *to, const struct flow_count *from)
{
	to->packets += from->packets;
	to->bytes += from->bytes;
	to->last_ns = from->last_ns;
	to->frames += from->frames;
	to->tcp_flags |= from->tcp_flags;
	to->icmp_type = from->icmp_type;
	to->icmp_code = from->icmp_code;
	to->is_discovery &= from->is_discovery;
}

/*
 * For a flow that its map did not take: refused is why.  Before 6.4 the helpers returned an int, and left the
 * upper half of the register as it was.
 */
static __noinline int spill(const struct flow_key *key, const struct flow_count *count, __u32 map,
			    long refused)
{
	struct flow_spill *spill;

	if (!key || !count)
		return 0;
	count_event(key->ifindex, map,
		    (int)refused == -E2BIG ? FLOW_COUNTER_MAP_FULL : FLOW_COUNTER_MAP_BUSY, 1);
	spill = bpf_ringbuf_reserve(&spills, sizeof(*spill), 0);
	if (!spill) {
		count_event(key->ifindex, map, FLOW_COUNTER_RING_FULL, count->packets);
		return 0;
	}
	spill->key = *key;
	spill->count = *count;
	spill->map = map;
	spill->zero = 0;
	bpf_ringbuf_submit(spill, 0);
	return 0;
}

static __noinline int wake(void)
{
	struct flow_spill *nothing = bpf_ringbuf_reserve(&spills, sizeof(*nothing), 0);

	/* Without room the sensor has been woken by what fills the ring. */
	if (!nothing)
		return 0;
	__builtin_memset(nothing, 0, sizeof(*nothing));
	bpf_ringbuf_submit(nothing, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* The map has filled up to the mark: wakes the sensor, once. */
static __noinline int tell(__u32 map)
{
	if (map >= FLOW_MAP_COUNT || fill[map].told)
		return 0;
	fill[map].told = 1;
	return wake();
}

/*
 * Whose socket sent it.  A tunnel's packets still have the socket of what is inside, and other ports; a socket
 * whose process was forgotten in between could have another's in its place.
 */
static __always_inline void find_process(struct __sk_buff *skb, const struct flow_key *key,
					 struct flow_process *out)
{
	struct flow_process *process;
	struct bpf_sock	    *socket = skb->sk;
	__u64		     cookie;

	if (!socket)
		return;
	socket = bpf_sk_fullsock(socket);
	if (!socket || socket->protocol != key->protocol || socket->src_port != key->src_port)
		return;
	cookie = bpf_get_socket_cookie(skb);
	process = bpf_map_lookup_elem(&processes, &cookie);
	if (!process)
		return;
	*out = *process;
	if (bpf_map_lookup_elem(&processes, &cookie) != process)
		out->pid = 0;
}

/*
 * Tells of a flow with its first packet.  It is recorded whatever becomes of the news, so these wake nobody before
 * there are many.
 */
static __noinline int announce(struct __sk_buff *skb, const struct flow_packet *packet,
			       __u64 now_ns, __u32 map)
{
	struct flow_news *item;

	if (!packet)
		return 0;
	item = bpf_ringbuf_reserve(&news, sizeof(*item), 0);
	if (!item) {
		count_event(packet->key.ifindex, map, FLOW_COUNTER_NEWS_FULL, 1);
		return 0;
	}
	__builtin_memset(item, 0, sizeof(*item));
	item->key = packet->key;
	item->map = map;
	count_begin(&item->count, packet, now_ns);
	if (packet->key.direction == FLOW_EGRESS)
		find_process(skb, &packet->key, &item->process);
	bpf_ringbuf_submit(item, BPF_RB_NO_WAKEUP);
	if (!news_told && bpf_ringbuf_query(&news, BPF_RB_AVAIL_DATA) >= news_mark) {
		news_told = 1;
		wake();
	}
	return 0;
}

/* Whether the flow was not in the map. */
static __always_inline bool map_add(void *map, __u32 number, const struct flow_key *key,
				    const struct flow_count *count)
{
	struct flow_count *old = bpf_map_lookup_elem(map, key);
	long		   refused;

	if (old) {
		count_add(old, count);
		return false;
	}
	refused = bpf_map_update_elem(map, key, count, BPF_NOEXIST);
	if (refused) {
		spill(key, count, number, refused);
		return true;
	}
	__sync_fetch_and_add(&fill[number].made, 1);
	if (fill[number].made >= fill_mark)
		tell(number);
	return true;
}

static __always_inline bool flow_add(__u32 number, const struct flow_key *key,
				     const struct flow_count *count)
{
	if (number == 0)
		return map_add(&flows_0, 0, key, count);
	if (number == 1)
		return map_add(&flows_1, 1, key, count);
	return map_add(&flows_2, 2, key, count);
}

/* Of all words but the first, which is the same for the flows of an interface and processor. */
static __always_inline __u32 flow_hash(const __u64 *key)
{
	__u64 mixed = key[1] * 0x9e3779b97f4a7c15ULL;

	mixed ^= (key[2] ^ key[4] << 1) * 0xc2b2ae3d27d4eb4fULL;
	mixed ^= (key[3] ^ key[5] << 1) * 0x165667b19e3779f9ULL;
	return (__u32)(mixed >> 32 ^ mixed);
}

static __always_inline bool is_same(const __u64 *a, const __u64 *b)
{
	return a[1] == b[1] && a[2] == b[2] && a[4] == b[4] && a[0] == b[0] && a[3] == b[3] &&
	       a[5] == b[5];
}

static __always_inline struct flow_slot *slot_at(__u32 map, __u32 cpu, __u32 hash)
{
	__u32 place = (map * cpu_count + cpu) * (slot_mask + 1) + (hash & slot_mask);

	return bpf_map_lookup_elem(&slots, &place);
}

static __always_inline void slot_take(struct flow_slot *slot, const struct flow_packet *packet,
				      const struct flow_count *count)
{
	slot->key = packet->key;
	slot->count = *count;
	slot->rival = 0;
}

/* Whether a rival of the flow in a slot has come often enough to have its place. */
static __always_inline bool slot_is_won(struct flow_slot *slot, __u32 hash)
{
	if (slot->rival != hash) {
		slot->rival = hash;
		slot->rival_turns = 0;
	}
	return ++slot->rival_turns >= FLOW_RIVAL_TURNS;
}

/*
 * For a packet whose flow is not in its first slot: takes that one, goes to the second, or to the map.  Returns
 * whether the flow was in neither.
 */
static __noinline int count_elsewhere(__u32 map, const struct flow_packet *packet, __u64 now_ns,
				      __u32 hash)
{
	struct flow_count count = {};
	struct flow_slot *first, *second;

	if (!packet)
		return false;
	count_begin(&count, packet, now_ns);
	first = slot_at(map, packet->key.cpu, hash);
	second = slot_at(map, packet->key.cpu, hash ^ 1);
	/* Only a processor that was not there at the start has no slots. */
	if (!first || !second)
		return flow_add(map, &packet->key, &count);
	if (!first->key.family) {
		slot_take(first, packet, &count);
		return true;
	}
	if (is_same((const __u64 *)&second->key, (const __u64 *)&packet->key)) {
		count_add(&second->count, &count);
		second->rival = 0;
		return false;
	}
	if (!second->key.family) {
		slot_take(second, packet, &count);
		return true;
	}
	if (!slot_is_won(first, hash))
		return flow_add(map, &packet->key, &count);
	flow_add(map, &first->key, &first->count);
	slot_take(first, packet, &count);
	return true;
}

/* Remembers ports, or type and code, of a first fragment, and gives them to those that follow it. */
static __noinline int join_fragments(struct flow_packet *packet, __u64 now_ns, __u32 map)
{
	struct flow_datagram datagram = {};
	struct flow_ports    ports = {}, *first;

	if (!packet)
		return 0;
	datagram.ifindex = packet->key.ifindex;
	datagram.datagram = packet->datagram;
	datagram.family = packet->key.family;
	/* What the fragment header of IPv6 says comes next may be an option that only the first one has. */
	if (packet->key.family == 4)
		datagram.protocol = packet->key.protocol;
	datagram.direction = packet->key.direction;
	__builtin_memcpy(datagram.src, packet->key.src, sizeof(datagram.src));
	__builtin_memcpy(datagram.dst, packet->key.dst, sizeof(datagram.dst));
	if (packet->fragment == FRAGMENT_FIRST) {
		ports.seen_ns = now_ns;
		ports.src_port = packet->key.src_port;
		ports.dst_port = packet->key.dst_port;
		ports.protocol = packet->key.protocol;
		ports.icmp_type = packet->icmp_type;
		ports.icmp_code = packet->icmp_code;
		bpf_map_update_elem(&datagrams, &datagram, &ports, BPF_ANY);
		return 0;
	}
	first = bpf_map_lookup_elem(&datagrams, &datagram);
	/* Another processor may have seen the first with the clock a tick further. */
	if (first && now_ns < first->seen_ns + FLOW_DATAGRAM_NS) {
		packet->key.src_port = first->src_port;
		packet->key.dst_port = first->dst_port;
		packet->key.protocol = first->protocol;
		packet->icmp_type = first->icmp_type;
		packet->icmp_code = first->icmp_code;
		return 0;
	}
	count_event(packet->key.ifindex, map, FLOW_COUNTER_FRAGMENT, 1);
	return 0;
}

/* Sets what offloading merged to what it is on the wire. */
static __always_inline void count_segments(const struct __sk_buff *skb, struct flow_packet *packet,
					   enum flow_direction direction)
{
	__u32 headers = packet->network_offset + packet->jumbo_len;

	packet_segment(packet, skb->len - packet->network_offset, skb->gso_size, skb->gso_segs);
	/* On its way out the kernel has added up the headers of all segments, those inside a tunnel too. */
	if (direction == FLOW_EGRESS && skb->wire_len > skb->len)
		packet->bytes = skb->wire_len - (__u64)packet->packets * headers;
}

static __always_inline int see(struct __sk_buff *skb, enum flow_direction direction, bool ethernet)
{
	struct frame	    frame = { .skb = skb, .wire_size = skb->len };
	struct flow_packet *packet;
	struct flow_slot   *slot;
	struct reading	   *reading;
	__u32		    hash, zero = 0, cpu = bpf_get_smp_processor_id();
	/* The phase first: a packet then is never too old for the map that it goes to. */
	__u64 word = *(volatile __u64 *)&phase;
	__u64 now_ns = clock_ns();
	__u32 map;

	reading = bpf_map_lookup_elem(&readings, &zero);
	if (!reading)
		return TC_ACT_UNSPEC;
	packet = &reading->packet;
	*packet = (struct flow_packet){};
	*(volatile __u32 *)&reading->result = ethernet ? parse_ethernet(&frame, skb->vlan_present,
									packet)
						       : parse_ip(&frame, 0, packet);
	map = FLOW_PHASE_MAP(word);
	if (now_ns >= FLOW_PHASE_END(word))
		map = map == FLOW_MAP_COUNT - 1 ? 0 : map + 1;
	/* A copy for the host of what it sent to many: on no wire, and without a link-layer header. */
	if (direction == FLOW_INGRESS &&
	    (!ethernet || *(volatile __u32 *)&reading->result != PARSE_FLOW) &&
	    skb->pkt_type == PACKET_LOOPBACK)
		return TC_ACT_UNSPEC;
	if (*(volatile __u32 *)&reading->result != PARSE_FLOW) {
		count_event(skb->ifindex, map, reading->result, 1);
		return TC_ACT_UNSPEC;
	}
	packet->key.ifindex = skb->ifindex;
	packet->key.cpu = cpu;
	packet->key.direction = direction;
	if (packet->fragment)
		join_fragments(packet, now_ns, map);
	if (skb->gso_size)
		count_segments(skb, packet, direction);

	hash = flow_hash((const __u64 *)&packet->key);
	slot = slot_at(map, cpu, hash);
	if (!slot || !is_same((const __u64 *)&slot->key, (const __u64 *)&packet->key)) {
		if (count_elsewhere(map, packet, now_ns, hash) && has_news)
			announce(skb, packet, now_ns, map);
		return TC_ACT_UNSPEC;
	}
	slot->rival = 0;
	slot->count.packets += packet->packets;
	slot->count.bytes += packet->bytes;
	slot->count.last_ns = now_ns;
	slot->count.frames++;
	slot->count.tcp_flags |= packet->tcp_flags;
	slot->count.icmp_type = packet->icmp_type;
	slot->count.icmp_code = packet->icmp_code;
	slot->count.is_discovery &= packet->is_discovery;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int flow_ingress(struct __sk_buff *skb)
{
	return see(skb, FLOW_INGRESS, true);
}

SEC("tc")
int flow_egress(struct __sk_buff *skb)
{
	return see(skb, FLOW_EGRESS, true);
}

/* For devices without a link-layer header, as tunnels are. */
SEC("tc")
int flow_ip_ingress(struct __sk_buff *skb)
{
	return see(skb, FLOW_INGRESS, false);
}

SEC("tc")
int flow_ip_egress(struct __sk_buff *skb)
{
	return see(skb, FLOW_EGRESS, false);
}

/*
 * Run by the sensor, on a frame that does not matter: the clock of the programs, which lags behind the
 * exact one by a tick, and by more while ticks are held up.  exact_ns: read in the same moment.
 */
__u64 clock_ticks, clock_exact_ns;

SEC("tc")
int flow_clock(struct __sk_buff *skb __attribute__((unused)))
{
	clock_ticks = bpf_jiffies64();
	clock_exact_ns = bpf_ktime_get_ns();
	return TC_ACT_UNSPEC;
}
