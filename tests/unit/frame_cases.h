/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of every shape the parser knows, with what it must find in them.  The user-space parser and the
 * kernel program are held against the same table.
 */
#pragma once

#include "bpf/parse.h"
#include "tests/unit/frames.h"

struct frame_case {
	const char	 *name, *hex;
	enum parse_result result;
	uint16_t	  needed; /* bytes that must be there for that result */
	uint16_t	  bytes;  /* from here on for PARSE_FLOW only */
	uint8_t		  family, protocol;
	uint16_t	  src_port, dst_port;
	uint8_t		  tcp_flags, icmp_type, icmp_code, is_discovery, fragment;
};

#define TCP4(flags) ETH_V4 V4("0028", "4000", "06") TCP(flags)
#define PORTS_TCP   .src_port = 0xc000, .dst_port = 443
#define PORTS_UDP   .src_port = 0xc001, .dst_port = 53
#define PORTS_SCTP  .src_port = 0xc002, .dst_port = 2905
#define FLOW(needed_, bytes_, family_, protocol_)                                                  \
	.result = PARSE_FLOW, .needed = (needed_), .bytes = (bytes_), .family = (family_),         \
	.protocol = (protocol_)

#define NO_FLOW(result_, needed_) .result = (result_), .needed = (needed_)

static const struct frame_case frame_cases[] = {
	{ "TCP SYN", TCP4("02"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 2 },
	{ "TCP SYN-ACK", TCP4("12"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 18 },
	{ "TCP ACK", TCP4("10"), FLOW(54, 40, 4, 6), PORTS_TCP },
	{ "TCP PSH-ACK", TCP4("18"), FLOW(54, 40, 4, 6), PORTS_TCP },
	{ "TCP FIN-ACK", TCP4("11"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 1 },
	{ "TCP RST-ACK", TCP4("14"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 4 },
	{ "TCP SYN with ECE and CWR", TCP4("c2"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 2 },
	{ "TCP SYN-ACK with ECE", TCP4("52"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 18 },
	{ "TCP with every flag", TCP4("ff"), FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 18 },
	{ "TCP behind IPv4 options", ETH_V4 V4_OPTIONS("0038", "4000", "06") TCP_OPTIONS("02"),
	  FLOW(58, 56, 4, 6), PORTS_TCP, .tcp_flags = 2 },
	{ "TCP with a header length of nothing",
	  ETH_V4 V4("0028", "4000", "06") "c000 01bb 00000001 00000002 00 02 1000 0000 0000 ",
	  FLOW(54, 40, 4, 6), PORTS_TCP, .tcp_flags = 2 },
	{ "padded to the least size of Ethernet", TCP4("10") PADDING, FLOW(54, 40, 4, 6),
	  PORTS_TCP },
	{ "UDP", ETH_V4 V4("0020", "4000", "11") UDP DATA4, FLOW(42, 32, 4, 17), PORTS_UDP },
	{ "SCTP", ETH_V4 V4("0020", "4000", "84") SCTP, FLOW(46, 32, 4, 132), PORTS_SCTP },
	{ "ICMP echo request", ETH_V4 V4("001c", "0000", "01") "0800 0000 0001 0001",
	  FLOW(36, 28, 4, 1), .icmp_type = 8 },
	{ "ICMP port unreachable", ETH_V4 V4("001c", "0000", "01") "0303 0000 0000 0000",
	  FLOW(36, 28, 4, 1), .icmp_type = 3, .icmp_code = 3 },
	{ "GRE", ETH_V4 V4("0018", "4000", "2f") "0000 0800", FLOW(34, 24, 4, 47) },
	{ "ESP", ETH_V4 V4("001c", "4000", "32") "00000001 00000001", FLOW(34, 28, 4, 50) },
	{ "IPv4 without a payload", ETH_V4 V4("0014", "4000", "ff"), FLOW(34, 20, 4, 255) },
	{ "first fragment", ETH_V4 V4("0020", "2000", "11") UDP DATA4, FLOW(42, 32, 4, 17),
	  PORTS_UDP, .fragment = FRAGMENT_FIRST },
	{ "middle fragment", ETH_V4 V4("0018", "2001", "11") DATA4, FLOW(34, 24, 4, 17),
	  .fragment = FRAGMENT_LATER },
	{ "last fragment", ETH_V4 V4("0018", "0001", "06") DATA4, FLOW(34, 24, 4, 6),
	  .fragment = FRAGMENT_LATER },
	{ "total length left to offloading", ETH_V4 V4("0000", "4000", "06") TCP("10") DATA4,
	  FLOW(54, 44, 4, 6), PORTS_TCP },

	{ "802.1Q", MACS "8100 " VLAN "0800 " V4("0028", "4000", "06") TCP("02"),
	  FLOW(58, 40, 4, 6), PORTS_TCP, .tcp_flags = 2 },
	{ "QinQ", MACS "88a8 " VLAN "8100 " VLAN "86dd " V6("000c", "11") UDP DATA4,
	  FLOW(70, 52, 6, 17), PORTS_UDP },
	{ "three tags",
	  MACS "88a8 " VLAN "8100 " VLAN "8100 " VLAN "0800 " V4("0014", "4000", "ff"),
	  NO_FLOW(PARSE_TOO_DEEP, 22) },

	{ "TCP over IPv6", ETH_V6 V6("0014", "06") TCP("12"), FLOW(74, 60, 6, 6), PORTS_TCP,
	  .tcp_flags = 18 },
	{ "UDP over IPv6", ETH_V6 V6("000c", "11") UDP DATA4, FLOW(62, 52, 6, 17), PORTS_UDP },
	{ "SCTP over IPv6", ETH_V6 V6("000c", "84") SCTP, FLOW(66, 52, 6, 132), PORTS_SCTP },
	{ "ICMPv6 neighbour solicitation", ETH_V6 V6("0008", "3a") "8700 0000 00000000",
	  FLOW(56, 48, 6, 58), .icmp_type = 135, .is_discovery = 1 },
	{ "ICMPv6 redirect", ETH_V6 V6("0008", "3a") "8900 0000 00000000", FLOW(56, 48, 6, 58),
	  .icmp_type = 137, .is_discovery = 1 },
	{ "ICMPv6 of another kind", ETH_V6 V6("0008", "3a") "8a00 0000 00000000",
	  FLOW(56, 48, 6, 58), .icmp_type = 138 },
	{ "ICMP of the type of a solicitation",
	  ETH_V4 V4("001c", "4000", "01") "8700 0000 00000000", FLOW(36, 28, 4, 1),
	  .icmp_type = 135 },
	{ "no next header", ETH_V6 V6("0000", "3b"), FLOW(54, 40, 6, 59) },
	{ "hop-by-hop options", ETH_V6 V6("0014", "00") "1100 0502 00000000 " UDP DATA4,
	  FLOW(70, 60, 6, 17), PORTS_UDP },
	{ "routing and destination options",
	  ETH_V6 V6("002c", "2b") OPTION("3c") "0601 0000 00000000 0000000000000000 " TCP("01"),
	  FLOW(98, 84, 6, 6), PORTS_TCP, .tcp_flags = 1 },
	{ "authentication header",
	  ETH_V6 V6("001c", "33") "1102 0000 00000001 00000001 00000000 " UDP DATA4,
	  FLOW(78, 68, 6, 17), PORTS_UDP },
	{ "first fragment of IPv6", ETH_V6 V6("0014", "2c") "1100 0001 00000001 " UDP DATA4,
	  FLOW(70, 60, 6, 17), PORTS_UDP, .fragment = FRAGMENT_FIRST },
	{ "a fragment that is the whole packet",
	  ETH_V6 V6("0014", "2c") "1100 0000 00000001 " UDP DATA4, FLOW(70, 60, 6, 17), PORTS_UDP },
	{ "later fragment of IPv6", ETH_V6 V6("000c", "2c") "1100 0009 00000001 " DATA4,
	  FLOW(62, 52, 6, 17), .fragment = FRAGMENT_LATER },
	{ "eight extension headers", ETH_V6 V6("004c", "00") SEVEN_OPTIONS OPTION("11") UDP DATA4,
	  FLOW(126, 116, 6, 17), PORTS_UDP },
	{ "nine extension headers", ETH_V6 V6("0048", "00") SEVEN_OPTIONS OPTION("3c") OPTION("11"),
	  NO_FLOW(PARSE_TOO_DEEP, 118) },
	{ "jumbogram of offloading", ETH_V6 V6("0000", "00") "0600 c204 0000001c " TCP("10"),
	  FLOW(82, 68, 6, 6), PORTS_TCP },

	{ "ARP",
	  MACS "0806 0001 0800 0604 0001 "
	       "020000000001 0a000001 000000000000 0a000002",
	  NO_FLOW(PARSE_NOT_IP, 14) },
	{ "802.3 length", MACS "0026 4242 0300 0000", NO_FLOW(PARSE_NOT_IP, 14) },
	{ "version of the other family", ETH_V4 V6("0000", "3b"), NO_FLOW(PARSE_BAD_NETWORK, 34) },
	{ "version 4 announced as IPv6", ETH_V6 V4("0028", "4000", "06") TCP("02"),
	  NO_FLOW(PARSE_BAD_NETWORK, 54) },
	{ "header length below five words",
	  ETH_V4 "4400 0028 0001 4000 40 06 0000 " V4_ADDRS TCP("02"),
	  NO_FLOW(PARSE_BAD_NETWORK, 34) },
	{ "total length below the header's", ETH_V4 V4("0013", "4000", "06") TCP("02"),
	  NO_FLOW(PARSE_BAD_NETWORK, 34) },
	{ "total length beyond the frame", ETH_V4 V4("0029", "4000", "06") TCP("02"),
	  NO_FLOW(PARSE_BAD_NETWORK, 34) },
	{ "payload length beyond the frame", ETH_V6 V6("000d", "11") UDP DATA4,
	  NO_FLOW(PARSE_BAD_NETWORK, 54) },
	{ "extension header beyond the packet", ETH_V6 V6("0008", "00") "1101 0000 00000000",
	  NO_FLOW(PARSE_BAD_NETWORK, 62) },
	{ "packet too small for TCP", ETH_V4 V4("0027", "4000", "06") TCP("02"),
	  NO_FLOW(PARSE_BAD_TRANSPORT, 34) },
	{ "ports only in the padding", ETH_V4 V4("0014", "4000", "11") PADDING,
	  NO_FLOW(PARSE_BAD_TRANSPORT, 34) },
	{ "ICMP without type", ETH_V4 V4("0014", "4000", "01"), NO_FLOW(PARSE_BAD_TRANSPORT, 34) },
};
