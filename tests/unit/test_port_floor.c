/* SPDX-License-Identifier: Apache-2.0 */
/* Which ports are one to the engine, and whose flags it need not remember.  DHCP has 67, 68, 546 and 547. */
#include "tests/unit/unit.h"

#include "lib/base/mem.h"
#include "simulator/flows/port_floor.h"
#include "tests/unit/judged_line.h"

#define NODE_PORTS                                                                                 \
	"{'IpProtocol': 'tcp', 'FromPort': 30000, 'ToPort': 32767, 'IpRanges': [{'CidrIp': "       \
	"'0.0.0.0/0'}]}"

static struct port_floor *floor_of(const char *estate)
{
	auto_world struct world *world = estate_open(estate);

	return port_floor_new(world, NULL);
}

TEST(ports_are_one_between_the_borders_and_a_named_port_is_itself)
{
	static const struct {
		uint16_t port, lowest;
	} cases[] = {
		{ 1023, 548 },	  { 1024, 1024 },   { 29999, 1024 },
		{ 30000, 30000 }, { 30123, 30123 }, { 32767, 32767 },
		{ 32768, 32768 }, { 65535, 32768 }, { 443, 443 },
	};
	auto_free struct port_floor *floor = floor_of(NET SG_1(TCP("443") ", " NODE_PORTS, ALL));

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (floor->lowest[cases[i].port] != cases[i].lowest)
			fail_msg("%u is %u", cases[i].port, floor->lowest[cases[i].port]);
}

TEST(flags_are_remembered_unless_nothing_speaks_against_the_numbers_of_the_ports)
{
	static const struct {
		uint16_t  src, dst;
		enum role role;
		bool	  tells;
	} cases[] = {
		{ 40000, 443, ROLE_INITIATOR, true },	 { 443, 40000, ROLE_REPLY, true },
		{ 443, 40000, ROLE_INITIATOR, false },	 { 40000, 30123, ROLE_INITIATOR, true },
		{ 443, 30123, ROLE_REPLY, false },	 { 40000, 9999, ROLE_INITIATOR, false },
		{ 30123, 9999, ROLE_INITIATOR, false },	 { 40000, 443, ROLE_UNKNOWN, false },
		{ 40000, 50000, ROLE_INITIATOR, false }, { 9999, 443, ROLE_INITIATOR, true },
	};
	auto_free struct port_floor *floor = floor_of(NET SG_1(NODE_PORTS, ALL));

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (port_floor_tells(floor, cases[i].role, cases[i].src, cases[i].dst) !=
		    cases[i].tells)
			fail_msg("%u to %u", cases[i].src, cases[i].dst);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_one_between_the_borders_and_a_named_port_is_itself),
		cmocka_unit_test(
			flags_are_remembered_unless_nothing_speaks_against_the_numbers_of_the_ports),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
