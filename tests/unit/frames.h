/* SPDX-License-Identifier: Apache-2.0 */
/* Frames for tests as hexadecimal text, put together from headers. */
#pragma once

#include <stdint.h>
#include <string.h>

enum { FRAME_SIZE_MAX = 512 };

/* Hexadecimal digits, blanks between them for the eye.  Returns how many bytes they are. */
static inline uint32_t frame_bytes(const char *hex, uint8_t out[static FRAME_SIZE_MAX])
{
	static const char digits[] = "0123456789abcdef";
	uint32_t	  nibbles = 0;

	memset(out, 0, FRAME_SIZE_MAX);
	for (; *hex && nibbles < 2 * FRAME_SIZE_MAX; hex++) {
		const char *digit = strchr(digits, *hex);

		if (!digit)
			continue;
		out[nibbles / 2] |= (uint8_t)((digit - digits) << (nibbles % 2 ? 0 : 4));
		nibbles++;
	}
	return nibbles / 2;
}

#define MACS	 "020000000002 020000000001 "
#define ETH_V4	 MACS "0800 "
#define ETH_V6	 MACS "86dd "
#define VLAN	 "0064 "
#define V4_ADDRS "0a000001 0a000002 "
#define V6_ADDRS "20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define V4(length, fragment, protocol)                                                             \
	"4500 " length " 0001 " fragment " 40 " protocol " 0000 " V4_ADDRS
#define V4_OPTIONS(length, fragment, protocol)                                                     \
	"4600 " length " 0001 " fragment " 40 " protocol " 0000 " V4_ADDRS "94040000 "
#define V6(length, next) "60000000 " length " " next " 40 " V6_ADDRS
#define TCP(flags)	 "c000 01bb 00000001 00000002 50 " flags " 1000 0000 0000 "
#define TCP_OPTIONS(flags)                                                                         \
	"c000 01bb 00000001 00000002 80 " flags " 1000 0000 0000 0101080a 00000001 00000002 "
#define OPTION(next)  next "00 0000 00000000 " /* an extension header of eight bytes */
#define TWO_OPTIONS   OPTION("3c") OPTION("3c")
#define SEVEN_OPTIONS TWO_OPTIONS TWO_OPTIONS TWO_OPTIONS OPTION("3c")
#define UDP	      "c001 0035 000c 0000 "
#define SCTP	      "c002 0b59 00000000 00000000 "
#define DATA4	      "61626364 "
#define PADDING	      "ffff ffff ffff ffff ffff ffff ffff ffff ffff "
