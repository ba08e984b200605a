// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Counts the packets of an interface by flow.  One program for each direction hangs on the clsact hooks;
 * it only looks: every packet goes on to whatever comes next.
 *
 *	parse the headers → choose the map of the current window → add to the flow's entry
 *
 * The end of the window is known in advance (phase), so a packet falls into the right window even when the
 * sensor comes late to empty the old map.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "bpf/flow_abi.h"
#include "bpf/parse.h"

/*
 * The kernel's list of compatible licences has no name for "GPL or Apache"; under the GPL is how this
 * program is loaded.
 */
char LICENSE[] SEC("license") = "GPL";

/* See FLOW_PHASE.  Written by the sensor before it attaches. */
__u64 phase;

/*
 * The flows of a window.  Preallocated; the sensor sets max_entries before loading, owns the entries and
 * deletes them when the window has ended, or before it when they fill half of it.  Full: the packet is
 * counted in FLOW_COUNTER_MAP_FULL and in no flow.
 */
struct flow_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow_count);
};
struct flow_map flows_0 SEC(".maps"), flows_1 SEC(".maps"), flows_2 SEC(".maps");

/* By enum flow_counter, only ever growing.  The sensor reads; never full. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FLOW_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Entries ever made in each of the flow maps, so that the sensor knows how full they are. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FLOW_MAP_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} entries SEC(".maps");

static __always_inline void counter_add(void *map, __u32 index)
{
	__u64 *value = bpf_map_lookup_elem(map, &index);

	if (value)
		*value += 1;
}

/*
 * Offloading hands over one packet for many on the wire: all its segments carry the headers again.  A
 * segmented tunnel repeats its inner headers too, which are not looked at here: its bytes come out low.
 */
static __always_inline void count_segments(const struct __sk_buff *skb, struct flow_packet *packet,
					   struct flow_count *count)
{
	__u32 whole = skb->len - packet->network_offset - packet->jumbo_len;
	__u32 header_len = (__u32)packet->header_len - packet->jumbo_len;
	__u32 segments = skb->gso_segs;

	/* Packets of a virtual machine come without the number. */
	if (!segments && whole > header_len)
		segments = (whole - header_len + skb->gso_size - 1) / skb->gso_size;
	if (!segments)
		segments = 1;
	count->packets = segments;
	count->bytes = whole + (__u64)(segments - 1) * header_len;
}

static __always_inline void flow_add(void *map, __u32 map_index, const struct flow_key *key,
				     const struct flow_count *count)
{
	struct flow_count *old = bpf_map_lookup_elem(map, key);
	long		   refused;

	if (old) {
		old->packets += count->packets;
		old->bytes += count->bytes;
		old->last_ns = count->last_ns;
		old->tcp_flags |= count->tcp_flags;
		old->icmp_type = count->icmp_type;
		old->icmp_code = count->icmp_code;
		return;
	}
	refused = bpf_map_update_elem(map, key, count, BPF_NOEXIST);
	if (!refused)
		counter_add(&entries, map_index);
	else if (refused == -E2BIG)
		counter_add(&counters, FLOW_COUNTER_MAP_FULL);
	else
		counter_add(&counters, FLOW_COUNTER_MAP_BUSY);
}

static __always_inline int see(struct __sk_buff *skb, enum flow_direction direction, bool ethernet)
{
	struct flow_packet packet = {};
	struct frame	   frame = { .skb = skb, .wire_size = skb->len };
	struct flow_count  count = {};
	enum parse_result  result;
	__u32		   map;
	/* The phase first: a packet then is never too old for the map that it goes to. */
	__u64 word = *(volatile __u64 *)&phase, now_ns = bpf_ktime_get_ns();

	result = ethernet ? parse_ethernet(&frame, skb->vlan_present, &packet)
			  : parse_ip(&frame, 0, &packet);
	counter_add(&counters, result);
	if (result != PARSE_FLOW)
		return TC_ACT_UNSPEC;
	if (packet.fragment == FRAGMENT_LATER)
		counter_add(&counters, FLOW_COUNTER_FRAGMENT);

	packet.key.ifindex = skb->ifindex;
	packet.key.cpu = bpf_get_smp_processor_id();
	packet.key.direction = direction;
	count.packets = 1;
	count.bytes = packet.bytes;
	if (skb->gso_size)
		count_segments(skb, &packet, &count);
	count.first_ns = count.last_ns = now_ns;
	count.tcp_flags = packet.tcp_flags;
	count.icmp_type = packet.icmp_type;
	count.icmp_code = packet.icmp_code;

	map = FLOW_PHASE_MAP(word);
	if (now_ns >= FLOW_PHASE_END(word))
		map = map == FLOW_MAP_COUNT - 1 ? 0 : map + 1;
	if (map == 0)
		flow_add(&flows_0, 0, &packet.key, &count);
	else if (map == 1)
		flow_add(&flows_1, 1, &packet.key, &count);
	else
		flow_add(&flows_2, 2, &packet.key, &count);
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
