/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made_capture.h"

#include <arpa/inet.h>
#include <string.h>

enum { KEPT = 96, LASTING = 1000, RECENT = 50000, SPAN_S = 120 };

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snaplen, link;
};

struct frame_header {
	uint32_t s, us, kept, size;
};

/* xorshift64*: fast, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/* A one-to-one spread of numbers, so that neighbours do not share address bits. */
static uint32_t spread(uint32_t number)
{
	number *= UINT32_C(2654435761);
	number ^= number >> 15;
	return number * UINT32_C(2246822519);
}

static void put16(uint8_t *at, uint16_t value)
{
	value = htons(value);
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

static const uint8_t host[4] = { 172, 16, 0, 10 };
static const uint8_t host_v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 };

/* TCP seven times of ten, else UDP.  Ports and addresses follow from the number of the flow. */
static void fill_transport(uint8_t *at, uint32_t flow, uint8_t protocol, uint32_t len)
{
	put16(at, (uint16_t)(1024 + spread(flow) % 60000));
	put16(at + 2, protocol == 6 ? 443 : 53);
	if (protocol == 6) {
		at[12] = 0x50;
		at[13] = 0x10;
	} else {
		put16(at + 4, (uint16_t)len);
	}
}

static void fill_frame(uint8_t frame[static KEPT], uint32_t flow, uint32_t size)
{
	uint8_t protocol = flow % 10 < 7 ? 6 : 17;

	memset(frame, 0, KEPT);
	memcpy(frame, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
	if (flow % 10 == 9) {
		put16(frame + 12, 0x86dd);
		frame[14] = 0x60;
		put16(frame + 18, (uint16_t)(size - 54));
		frame[20] = protocol;
		frame[21] = 64;
		put32(frame + 22, 0x20010db8);
		put32(frame + 26, spread(flow ^ 0x5555) | 1);
		put32(frame + 34, flow);
		memcpy(frame + 38, host_v6, sizeof(host_v6));
		fill_transport(frame + 54, flow, protocol, size - 54);
		return;
	}
	put16(frame + 12, 0x0800);
	frame[14] = 0x45;
	put16(frame + 16, (uint16_t)(size - 14));
	frame[22] = 64;
	frame[23] = protocol;
	put32(frame + 26, 0x0a000000 | (flow & 0xffffff));
	memcpy(frame + 30, host, sizeof(host));
	fill_transport(frame + 34, flow, protocol, size - 34);
}

static uint32_t choose_flow(uint64_t *random, uint32_t begun)
{
	uint64_t value = next_random(random);
	uint32_t lasting = begun < LASTING ? begun : LASTING;
	uint32_t recent = begun < RECENT ? begun : RECENT;

	if (value % 10 < 4)
		return (uint32_t)(value >> 32) % lasting;
	return begun - 1 - (uint32_t)(value >> 32) % recent;
}

int made_capture_write(const struct made_capture *what, FILE *out)
{
	const struct file_header header = { 0xa1b2c3d4, 2, 4, 0, 0, KEPT, 1 };
	uint64_t		 random = what->seed | 1, begun = 0;

	fwrite(&header, sizeof(header), 1, out);
	for (uint64_t i = 0; i < what->packets; i++) {
		uint64_t us = i * SPAN_S * 1000000 / what->packets;
		uint32_t flow, size = 74 + (uint32_t)(next_random(&random) % 1400);
		struct {
			struct frame_header header;
			uint8_t		    bytes[KEPT];
		} frame = { { (uint32_t)(1700000040 + us / 1000000), (uint32_t)(us % 1000000),
			      size < KEPT ? size : KEPT, size },
			    { 0 } };

		if (i * what->flows >= begun * what->packets)
			flow = (uint32_t)begun++;
		else
			flow = choose_flow(&random, (uint32_t)begun);
		fill_frame(frame.bytes, flow, size);
		fwrite(&frame, sizeof(frame.header) + frame.header.kept, 1, out);
	}
	return ferror(out) ? -1 : 0;
}
