/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "bpf/parse.h"
#include "lib/base/mark.h"
#include "tests/unit/frame_cases.h"
#include "tests/unit/unit.h"

/* Parses a copy that is exactly size bytes long, so that a sanitizer sees a read past its end. */
static enum parse_result parse(const uint8_t *bytes, uint32_t size, uint32_t wire_size,
			       struct flow_packet *out)
{
	uint8_t		 *exact = malloc(size ? size : 1);
	enum parse_result result;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	memset(out, 0, sizeof(*out));
	result = parse_ethernet(
		&(struct frame){ .bytes = exact, .size = size, .wire_size = wire_size }, 0, out);
	free(exact);
	return result;
}

static void check_flow(const struct frame_case *expected, const struct flow_packet *found)
{
	static const uint8_t v4_src[16] = { 10, 0, 0, 1 }, v4_dst[16] = { 10, 0, 0, 2 };
	static const uint8_t v6_src[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	static const uint8_t v6_dst[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };

	CHECK(found->key.family == expected->family);
	CHECK(found->key.protocol == expected->protocol);
	CHECK(found->key.src_port == expected->src_port);
	CHECK(found->key.dst_port == expected->dst_port);
	CHECK(memcmp(found->key.src, expected->family == 4 ? v4_src : v6_src, 16) == 0);
	CHECK(memcmp(found->key.dst, expected->family == 4 ? v4_dst : v6_dst, 16) == 0);
	CHECK(found->key.zero == 0 && found->key.cpu == 0 && found->key.ifindex == 0);
	CHECK(found->bytes == expected->bytes);
	CHECK(found->tcp_flags == expected->tcp_flags);
	CHECK(found->icmp_type == expected->icmp_type);
	CHECK(found->icmp_code == expected->icmp_code);
	CHECK(found->is_discovery == expected->is_discovery);
	CHECK(found->fragment == expected->fragment);
}

TEST(parse_finds_what_every_frame_is)
{
	for (size_t i = 0; i < ARRAY_LEN(frame_cases); i++) {
		const struct frame_case *expected = &frame_cases[i];
		uint8_t			 bytes[FRAME_SIZE_MAX];
		uint32_t		 size = frame_bytes(expected->hex, bytes);
		struct flow_packet	 found;
		enum parse_result	 result = parse(bytes, size, size, &found);

		if (result != expected->result)
			print_error("%s: result %d, not %d\n", expected->name, result,
				    expected->result);
		CHECK(result == expected->result);
		if (result == PARSE_FLOW)
			check_flow(expected, &found);
	}
}

/* A capture with a small snaplen: the frame was whole on the wire. */
TEST(parse_needs_the_headers_and_nothing_behind_them)
{
	for (size_t i = 0; i < ARRAY_LEN(frame_cases); i++) {
		const struct frame_case *expected = &frame_cases[i];
		uint8_t			 bytes[FRAME_SIZE_MAX];
		uint32_t		 whole = frame_bytes(expected->hex, bytes);
		enum parse_result	 before = PARSE_SHORT_LINK;

		for (uint32_t size = 0; size <= whole; size++) {
			struct flow_packet found;
			enum parse_result  result = parse(bytes, size, whole, &found);

			if (size >= expected->needed) {
				if (result != expected->result)
					print_error("%s: %u bytes of it: %d\n", expected->name,
						    size, result);
				CHECK(result == expected->result);
				if (result == PARSE_FLOW)
					check_flow(expected, &found);
				continue;
			}
			if (result < before || result > PARSE_SHORT_TRANSPORT)
				print_error("%s: %u bytes of it: %d after %d\n", expected->name,
					    size, result, before);
			CHECK(result >= before && result <= PARSE_SHORT_TRANSPORT);
			before = result;
		}
	}
}

/* A frame that was no longer on the wire either. */
TEST(parse_finds_no_flow_in_a_frame_that_ends_within_its_packet)
{
	for (size_t i = 0; i < ARRAY_LEN(frame_cases); i++) {
		uint8_t		   bytes[FRAME_SIZE_MAX];
		uint32_t	   whole = frame_bytes(frame_cases[i].hex, bytes);
		struct flow_packet full, found;

		if (parse(bytes, whole, whole, &full) != PARSE_FLOW)
			continue;
		for (uint32_t size = 0; size < full.network_offset + full.bytes; size++)
			if (parse(bytes, size, size, &found) == PARSE_FLOW)
				/* Only a packet without a length of its own may shrink. */
				CHECK(found.bytes == size - found.network_offset);
	}
}

TEST(parse_knows_how_long_the_headers_are_that_segments_repeat)
{
	static const struct {
		const char *name;
		uint16_t    header_len;
		uint8_t	    jumbo_len;
	} cases[] = {
		{ "TCP SYN", 40, 0 },
		{ "TCP behind IPv4 options", 24 + 32, 0 },
		{ "UDP over IPv6", 48, 0 },
		{ "QinQ", 48, 0 },
		{ "hop-by-hop options", 56, 0 },
		{ "jumbogram of offloading", 68, 8 },
		{ "middle fragment", 20, 0 },
		{ "later fragment of IPv6", 48, 0 },
		{ "GRE", 20, 0 },
	};
	size_t checked = 0;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t j = 0; j < ARRAY_LEN(frame_cases); j++) {
			uint8_t		   bytes[FRAME_SIZE_MAX];
			uint32_t	   size = frame_bytes(frame_cases[j].hex, bytes);
			struct flow_packet found;

			if (strcmp(frame_cases[j].name, cases[i].name) != 0)
				continue;
			CHECK(parse(bytes, size, size, &found) == PARSE_FLOW);
			CHECK(found.header_len == cases[i].header_len);
			CHECK(found.jumbo_len == cases[i].jumbo_len);
			checked++;
		}
	CHECK(checked == ARRAY_LEN(cases));
}

TEST(parse_counts_a_tag_that_the_device_took_off)
{
	struct flow_packet found = { 0 };
	uint8_t		   bytes[FRAME_SIZE_MAX];
	uint32_t size = frame_bytes(MACS "88a8 " VLAN "8100 " VLAN "0800 " V4("0014", "4000", "ff"),
				    bytes);
	struct frame frame = { .bytes = bytes, .size = size, .wire_size = size };

	CHECK(parse_ethernet(&frame, 0, &found) == PARSE_FLOW);
	CHECK(parse_ethernet(&frame, 1, &found) == PARSE_TOO_DEEP);
}

/* aws-semantics.md 1.4, in full. */
TEST(parse_keeps_of_tcp_flags_what_flow_logs_keep)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		bool	 syn_ack = (byte & 2) && (byte & 16);
		unsigned expected = syn_ack ? 18 : byte & (1 | 2 | 4);

		CHECK(parse_tcp_flags((uint8_t)byte) == expected);
	}
}

TEST(parse_of_bare_ip_goes_by_the_version)
{
	static const struct {
		const char	 *hex;
		enum parse_result result;
		uint8_t		  family;
	} cases[] = {
		{ V4("0028", "4000", "06") TCP("02"), PARSE_FLOW, 4 },
		{ V6("000c", "11") UDP DATA4, PARSE_FLOW, 6 },
		{ "5500 0028", PARSE_NOT_IP, 0 },
		{ "", PARSE_SHORT_NETWORK, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow_packet found = { 0 };
		uint8_t		   bytes[FRAME_SIZE_MAX];
		uint32_t	   size = frame_bytes(cases[i].hex, bytes);
		struct frame	   frame = { .bytes = bytes, .size = size, .wire_size = size };

		CHECK(parse_ip(&frame, 0, &found) == cases[i].result);
		CHECK(found.key.family == cases[i].family);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_finds_what_every_frame_is),
		cmocka_unit_test(parse_needs_the_headers_and_nothing_behind_them),
		cmocka_unit_test(parse_finds_no_flow_in_a_frame_that_ends_within_its_packet),
		cmocka_unit_test(parse_knows_how_long_the_headers_are_that_segments_repeat),
		cmocka_unit_test(parse_counts_a_tag_that_the_device_took_off),
		cmocka_unit_test(parse_keeps_of_tcp_flags_what_flow_logs_keep),
		cmocka_unit_test(parse_of_bare_ip_goes_by_the_version),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
