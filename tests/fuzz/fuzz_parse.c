/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a frame of any link type: nothing beyond them is read (the sanitizers see that), a flow has
 * addresses of one family and at least the bytes of its headers, and what follows the IP packet, be it
 * padding or more frames, changes nothing.
 *
 * The first byte chooses the link type, the second how many bytes of the frame were left uncaptured.
 */
#include "tests/fuzz/fuzz.h"

#include <pcap/dlt.h>

#include "sensor/capture/link.h"

static const int types[] = {
	DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL, DLT_LOOP
};

enum { APPENDED = 64 };

struct result {
	enum parse_result  result;
	struct flow_packet packet;
	struct flow_count  count;
};

static struct result parse(int type, const uint8_t *bytes, size_t size, size_t wire_size)
{
	struct link_frame frame = { .bytes = bytes,
				    .size = (uint32_t)size,
				    .wire_size = (uint32_t)wire_size };
	struct result	  out = { 0 };

	out.result = link_parse(link_find(type), &frame, &out.packet, &out.count);
	return out;
}

static void check_flow(const struct result *found, size_t wire_size)
{
	static const uint8_t zero[12];
	size_t		     least = found->packet.key.family == 4 ? 20 : 40;

	PROPERTY(found->packet.key.family == 4 || found->packet.key.family == 6);
	PROPERTY(found->packet.key.zero == 0 && found->packet.key.cpu == 0 &&
		 found->packet.key.ifindex == 0);
	PROPERTY(found->packet.key.direction < 3);
	PROPERTY(found->count.packets == 1);
	PROPERTY(found->count.bytes >= least && found->count.bytes <= wire_size);
	PROPERTY((found->count.tcp_flags & ~0x17) == 0);
	PROPERTY(found->packet.fragment != FRAGMENT_LATER ||
		 (!found->packet.key.src_port && !found->packet.key.dst_port));
	if (found->packet.key.family == 4) {
		PROPERTY(memcmp(found->packet.key.src + 4, zero, sizeof(zero)) == 0);
		PROPERTY(memcmp(found->packet.key.dst + 4, zero, sizeof(zero)) == 0);
	}
}

/* A packet whose header gives no length ends where the frame does; only that one may grow. */
static void check_appended(int type, const uint8_t *bytes, size_t size, const struct result *before)
{
	uint8_t	     *longer = malloc(size + APPENDED);
	struct result after;

	if (!longer)
		abort();
	memcpy(longer, bytes, size);
	memset(longer + size, 0xff, APPENDED);
	after = parse(type, longer, size + APPENDED, size + APPENDED);
	PROPERTY(after.result == PARSE_FLOW);
	PROPERTY(memcmp(&after.packet.key, &before->packet.key, sizeof(after.packet.key)) == 0);
	PROPERTY(after.count.tcp_flags == before->count.tcp_flags);
	PROPERTY(after.count.bytes == before->count.bytes ||
		 after.count.bytes == before->count.bytes + APPENDED);
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result found;
	size_t	      wire_size;
	int	      type;

	if (size < 2)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	wire_size = size - 2 + data[1];
	found = parse(type, data + 2, size - 2, wire_size);
	PROPERTY(found.result < PARSE_COUNT);
	if (found.result != PARSE_FLOW)
		return 0;
	check_flow(&found, wire_size);
	if (data[1] == 0)
		check_appended(type, data + 2, size - 2, &found);
	return 0;
}
