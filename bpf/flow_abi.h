/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel program and the sensor agree on: the key and value of the flow maps and the names of the
 * counters.  The capture through libpcap fills the same structs, so that one flow table serves both.
 *
 * Every byte is a member: a hash map compares padding too, and what the compiler leaves there is unknown.
 */
#pragma once

#include <linux/types.h>

/* Relative to the interface, with the numbers of enum direction in lib/flow/record.h. */
enum flow_direction { FLOW_UNKNOWN, FLOW_INGRESS, FLOW_EGRESS };

/*
 * One flow.  cpu makes the counters of an entry belong to one processor: both hooks run with bottom halves
 * off, so plain additions lose nothing; whoever merges entries sets cpu to 0.
 */
struct flow_key {
	__u32 ifindex;
	__u32 cpu;
	__u16 src_port; /* host order; 0 for what has no ports, and for all but the first fragment */
	__u16 dst_port;
	__u8  family; /* 4 or 6 */
	__u8  protocol;
	__u8  direction; /* enum flow_direction */
	__u8  zero;
	__u8  src[16]; /* network order; IPv4 in the first four, the rest zero */
	__u8  dst[16];
};

/* What its packets added up to.  Times are monotonic in the kernel's maps, wall clock in the sensor. */
struct flow_count {
	__u64 packets; /* as on the wire: the segments of a packet that offloading merged */
	__u64 bytes;   /* IP header and payload */
	__u64 first_ns;
	__u64 last_ns;
	__u32 frames;	 /* that the packets came in: fewer where offloading merged some */
	__u8  tcp_flags; /* as flow logs have them: FIN 1, SYN 2, RST 4, SYN-ACK 18 */
	__u8  icmp_type; /* of the last packet */
	__u8  icmp_code;
	__u8  is_discovery; /* 1: all its packets are IPv6's neighbour discovery, its ARP */
};

_Static_assert(sizeof(struct flow_key) == 48, "the key has no padding");
_Static_assert(sizeof(struct flow_count) == 40, "the value has no padding");

/* What a frame turned out to be.  Also the number of the counter that it goes to. */
enum parse_result {
	PARSE_FLOW,	       /* an IP packet: it belongs to a flow */
	PARSE_NOT_IP,	       /* ARP and the like, which flow logs leave out */
	PARSE_SHORT_LINK,      /* the frame ends within the link-layer header */
	PARSE_SHORT_NETWORK,   /* … within the IP header or an extension header */
	PARSE_SHORT_TRANSPORT, /* … before the ports, flags or type could be read */
	PARSE_BAD_NETWORK,     /* versions or lengths of the IP header contradict one another */
	PARSE_BAD_TRANSPORT,   /* the IP packet is too small for the header it announces */
	PARSE_TOO_DEEP,	       /* more VLAN tags or extension headers than are followed */
	PARSE_COUNT
};

/* The first PARSE_COUNT count frames by result; in the kernel PARSE_FLOW stays 0, see flow_count.frames. */
enum flow_counter {
	FLOW_COUNTER_FRAGMENT =
		PARSE_COUNT,	/* later fragments without their first: they have no ports */
	FLOW_COUNTER_MAP_FULL,	/* flows that found no room in the map and took the ring */
	FLOW_COUNTER_MAP_BUSY,	/* flows that the map refused otherwise, which took it too */
	FLOW_COUNTER_RING_FULL, /* packets of flows that found no room there either: lost */
	FLOW_COUNTER_NEWS_FULL, /* flows that were new and found no room among the news */
	FLOW_COUNTER_COUNT
};

/*
 * Three flow maps take turns: that of the current window, that of the next one, and one that the sensor may
 * be emptying.  So do the slots and the counters.
 */
enum { FLOW_MAP_COUNT = 3 };

/*
 * Their state in one word, so that one store changes it: bits 0 and 1 are the map of the current window, the
 * rest the monotonic nanosecond at which the window ends, a multiple of four.  A packet at or after that time
 * goes to the map after it, whatever the sensor is doing.
 */
#define FLOW_PHASE_MAP(phase)	((phase)&3)
#define FLOW_PHASE_END(phase)	((phase) & ~3ULL)
#define FLOW_PHASE(end_ns, map) (FLOW_PHASE_END(end_ns) | FLOW_PHASE_MAP(map))

/*
 * Where a flow is counted: each processor has an array of these in front of each map, and a flow has two
 * places in it, side by side.  With both taken it is counted in the map; when it has come so FLOW_RIVAL_TURNS
 * times with no packet in between of the flow in its first place, it takes that.
 */
struct flow_slot {
	struct flow_key	  key; /* family 0: free */
	struct flow_count count;
	__u32		  rival;       /* hash of the flow that came here last and was not it */
	__u32		  rival_turns; /* how often in a row */
};

enum { FLOW_RIVAL_TURNS = 4 };

_Static_assert(sizeof(struct flow_slot) == 96,
	       "a slot begins in the middle of a cache line or with it");

/*
 * What comes through the ring: a flow that found no room in its map, or, with a family of 0, the news that
 * the map has filled up to the mark.
 */
struct flow_spill {
	struct flow_key	  key;
	struct flow_count count;
	__u32		  map;
	__u32		  zero;
};

/* Who opened the socket that sent something, as the kernel's first namespaces see it. */
struct flow_process {
	__u32 pid; /* of the process, not the thread; 0: several, or not known */
	__u32 uid;
	char  comm[16]; /* what the thread is called: any bytes up to a NUL */
};

/* A flow that begins, or goes on in another slot or map: with its first packet there. */
struct flow_news {
	struct flow_key	    key;
	struct flow_count   count;
	struct flow_process process; /* of what leaves; pid 0: not known */
	__u32		    map;
	__u32		    zero;
};

/* Sockets whose process is known at most; the least used is forgotten first. */
enum { FLOW_PROCESS_COUNT = 16384 };

/* Which counter: of an interface, and of the windows that went to one of the maps. */
struct flow_counter_key {
	__u32 ifindex;
	__u16 map;
	__u16 counter; /* enum flow_counter */
};
