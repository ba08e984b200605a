/* SPDX-License-Identifier: Apache-2.0 */
/* Who reaches whom, party by party, is what walking between all pairs of ends says. */
#include "simulator/reach/peers.h"

#include <stdlib.h>

#include "tests/unit/estate.h"
#include "tests/unit/unit.h"

static const char *const snapshots[] = {
	"policies/examples/shop",  "policies/examples/market", "tests/data/estates/balancers",
	"tests/data/estates/edge", "tests/data/estates/nat",   "tests/data/estates/peering",
	"tests/data/estates/tgw",
};

static const char *const ports[] = { "tcp/22",	 "tcp/443", "tcp/5432",
				     "tcp/8080", "udp/53",  "icmp/8/0" };

/* A snapshot, a question and its side. */
struct asking {
	struct world   *world;
	struct reach   *reach;
	struct endpoint endpoint;
	struct ports	ports;
	bool		is_src;
};

struct tally {
	size_t ends, undecided, of;
};

/* Gateways' interfaces are nobody's. */
static bool is_gateway(const struct eni *eni)
{
	return str_starts(eni->type, "nat") || str_is(eni->type, "transit_gateway") ||
	       str_is(eni->type, "regional_nat_gateway");
}

static bool is_peer(const struct end *a, const struct end *b)
{
	return a->eni_idx != b->eni_idx && a->ip.family == b->ip.family;
}

static enum verdict walk(const struct asking *asking, const struct end *end,
			 const struct end *other)
{
	struct question question = { .src = asking->is_src ? *end : *other,
				     .dst = asking->is_src ? *other : *end,
				     .client_ports = path_default_client_ports() };
	struct path	path;

	question.packet = (struct packet){ .src = question.src.ip,
					   .dst = question.dst.ip,
					   .protocol = (uint8_t)asking->ports.protocol,
					   .dst_port = asking->ports.ranges[0].min,
					   .icmp_type = asking->ports.icmp_type,
					   .icmp_code = asking->ports.icmp_code };
	path_walk(asking->world, &question, &path);
	return path.verdict;
}

/* One end that may be a peer of some of the query's. */
static void walk_end(const struct asking *asking, const struct end *other, struct tally *tally)
{
	enum verdict best = VERDICT_DENY;
	bool	     any = false;

	for (size_t i = 0; i < asking->endpoint.count; i++) {
		const struct end *end = &asking->endpoint.ends[i];
		enum verdict	  now;

		if (!is_peer(end, other))
			continue;
		any = true;
		now = walk(asking, end, other);
		best = now > best ? now : best;
	}
	tally->of += any;
	tally->ends += best == VERDICT_ALLOW;
	tally->undecided += best == VERDICT_UNKNOWN;
}

static struct tally walk_all(const struct asking *asking)
{
	struct tally tally = { 0 };

	for (uint32_t i = 0; i < asking->world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &asking->world->enis[i];

		for (uint32_t j = 0; !is_gateway(eni) && j < eni->address_count; j++) {
			const struct end end = { .eni_idx = i, .ip = eni->addresses[j].ip };

			walk_end(asking, &end, &tally);
		}
	}
	return tally;
}

static void check_one(const struct asking *asking, enum party_by by)
{
	struct peers_query query = { .endpoint = &asking->endpoint,
				     .is_src = asking->is_src,
				     .asked = packet_sets_ports(reach_sets(asking->reach),
								&asking->ports),
				     .by = by };
	struct tally	   expected = walk_all(asking), sum = { 0 };
	struct peers	   peers;
	struct err	   err;

	CHECK(peers_find(asking->reach, &query, &peers, &err) == 0);
	CHECK(peers.total.ends == expected.ends);
	CHECK(peers.total.undecided == expected.undecided);
	CHECK(peers.total.of == expected.of);
	for (size_t i = 0; i < peers.row_count; i++) {
		const struct peer_row *row = &peers.rows[i];

		sum.ends += row->ends;
		sum.undecided += row->undecided;
		CHECK(row->ends + row->undecided <= row->of);
		CHECK(row->verdict != VERDICT_DENY);
		CHECK(row->fact_count > 0);
	}
	/* An interface is of one instance and of one subnet. */
	CHECK(sum.ends == expected.ends && sum.undecided == expected.undecided);
	peers_done(&peers);
}

static void check_ports(struct asking *asking)
{
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		CHECK(ports_parse(str_of(ports[i]), &asking->ports, &err) == 0);
		for (int side = 0; side < 2; side++) {
			asking->is_src = side;
			check_one(asking, PARTY_BY_INSTANCE);
			check_one(asking, PARTY_BY_SUBNET);
		}
	}
}

static void with_snapshot(const char *path, void check(struct asking *asking))
{
	struct err_list	     errors;
	struct reach_options options = { .client_ports = path_default_client_ports() };
	struct asking	     asking = { .world = world_open(path, &errors) };

	CHECK(asking.world);
	asking.reach = reach_new(asking.world, &options);
	check(&asking);
	reach_free(asking.reach);
	world_free(asking.world);
}

static void check_each_interface(struct asking *asking)
{
	struct err err;

	for (uint32_t i = 0; i < asking->world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &asking->world->enis[i];

		if (eni->address_count == 0 || is_gateway(eni))
			continue;
		CHECK(endpoint_resolve(eni->object.id.ptr, asking->world, NULL, &asking->endpoint,
				       &err) == 0);
		check_ports(asking);
		endpoint_done(&asking->endpoint);
	}
}

TEST(every_interface_has_the_peers_that_walks_find)
{
	for (size_t i = 0; i < ARRAY_LEN(snapshots); i++)
		with_snapshot(snapshots[i], check_each_interface);
}

static void check_all_groups(struct asking *asking)
{
	struct err err;

	CHECK(endpoint_resolve("sg:*", asking->world, NULL, &asking->endpoint, &err) == 0);
	check_ports(asking);
	endpoint_done(&asking->endpoint);
}

TEST(ends_of_several_interfaces_are_peers_of_each_other)
{
	for (size_t i = 0; i < ARRAY_LEN(snapshots); i++)
		with_snapshot(snapshots[i], check_all_groups);
}

static void check_nobody(struct asking *asking)
{
	struct peers_query query = { .endpoint = &asking->endpoint, .by = PARTY_BY_SG };
	struct peers	   peers;
	struct err	   err;

	CHECK(endpoint_resolve("10.0.1.99", asking->world, NULL, &asking->endpoint, &err) == 0);
	CHECK(peers_find(asking->reach, &query, &peers, &err) < 0);
	CHECK(err.kind == ERR_USAGE);
	endpoint_done(&asking->endpoint);
}

TEST(an_address_that_nobody_has_has_no_peers_to_speak_of)
{
	with_snapshot("policies/examples/shop", check_nobody);
}

static void check_brief(struct asking *asking)
{
	struct peers_query query = { .endpoint = &asking->endpoint,
				     .asked = PACKET_SET_ALLOW,
				     .by = PARTY_BY_SG,
				     .is_brief = true };
	struct peers	   peers;
	struct err	   err;

	CHECK(endpoint_resolve("db-1", asking->world, NULL, &asking->endpoint, &err) == 0);
	CHECK(peers_find(asking->reach, &query, &peers, &err) == 0);
	CHECK(peers.verdict == VERDICT_ALLOW && peers.total.ends == 2);
	CHECK(peers.rows[0].fact_count == 0);
	peers_done(&peers);
	endpoint_done(&asking->endpoint);
}

TEST(a_brief_answer_has_no_reasons)
{
	with_snapshot("policies/examples/shop", check_brief);
}

#define HOST(number)                                                                               \
	"{'NetworkInterfaceId': 'eni-" number "', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-a', "      \
	"'PrivateIpAddress': '10.0.1.1" number "', 'InterfaceType': 'interface', "                 \
	"'Groups': [{'GroupId': 'sg-1'}], 'Attachment': {'InstanceId': 'i-" number "'}}"

/* A snapshot of interfaces alone knows instances by their ids. */
TEST(an_instance_that_only_its_interface_speaks_of_is_no_peer_of_its_own)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET "{'NetworkInterfaces': [" HOST("1") ", " HOST("2") "]}" ESTATE_OPEN_SGS);
	struct reach_options	 options = { .client_ports = path_default_client_ports() };
	auto_reach struct reach *reach = reach_new(world, &options);
	struct endpoint		 endpoint;
	struct peers_query	 query = { .endpoint = &endpoint,
					   .asked = PACKET_SET_ALLOW,
					   .by = PARTY_BY_INSTANCE,
					   .is_brief = true };
	struct peers		 peers;
	struct err		 err;

	CHECK(endpoint_resolve("eni-1", world, NULL, &endpoint, &err) == 0);
	CHECK(peers_find(reach, &query, &peers, &err) == 0);
	for (size_t i = 0; i < peers.row_count; i++)
		CHECK(!str_is(peers.rows[i].party->label, "i-1"));
	CHECK(peers.total.ends == 1 && str_is(peers.rows[0].party->label, "i-2"));
	peers_done(&peers);
	endpoint_done(&endpoint);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_interface_has_the_peers_that_walks_find),
		cmocka_unit_test(ends_of_several_interfaces_are_peers_of_each_other),
		cmocka_unit_test(an_address_that_nobody_has_has_no_peers_to_speak_of),
		cmocka_unit_test(a_brief_answer_has_no_reasons),
		cmocka_unit_test(
			an_instance_that_only_its_interface_speaks_of_is_no_peer_of_its_own),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
