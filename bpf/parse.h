/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Frame → flow key: the one packet parser, compiled into the kernel program, the sensor, the unit tests and
 * the fuzzer.  It reads headers only, through frame_read, which checks every bound; nothing allocates, and
 * what a frame turned out to be is a value (enum parse_result).
 *
 * An IP packet ends where its header says, not where the frame does: Ethernet pads short frames, and what
 * stands there is nobody's port number.
 */
#pragma once

#include <asm/byteorder.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "bpf/flow_abi.h"

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define parse_inline static __always_inline

struct frame {
	struct __sk_buff *skb;
	__u32		  wire_size;
};
#else
#include <string.h>

#define parse_inline static inline

struct frame {
	const __u8 *bytes;
	__u32	    size;      /* bytes there are */
	__u32	    wire_size; /* bytes there were: a capture may have cut the rest */
};
#endif

enum {
	PARSE_TAGS_MAX = 2,	     /* QinQ */
	PARSE_EXTENSIONS_MAX = 8,    /* of IPv6; RFC 8200 names seven, each at most once */
	PARSE_DISCOVERY_FIRST = 133, /* types of ICMPv6: router solicitation … */
	PARSE_DISCOVERY_LAST = 137,  /* … redirect */
	/* Above all offsets: link, IPv6 and eight extension headers of 2,048 bytes end before 0x4100. */
	PARSE_OFFSET_MAX = 0x7fff
};

/* Only the first fragment of a datagram has its ports. */
enum parse_fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

/* What one packet adds to its flow.  The caller sets ifindex, cpu and direction of the key. */
struct flow_packet {
	struct flow_key key;
	__u32		network_offset; /* of the IP header in the frame */
	__u32		packets;	/* 1, or the segments of what offloading merged */
	__u64		bytes;		/* IP header and payload, of all segments */
	__u16		header_len;	/* IP and transport header: what each segment repeats */
	__u32		datagram;	/* of a fragment: its identification, as it stands there */
	__u8		jumbo_len;	/* of the jumbo option, which is on no wire */
	__u8		fragment;	/* enum parse_fragment */
	__u8		tcp_flags;
	__u8		icmp_type;
	__u8		icmp_code;
	__u8		is_discovery; /* of IPv6 neighbours and routers, RFC 4861 */
};

/* Copies size bytes at offset.  0, or -1 when the frame ends before. */
parse_inline int frame_read(const struct frame *frame, __u32 offset, void *to, __u32 size)
{
#ifdef __bpf__
	void *end = (void *)(long)frame->skb->data_end;
	void *from = (void *)(long)frame->skb->data;

	/* For the verifier, which knows no more of it; no header lies that far back. */
	barrier_var(offset);
	offset &= PARSE_OFFSET_MAX;
	from += offset;
	/* One register for check and use: the verifier knows the bound of that register only. */
	barrier_var(from);
	if (from + size > end)
		return bpf_skb_load_bytes(frame->skb, offset, to, size) ? -1 : 0;
	__builtin_memcpy(to, from, size);
#else
	if (size > frame->size || offset > frame->size - size)
		return -1;
	memcpy(to, frame->bytes + offset, size);
#endif
	return 0;
}

/*
 * An offset, or the number of a protocol, of which the verifier knows nothing.  Paths that differ in it only
 * then count as one, and its work grows with the number of headers instead of the number of their
 * combinations.
 */
parse_inline __u32 frame_offset(__u32 offset)
{
#ifdef __bpf__
	volatile __u16 slot = (__u16)offset;

	return slot;
#else
	return offset;
#endif
}

/*
 * What a packet contributes to tcp-flags (aws-semantics.md 1.4): 18 for a SYN-ACK, else FIN, SYN and RST;
 * ACK and PSH on their own are not recorded.  byte is the 14th of the TCP header.
 */
parse_inline __u8 parse_tcp_flags(__u8 byte)
{
	return (byte & 0x12) == 0x12 ? 0x12 : byte & 0x07;
}

/* The transport header at offset; end is where the IP packet ends. */
parse_inline enum parse_result parse_transport(const struct frame *frame, __u32 offset, __u32 end,
					       struct flow_packet *out)
{
	union {
		struct tcphdr tcp;
		struct udphdr udp; /* the ports of SCTP stand there too */
		__u8	      bytes[sizeof(struct tcphdr)];
	} head = { 0 };
	__u8  protocol = out->key.protocol;
	__u32 size = 0;
	int   unread = 0;

	if (protocol == IPPROTO_TCP) {
		size = sizeof(head.tcp);
		unread = frame_read(frame, offset, &head, sizeof(head.tcp));
	} else if (protocol == IPPROTO_UDP) {
		size = sizeof(head.udp);
		unread = frame_read(frame, offset, &head, sizeof(head.udp));
	} else if (protocol == IPPROTO_SCTP) {
		size = 12;
		unread = frame_read(frame, offset, &head, 12);
	} else if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
		size = 2;
		unread = frame_read(frame, offset, &head, 2);
	}
	if (offset + size > end)
		return PARSE_BAD_TRANSPORT;
	if (unread)
		return PARSE_SHORT_TRANSPORT;

	if (size == 2) {
		out->icmp_type = head.bytes[0];
		out->icmp_code = head.bytes[1];
		out->is_discovery = protocol == IPPROTO_ICMPV6 &&
				    head.bytes[0] >= PARSE_DISCOVERY_FIRST &&
				    head.bytes[0] <= PARSE_DISCOVERY_LAST;
	} else if (size) {
		out->key.src_port = __be16_to_cpu(head.udp.source);
		out->key.dst_port = __be16_to_cpu(head.udp.dest);
	}
	if (protocol == IPPROTO_TCP) {
		out->tcp_flags = parse_tcp_flags(head.bytes[13]);
		size = (__u32)head.tcp.doff * 4;
	}
	out->header_len = (__u16)(offset + size - out->network_offset);
	return PARSE_FLOW;
}

/* A total length of 0 is a segment that offloading made longer than 65,535 bytes, or has yet to fill in. */
parse_inline enum parse_result parse_ipv4(const struct frame *frame, __u32 offset,
					  struct flow_packet *out)
{
	struct iphdr ip;
	__u32	     header_len, transport, room = frame->wire_size - offset;

	if (frame_read(frame, offset, &ip, sizeof(ip)))
		return PARSE_SHORT_NETWORK;
	header_len = (__u32)ip.ihl * 4;
	out->bytes = ip.tot_len ? __be16_to_cpu(ip.tot_len) : room;
	if (ip.version != 4 || ip.ihl < 5 || out->bytes < header_len || out->bytes > room)
		return PARSE_BAD_NETWORK;

	out->packets = 1;
	out->network_offset = offset;
	out->key.family = 4;
	out->key.protocol = ip.protocol;
	__builtin_memcpy(out->key.src, &ip.saddr, 4);
	__builtin_memcpy(out->key.dst, &ip.daddr, 4);
	if (__be16_to_cpu(ip.frag_off) & 0x3fff) {
		out->fragment = FRAGMENT_FIRST;
		out->datagram = ip.id;
	}
	if (__be16_to_cpu(ip.frag_off) & 0x1fff) {
		out->fragment = FRAGMENT_LATER;
		out->header_len = (__u16)header_len;
		return PARSE_FLOW;
	}
	transport = offset + (__u32)sizeof(ip);
	if (header_len != sizeof(ip))
		transport = frame_offset(offset + header_len);
	return parse_transport(frame, transport, offset + out->bytes, out);
}

/* IANA's list of extension headers, less ESP, behind which nothing can be read. */
parse_inline int is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_AH || next == IPPROTO_DSTOPTS || next == IPPROTO_MH || next == 139 ||
	       next == 140; /* Host Identity Protocol and Shim6 have no names in linux/in.h */
}

/* The first eight bytes of any extension header; the last six as a fragment header has them. */
struct extension {
	__u8   next;
	__u8   len;
	__be16 offset_flags;
	__be32 datagram;
};

/*
 * Walks the extension headers from offset to the upper protocol, which it puts into the key.  Of a later
 * fragment only the fragment header can be read; what it says comes next is the flow's protocol.
 */
parse_inline enum parse_result parse_extensions(const struct frame *frame, __u32 offset, __u32 end,
						struct flow_packet *out)
{
	struct extension extension;
	__u8		 kind = out->key.protocol;

	for (int i = 0; i < PARSE_EXTENSIONS_MAX && is_extension(kind); i++) {
		kind = (__u8)frame_offset(kind);
		if (offset + 8 > end)
			return PARSE_BAD_NETWORK;
		if (frame_read(frame, offset, &extension, sizeof(extension)))
			return PARSE_SHORT_NETWORK;
		/* Lengths count eight bytes beyond the first; AH alone counts four, beyond two. */
		if (kind == IPPROTO_FRAGMENT)
			offset += 8;
		else if (kind == IPPROTO_AH)
			offset += ((__u32)extension.len + 2) * 4;
		else
			offset += ((__u32)extension.len + 1) * 8;
		offset = frame_offset(offset);
		out->key.protocol = extension.next;
		/* Offset 0 and none to follow is a whole packet (RFC 6946). */
		if (kind == IPPROTO_FRAGMENT && __be16_to_cpu(extension.offset_flags) & 0xfff9) {
			out->fragment = FRAGMENT_FIRST;
			out->datagram = extension.datagram;
		}
		if (kind == IPPROTO_FRAGMENT && __be16_to_cpu(extension.offset_flags) & 0xfff8) {
			out->fragment = FRAGMENT_LATER;
			out->header_len = (__u16)(offset - out->network_offset);
			return PARSE_FLOW;
		}
		kind = extension.next;
	}
	if (is_extension(kind))
		return PARSE_TOO_DEEP;
	if (offset > end)
		return PARSE_BAD_NETWORK;
	return parse_transport(frame, offset, end, out);
}

/*
 * A payload length of 0 stands for a jumbogram, whose length is the frame's, where a hop-by-hop header
 * follows (RFC 2675) or the frame is larger than any other packet; offloading makes them and puts a
 * hop-by-hop header of eight bytes in front that no segment on the wire has.
 */
parse_inline enum parse_result parse_ipv6(const struct frame *frame, __u32 offset,
					  struct flow_packet *out)
{
	struct ipv6hdr ip;
	__u32	       room = frame->wire_size - offset;

	if (frame_read(frame, offset, &ip, sizeof(ip)))
		return PARSE_SHORT_NETWORK;
	out->bytes = sizeof(ip) + __be16_to_cpu(ip.payload_len);
	if (!ip.payload_len && (ip.nexthdr == IPPROTO_HOPOPTS || room > sizeof(ip) + 0xffff))
		out->bytes = room;
	if (ip.version != 6 || out->bytes > room)
		return PARSE_BAD_NETWORK;

	out->packets = 1;
	out->network_offset = offset;
	if (!ip.payload_len && ip.nexthdr == IPPROTO_HOPOPTS)
		out->jumbo_len = 8;
	out->key.family = 6;
	out->key.protocol = ip.nexthdr;
	__builtin_memcpy(out->key.src, &ip.saddr, 16);
	__builtin_memcpy(out->key.dst, &ip.daddr, 16);
	return parse_extensions(frame, offset + sizeof(ip), offset + out->bytes, out);
}

/* A frame that begins, or goes on, with an IP header: the version is all there is to go by. */
parse_inline enum parse_result parse_ip(const struct frame *frame, __u32 offset,
					struct flow_packet *out)
{
	__u8 first;

	if (frame_read(frame, offset, &first, 1))
		return PARSE_SHORT_NETWORK;
	if (first >> 4 == 4)
		return parse_ipv4(frame, offset, out);
	if (first >> 4 == 6)
		return parse_ipv6(frame, offset, out);
	return PARSE_NOT_IP;
}

parse_inline int is_vlan(__be16 type_be)
{
	return type_be == __constant_cpu_to_be16(ETH_P_8021Q) ||
	       type_be == __constant_cpu_to_be16(ETH_P_8021AD);
}

/* What follows an EtherType.  tags: VLAN tags seen already, among them one the device took off. */
parse_inline enum parse_result parse_payload(const struct frame *frame, __u32 offset,
					     __be16 type_be, __u32 tags, struct flow_packet *out)
{
	struct {
		__be16 tci;
		__be16 type_be;
	} tag;

	for (int i = 0; i < PARSE_TAGS_MAX && tags < PARSE_TAGS_MAX && is_vlan(type_be); i++) {
		if (frame_read(frame, offset, &tag, sizeof(tag)))
			return PARSE_SHORT_LINK;
		type_be = tag.type_be;
		offset += sizeof(tag);
		tags++;
	}
	if (is_vlan(type_be))
		return PARSE_TOO_DEEP;
	/* Without tags it is the same on every path, and an offset that is known is read faster. */
	if (offset != ETH_HLEN)
		offset = frame_offset(offset);
	if (type_be == __constant_cpu_to_be16(ETH_P_IP))
		return parse_ipv4(frame, offset, out);
	if (type_be == __constant_cpu_to_be16(ETH_P_IPV6))
		return parse_ipv6(frame, offset, out);
	return PARSE_NOT_IP;
}

parse_inline enum parse_result parse_ethernet(const struct frame *frame, __u32 tags,
					      struct flow_packet *out)
{
	struct ethhdr eth;

	if (frame_read(frame, 0, &eth, sizeof(eth)))
		return PARSE_SHORT_LINK;
	return parse_payload(frame, sizeof(eth), eth.h_proto, tags, out);
}

/*
 * Offloading hands over one packet for many on the wire, each with gso_size bytes of the payload: all of
 * them carry the headers again.  whole: from the IP header to the end; segments: their number, 0 where
 * nobody tells.  A segmented tunnel repeats its inner headers too, which are not looked at here: its bytes
 * come out low.
 */
parse_inline void packet_segment(struct flow_packet *packet, __u32 whole, __u32 gso_size,
				 __u32 segments)
{
	__u32 header_len = (__u32)packet->header_len - packet->jumbo_len;

	whole -= packet->jumbo_len;
	if (!segments && gso_size && whole > header_len)
		segments = (whole - header_len + gso_size - 1) / gso_size;
	if (!segments)
		segments = 1;
	packet->packets = segments;
	packet->bytes = whole + (__u64)(segments - 1) * header_len;
}
