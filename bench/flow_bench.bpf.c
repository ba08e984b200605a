// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The sensor's program between an empty one and one that only parses.  A run gives the same frame to its
 * program again and again; so each of the three first writes another source address into it, all of them
 * at the same cost.
 */
#include "bpf/flow.bpf.c"

/* How many flows there are, of which each packet is one by chance; 0: the frame stays as it is. */
const volatile __u32 bench_flows;
const volatile bool  bench_all_new; /* every packet is the first of its flow */

/* What each processor has got to. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} turns SEC(".maps");

/* Sets the source address of IPv4: a linear congruential generator, or a count. */
static __always_inline void turn(struct __sk_buff *skb)
{
	void  *bytes = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32  zero = 0;
	__u64 *state;

	if (!bench_flows && !bench_all_new)
		return;
	state = bpf_map_lookup_elem(&turns, &zero);
	if (!state || bytes + 30 > end)
		return;
	if (bench_all_new)
		*(__u32 *)(bytes + 26) = (__u32)*state * 2654435761U;
	else
		*(__u32 *)(bytes + 26) = (__u32)(*state >> 32) % bench_flows;
	*state = bench_all_new ? *state + 1
			       : *state * 6364136223846793005ULL + 1442695040888963407ULL;
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
