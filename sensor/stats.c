/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/stats.h"

#include <assert.h>
#include <stdio.h>

#include "lib/base/mark.h"

/* In the order of the summary. */
static const struct stat_info infos[] = {
	{ STAT_FLOWS, "flows", STAT_KIND_TOTAL, "records written" },
	{ STAT_PACKETS, "packets", STAT_KIND_TOTAL, "packets in those records" },
	{ PARSE_FLOW, "IP frames", STAT_KIND_TOTAL,
	  "frames of IP; offloading makes one of many packets" },

	{ FLOW_COUNTER_RING_FULL, "ring full", STAT_KIND_LOST,
	  "packets without room in the kernel's map nor in its ring; raise --max-flows" },
	{ STAT_SOCKET_FULL, "socket full", STAT_KIND_LOST,
	  "packets the kernel dropped because the sensor came too late" },
	{ STAT_OUTPUT_BLOCKED, "output blocked", STAT_KIND_LOST,
	  "packets of records that nobody took in time; raise --output-queue" },
	{ PARSE_SHORT_LINK, "short link header", STAT_KIND_LOST,
	  "frames that end within the link-layer header" },
	{ PARSE_SHORT_NETWORK, "short IP header", STAT_KIND_LOST,
	  "frames that end within the IP header or an extension header" },
	{ PARSE_SHORT_TRANSPORT, "short transport header", STAT_KIND_LOST,
	  "frames that end before ports, flags or type" },
	{ PARSE_BAD_NETWORK, "bad IP header", STAT_KIND_LOST,
	  "packets whose version or lengths contradict one another" },
	{ PARSE_BAD_TRANSPORT, "bad transport header", STAT_KIND_LOST,
	  "IP packets too small for the header they announce" },
	{ PARSE_TOO_DEEP, "too deep", STAT_KIND_LOST,
	  "frames with more VLAN tags or extension headers than are followed" },

	{ PARSE_NOT_IP, "not IP", STAT_KIND_NOTE, "ARP and the like, which flow logs leave out" },
	{ FLOW_COUNTER_FRAGMENT, "lone fragments", STAT_KIND_NOTE,
	  "fragments recorded with ports 0: the first of their datagram was not seen" },
	{ FLOW_COUNTER_MAP_FULL, "map full", STAT_KIND_NOTE,
	  "flows without room in the kernel's map that took its ring; raise --max-flows" },
	{ FLOW_COUNTER_MAP_BUSY, "map busy", STAT_KIND_NOTE,
	  "flows that the kernel's map refused and that took its ring" },
	{ FLOW_COUNTER_NEWS_FULL, "news full", STAT_KIND_NOTE,
	  "new flows that were too many to tell of at once; they are judged with their records" },
	{ STAT_NO_DIRECTION, "no direction", STAT_KIND_NOTE,
	  "packets of which --local does not say whether they came or went" },
	{ STAT_NODATA, "NODATA", STAT_KIND_NOTE, "records of windows without a flow" },
	{ STAT_SKIPDATA, "SKIPDATA", STAT_KIND_NOTE,
	  "records of windows that something is lost of" },
	{ STAT_RECORDS_DROPPED, "records dropped", STAT_KIND_NOTE,
	  "records that nobody took in time, those without packets too" },
	{ STAT_LEFT_OUT_FLOWS, "flows left out as AWS does", STAT_KIND_NOTE,
	  "flows with Amazon DNS, DHCP, metadata and the like; --all-traffic keeps them" },
	{ STAT_LEFT_OUT_PACKETS, "packets left out as AWS does", STAT_KIND_NOTE, "their packets" },
	{ STAT_EARLY, "written early", STAT_KIND_NOTE,
	  "flows written before their window ended; raise --max-flows" },
	{ STAT_LATE, "late windows", STAT_KIND_NOTE,
	  "windows that took up packets of earlier ones: the sensor was held up" },
};
_Static_assert(ARRAY_LEN(infos) == STAT_COUNT, "every counter is in the table");

const struct stat_info *stat_info(size_t row)
{
	assert(row < ARRAY_LEN(infos));
	return &infos[row];
}

uint64_t stats_lost(const struct stats *stats)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < ARRAY_LEN(infos); i++)
		if (infos[i].kind == STAT_KIND_LOST)
			lost += stats->counts[infos[i].stat];
	return lost;
}

/* 1204551 → 1,204,551 */
static void add_grouped(struct buf *out, uint64_t value)
{
	char   digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

static void add_kind(const struct stats *stats, enum stat_kind kind, const char *between,
		     struct buf *out)
{
	const char *gap = "";

	for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
		if (infos[i].kind != kind)
			continue;
		buf_printf(out, "%s%s ", gap, infos[i].name);
		add_grouped(out, stats->counts[infos[i].stat]);
		gap = between;
	}
}

void stats_print(const struct stats *stats, struct buf *out)
{
	add_kind(stats, STAT_KIND_TOTAL, "  ", out);
	buf_add_text(out, "  lost ");
	add_grouped(out, stats_lost(stats));
	buf_add_text(out, " (");
	add_kind(stats, STAT_KIND_LOST, ", ", out);
	buf_add_text(out, ")  besides: ");
	add_kind(stats, STAT_KIND_NOTE, ", ", out);
}

void stats_print_amounts(const uint64_t counts[STAT_COUNT], struct buf *out)
{
	const char *gap = "";

	for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
		if (!counts[infos[i].stat])
			continue;
		buf_printf(out, "%s%s ", gap, infos[i].name);
		add_grouped(out, counts[infos[i].stat]);
		gap = ", ";
	}
}
