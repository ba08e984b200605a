// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The sensor's program between an empty one and one that only parses.  A run gives the same frame to its
 * program again and again; so each of the three first writes another source address into it, all of them
 * at the same cost.
 */
#include "bpf/flow.bpf.c"

/* How many flows take turns; 0: the frame stays as it is. */
const volatile __u32 bench_flows;

/* How often each processor ran. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} turns SEC(".maps");

/* The source address of IPv4; neighbouring turns lie far apart in any table. */
static __always_inline void turn(struct __sk_buff *skb)
{
	void  *bytes = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32  zero = 0;
	__u64 *count;

	if (!bench_flows)
		return;
	count = bpf_map_lookup_elem(&turns, &zero);
	if (!count || bytes + 30 > end)
		return;
	*(__u32 *)(bytes + 26) = (__u32)(*count % bench_flows) * 2654435761U;
	*count += 1;
}

SEC("tc")
int bench_empty(struct __sk_buff *skb)
{
	turn(skb);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_parse(struct __sk_buff *skb)
{
	struct flow_packet packet = {};
	struct frame	   frame = { .skb = skb, .wire_size = skb->len };

	turn(skb);
	parse_ethernet(&frame, skb->vlan_present, &packet);
	/* Whatever the parser found has to be there. */
	asm volatile("" ::"r"(&packet) : "memory");
	return TC_ACT_UNSPEC;
}

SEC("tc")
int bench_flow(struct __sk_buff *skb)
{
	turn(skb);
	return see(skb, FLOW_INGRESS, true);
}
