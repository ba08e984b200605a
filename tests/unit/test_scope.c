/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS's flow logs leave out (aws-semantics.md 1.12), flow by flow. */
#include "lib/base/mark.h"
#include "lib/net/proto.h"
#include "sensor/scope.h"
#include "tests/unit/unit.h"

static struct ip ip(const char *text)
{
	struct ip  out = { 0 };
	struct err err;

	CHECK(ip_parse(str_of(text), &out, &err) == 0);
	return out;
}

struct flow_case {
	const char *own, *peer; /* of the interface, and the far end */
	uint8_t	    protocol;
	uint16_t    own_port, peer_port;
	bool	    recorded;
};

static const struct flow_case cases[] = {
	/* Amazon DNS: at its own addresses, and at base + 2 of the VPC's primary block only. */
	{ "10.0.1.10", "169.254.169.253", PROTO_UDP, 40000, 53, false },
	{ "10.0.1.10", "169.254.169.253", PROTO_TCP, 40000, 53, false },
	{ "2001:db8::a", "fd00:ec2::253", PROTO_UDP, 40000, 53, false },
	{ "10.0.1.10", "10.0.0.2", PROTO_UDP, 40000, 53, false },
	{ "10.0.1.10", "10.7.0.2", PROTO_UDP, 40000, 53, true },
	{ "10.0.1.10", "10.0.1.2", PROTO_UDP, 40000, 53, true },
	{ "10.0.1.10", "8.8.8.8", PROTO_UDP, 40000, 53, true },
	/* DHCP, by its ports. */
	{ "0.0.0.0", "255.255.255.255", PROTO_UDP, 68, 67, false },
	{ "10.0.1.10", "10.0.1.77", PROTO_UDP, 68, 67, false },
	{ "fe80::a", "ff02::1:2", PROTO_UDP, 546, 547, false },
	{ "10.0.1.10", "10.0.1.77", PROTO_TCP, 68, 67, true },
	{ "10.0.1.10", "10.0.1.77", PROTO_UDP, 40000, 67, true },
	/* Instance metadata; that of tasks is not in AWS's list. */
	{ "10.0.1.10", "169.254.169.254", PROTO_TCP, 40000, 80, false },
	{ "2001:db8::a", "fd00:ec2::254", PROTO_TCP, 40000, 80, false },
	{ "10.0.1.10", "169.254.170.2", PROTO_TCP, 40000, 80, true },
	/* Time Sync. */
	{ "10.0.1.10", "169.254.169.123", PROTO_UDP, 123, 123, false },
	{ "2001:db8::a", "fd00:ec2::123", PROTO_UDP, 123, 123, false },
	{ "10.0.1.10", "169.254.169.124", PROTO_UDP, 123, 123, true },
	/* Activation of Windows: at those addresses, on that port. */
	{ "10.0.1.10", "169.254.169.250", PROTO_TCP, 40000, 1688, false },
	{ "10.0.1.10", "169.254.169.251", PROTO_TCP, 40000, 1688, false },
	{ "10.0.1.10", "169.254.169.250", PROTO_TCP, 40000, 443, true },
	{ "10.0.1.10", "10.0.9.9", PROTO_TCP, 40000, 1688, true },
	/* The router. */
	{ "10.0.1.10", "10.0.1.1", PROTO_ICMP, 0, 0, false },
	{ "fe80::a", "fe80:ec2::1", PROTO_ICMPV6, 0, 0, false },
	{ "10.0.1.10", "10.0.2.1", PROTO_ICMP, 0, 0, true },
	{ "10.0.1.10", "10.0.1.11", PROTO_TCP, 40000, 443, true },
};

static struct flow_key key_of(const struct flow_case *flow, enum flow_direction direction)
{
	bool		to_peer = direction != FLOW_INGRESS;
	struct ip	own = ip(flow->own), peer = ip(flow->peer);
	struct flow_key key = { .family = own.family,
				.protocol = flow->protocol,
				.direction = (uint8_t)direction,
				.src_port = to_peer ? flow->own_port : flow->peer_port,
				.dst_port = to_peer ? flow->peer_port : flow->own_port };

	memcpy(key.src, to_peer ? own.bytes : peer.bytes, sizeof(key.src));
	memcpy(key.dst, to_peer ? peer.bytes : own.bytes, sizeof(key.dst));
	return key;
}

static struct scope scope_of_vpc(void)
{
	struct scope scope = { 0 };
	struct err   err;

	CHECK(scope_add_vpc_cidr(&scope, "10.0.0.0/16", &err) == 0);
	CHECK(scope_add_vpc_cidr(&scope, "10.7.0.0/16", &err) == 0);
	CHECK(scope_add_vpc_cidr(&scope, "2001:db8::/56", &err) == 0);
	return scope;
}

TEST(scope_leaves_out_what_flow_logs_do_in_both_directions)
{
	struct scope scope = scope_of_vpc();
	struct eni   eni = { .router = ip("10.0.1.1") };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (enum flow_direction direction = FLOW_UNKNOWN; direction <= FLOW_EGRESS;
		     direction++) {
			struct flow_key key = key_of(&cases[i], direction);

			if (scope_has(&scope, &eni, &key) != cases[i].recorded)
				fail_msg("%s, direction %d", cases[i].peer, (int)direction);
		}
	}
}

TEST(scope_with_all_traffic_leaves_nothing_out)
{
	struct scope scope = scope_of_vpc();
	struct eni   eni = { .router = ip("10.0.1.1") };

	scope.all = true;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow_key key = key_of(&cases[i], FLOW_EGRESS);

		CHECK(scope_has(&scope, &eni, &key));
	}
}

/* It is the far end that counts: an interface may itself have such an address. */
TEST(scope_keeps_what_an_interface_with_a_reserved_address_says)
{
	struct scope	       scope = scope_of_vpc();
	struct eni	       eni = { 0 };
	const struct flow_case dns = { "10.0.0.2", "10.0.1.10", PROTO_UDP, 53, 40000, true };
	struct flow_key	       key = key_of(&dns, FLOW_EGRESS);

	CHECK(scope_has(&scope, &eni, &key));
	key = key_of(&dns, FLOW_INGRESS);
	CHECK(scope_has(&scope, &eni, &key));
}

TEST(scope_without_a_vpc_knows_no_resolver_of_its)
{
	struct scope	scope = { 0 };
	struct eni	eni = { 0 };
	struct flow_key key = key_of(&cases[3], FLOW_EGRESS);

	CHECK(scope_has(&scope, &eni, &key));
	CHECK(!scope_is_in_vpc(&scope, &eni, ip("10.0.0.2")));
}

TEST(scope_of_an_interface_in_another_vpc_is_that_of_its_own_blocks)
{
	struct scope	       scope = scope_of_vpc();
	struct eni	       eni = { .vpc_cidr_count = 2 };
	const struct flow_case own = { "172.31.1.10", "172.31.0.2", PROTO_UDP, 40000, 53, false };
	const struct flow_case primary = { "172.31.1.10", "10.0.0.2", PROTO_UDP, 40000, 53, true };
	struct flow_key	       to_own = key_of(&own, FLOW_EGRESS);
	struct flow_key	       to_primary = key_of(&primary, FLOW_EGRESS);
	struct err	       err;

	CHECK(cidr_parse(str_of("172.31.0.0/16"), &eni.vpc_cidrs[0], &err) == 0);
	CHECK(cidr_parse(str_of("192.168.0.0/24"), &eni.vpc_cidrs[1], &err) == 0);
	CHECK(!scope_has(&scope, &eni, &to_own) && scope_has(&scope, &eni, &to_primary));
	CHECK(scope_is_in_vpc(&scope, &eni, ip("192.168.0.9")));
	CHECK(!scope_is_in_vpc(&scope, &eni, ip("10.0.0.9")));
}

TEST(scope_is_in_vpc_by_all_its_blocks)
{
	struct scope scope = scope_of_vpc();
	struct eni   eni = { 0 };

	CHECK(scope_is_in_vpc(&scope, &eni, ip("10.0.9.9")));
	CHECK(scope_is_in_vpc(&scope, &eni, ip("10.7.0.1")));
	CHECK(scope_is_in_vpc(&scope, &eni, ip("2001:db8::1")));
	CHECK(!scope_is_in_vpc(&scope, &eni, ip("10.8.0.1")));
}

TEST(scope_add_vpc_cidr_refuses_what_is_no_block_and_too_many)
{
	static const char *bad[] = { "", "10.0.0.0", "10.0.0.1/16", "vpc-1" };
	struct scope	   scope = { 0 };
	struct err	   err;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(scope_add_vpc_cidr(&scope, bad[i], &err) == -1);
		CHECK(err.kind == ERR_USAGE && err.text[0] && !scope.vpc_count);
	}
	for (size_t i = 0; i < SCOPE_CIDRS_MAX; i++)
		CHECK(scope_add_vpc_cidr(&scope, "10.0.0.0/16", &err) == 0);
	CHECK(scope_add_vpc_cidr(&scope, "10.0.0.0/16", &err) == -1);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scope_leaves_out_what_flow_logs_do_in_both_directions),
		cmocka_unit_test(scope_with_all_traffic_leaves_nothing_out),
		cmocka_unit_test(scope_keeps_what_an_interface_with_a_reserved_address_says),
		cmocka_unit_test(scope_without_a_vpc_knows_no_resolver_of_its),
		cmocka_unit_test(scope_of_an_interface_in_another_vpc_is_that_of_its_own_blocks),
		cmocka_unit_test(scope_is_in_vpc_by_all_its_blocks),
		cmocka_unit_test(scope_add_vpc_cidr_refuses_what_is_no_block_and_too_many),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
