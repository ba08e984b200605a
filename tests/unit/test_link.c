/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/link.h"

#include <pcap/dlt.h>

#include "lib/base/mark.h"
#include "tests/unit/frames.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000000000)

enum { EMITTED_MAX = 256 };

struct emitted {
	struct flow flows[EMITTED_MAX];
	size_t	    count;
};

static int emit(void *context, const struct flow *flow, struct err *err)
{
	struct emitted *emitted = context;

	(void)err;
	assert_true(emitted->count < EMITTED_MAX);
	emitted->flows[emitted->count++] = *flow;
	return 1;
}

static int emit_status(void *context, const struct window_status *status, struct err *err)
{
	(void)context;
	(void)status;
	(void)err;
	return 1;
}

/* A handle of its own: where its frames go, and what becomes of them. */
struct bed {
	struct eni	   eni;
	struct stats	   stats;
	struct emitted	   emitted;
	struct link_batch  batch;
	struct link_source source;
};

static struct bed bed;

static void open_bed(int type)
{
	struct windows_args args = { .interval_s = 60,
				     .max_flows = 64,
				     .enis = &bed.eni,
				     .eni_count = 1,
				     .emit = emit,
				     .emit_status = emit_status,
				     .context = &bed.emitted,
				     .stats = &bed.stats };

	bed = (struct bed){ .eni.ifindex = 9 };
	link_batch_init(&bed.batch, windows_new(&args), &bed.stats);
	bed.source = (struct link_source){ .link = link_find(type),
					   .eni = &bed.eni,
					   .batch = &bed.batch };
	assert_non_null(bed.source.link);
}

static void close_bed(void)
{
	struct err err;

	CHECK(link_flush(&bed.batch, &err) == 0);
	CHECK(windows_close_all(bed.batch.windows, &err) == 0);
	windows_free(bed.batch.windows);
	link_batch_done(&bed.batch);
}

static void take(const char *hex, struct link_frame frame)
{
	uint8_t	   bytes[FRAME_SIZE_MAX];
	struct err err;

	frame.bytes = bytes;
	frame.size = frame_bytes(hex, bytes);
	if (frame.wire_size < frame.size)
		frame.wire_size = frame.size;
	CHECK(link_take(&bed.source, &frame, &err) == 0);
}

#define DATAGRAM V4("0020", "4000", "11") UDP DATA4

TEST(link_of_every_type_finds_the_same_packet)
{
	static const struct {
		int		    type;
		enum flow_direction direction;
		const char	   *hex;
	} cases[] = {
		{ DLT_EN10MB, FLOW_UNKNOWN, ETH_V4 DATAGRAM },
		{ DLT_LINUX_SLL, FLOW_INGRESS, "0000 0001 0006 020000000001 0000 0800" DATAGRAM },
		{ DLT_LINUX_SLL, FLOW_EGRESS, "0004 0001 0006 020000000001 0000 0800" DATAGRAM },
		{ DLT_LINUX_SLL2, FLOW_EGRESS,
		  "0800 0000 00000002 0001 04 06 020000000001 0000" DATAGRAM },
		{ DLT_RAW, FLOW_UNKNOWN, DATAGRAM },
		{ DLT_IPV4, FLOW_UNKNOWN, DATAGRAM },
		{ DLT_NULL, FLOW_UNKNOWN, "02000000" DATAGRAM },
		{ DLT_LOOP, FLOW_UNKNOWN, "00000002" DATAGRAM },
		{ DLT_PPP, FLOW_UNKNOWN, "0021" DATAGRAM },
		{ DLT_PPP, FLOW_UNKNOWN, "21" DATAGRAM },
		{ DLT_PPP, FLOW_UNKNOWN, "ff03 0021" DATAGRAM },
		{ DLT_PPP_SERIAL, FLOW_UNKNOWN, "ff03 0021" DATAGRAM },
		{ DLT_C_HDLC, FLOW_UNKNOWN, "0f00 0800" DATAGRAM },
		{ DLT_PPP_ETHER, FLOW_UNKNOWN, "1100 0001 0022 0021" DATAGRAM },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct flow *flow = bed.emitted.flows;

		open_bed(cases[i].type);
		take(cases[i].hex, (struct link_frame){ .time.ns = S });
		close_bed();
		if (bed.emitted.count != 1)
			fail_msg("type %d: no flow", cases[i].type);
		CHECK(flow->key.src_port == 0xc001 && flow->key.dst_port == 53);
		CHECK(flow->key.ifindex == 9 && flow->key.direction == cases[i].direction);
		CHECK(flow->count.packets == 1 && flow->count.bytes == 32);
	}
}

TEST(link_tells_what_is_not_ip_of_every_type)
{
	static const struct {
		int		  type;
		enum parse_result result;
		const char	 *hex;
	} cases[] = {
		{ DLT_EN10MB, PARSE_NOT_IP, MACS "0806 0001" },
		{ DLT_LINUX_SLL, PARSE_NOT_IP, "0000 0001 0006 020000000001 0000 0806" },
		{ DLT_LINUX_SLL, PARSE_SHORT_LINK, "0000 0001 0006 020000000001 0000 08" },
		{ DLT_LINUX_SLL2, PARSE_SHORT_LINK, "0800 0000 00000002 0001 04 06" },
		{ DLT_NULL, PARSE_NOT_IP, "07000000" DATAGRAM },
		{ DLT_PPP, PARSE_NOT_IP, "c021 0101" },
		{ DLT_PPP, PARSE_SHORT_LINK, "ff03 00" },
		{ DLT_C_HDLC, PARSE_NOT_IP, "8f00 8035" },
		{ DLT_PPP_ETHER, PARSE_NOT_IP, "1109 0001 0000 0000" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		open_bed(cases[i].type);
		take(cases[i].hex, (struct link_frame){ .time.ns = S });
		close_bed();
		CHECK(bed.emitted.count == 0 && bed.stats.counts[cases[i].result] == 1);
	}
	CHECK(link_find(DLT_IEEE802_11) == NULL);
}

TEST(link_counts_the_segments_of_a_merged_packet)
{
	/* 20 + 20 bytes of headers and 2,500 of payload, of which no more than the headers were kept. */
	static const char hex[] = ETH_V4 V4("09ec", "4000", "06") TCP("10");

	open_bed(DLT_EN10MB);
	take(hex, (struct link_frame){ .wire_size = 14 + 2540, .gso_size = 1000 });
	close_bed();
	CHECK(bed.emitted.flows[0].count.packets == 3);
	CHECK(bed.emitted.flows[0].count.bytes == 2500 + 3 * 40);
}

TEST(link_counts_the_segments_of_a_tunnel_with_its_inner_headers)
{
	/* 20 + 8 bytes outside, 50 + 20 inside that only the device knows of, and 2,000 of payload. */
	static const char hex[] = ETH_V4 V4("0832", "4000", "11") UDP;

	open_bed(DLT_EN10MB);
	take(hex, (struct link_frame){
			  .wire_size = 14 + 98 + 2000, .gso_size = 1000, .headers_end = 14 + 98 });
	close_bed();
	CHECK(bed.emitted.flows[0].count.packets == 2);
	CHECK(bed.emitted.flows[0].count.bytes == 2000 + 2 * 98);
}

TEST(link_counts_a_tag_that_the_device_took_off)
{
	open_bed(DLT_EN10MB);
	take(MACS "8100 " VLAN "0800 " DATAGRAM, (struct link_frame){ .tags = 1 });
	take(MACS "8100 " VLAN "8100 " VLAN "0800 " DATAGRAM, (struct link_frame){ .tags = 1 });
	close_bed();
	CHECK(bed.emitted.count == 1 && bed.stats.counts[PARSE_TOO_DEEP] == 1);
}

TEST(link_lets_fragments_join_the_flow_of_their_first)
{
	static const char first[] = ETH_V4 V4("0020", "2000", "11") UDP DATA4;
	static const char later[] = ETH_V4 V4("0018", "0001", "11") DATA4;

	open_bed(DLT_EN10MB);
	take(first, (struct link_frame){ .time.ns = S });
	take(later, (struct link_frame){ .time.ns = 2 * S });
	take(later, (struct link_frame){ .time.ns = 45 * S });
	close_bed();
	CHECK(bed.emitted.count == 2);
	CHECK(bed.emitted.flows[0].key.dst_port == 53 && bed.emitted.flows[0].count.packets == 2);
	CHECK(bed.emitted.flows[1].key.dst_port == 0 && bed.emitted.flows[1].count.packets == 1);
	CHECK(bed.stats.counts[FLOW_COUNTER_FRAGMENT] == 1);
}

TEST(link_puts_every_packet_into_the_window_of_its_time)
{
	static const int64_t times_s[] = { 0, 59, 60, 61, 59, 3600, 120 };

	open_bed(DLT_RAW);
	for (size_t i = 0; i < ARRAY_LEN(times_s); i++)
		take(DATAGRAM, (struct link_frame){ .time.ns = times_s[i] * S });
	close_bed();
	CHECK(bed.emitted.count == 4);
	CHECK(bed.emitted.flows[0].window == 0 && bed.emitted.flows[0].count.packets == 3);
	CHECK(bed.emitted.flows[1].window == 1 && bed.emitted.flows[1].count.packets == 2);
	CHECK(bed.emitted.flows[2].window == 2 && bed.emitted.flows[3].window == 60);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_of_every_type_finds_the_same_packet),
		cmocka_unit_test(link_tells_what_is_not_ip_of_every_type),
		cmocka_unit_test(link_counts_the_segments_of_a_merged_packet),
		cmocka_unit_test(link_counts_the_segments_of_a_tunnel_with_its_inner_headers),
		cmocka_unit_test(link_counts_a_tag_that_the_device_took_off),
		cmocka_unit_test(link_lets_fragments_join_the_flow_of_their_first),
		cmocka_unit_test(link_puts_every_packet_into_the_window_of_its_time),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
