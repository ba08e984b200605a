/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { TOKEN_MAX = 64 };

static unsigned roll(struct dice *dice, unsigned sides)
{
	return (unsigned)dice_roll(dice, sides);
}

void plan_item(struct plan *plan, unsigned index)
{
	buf_add_text(&plan->text, index ? ",\n" : "\n");
}

unsigned plan_vpc_octet(const struct plan *plan, unsigned vpc)
{
	return plan->overlap && vpc ? 1 : vpc;
}

unsigned plan_subnet_octet(const struct plan *plan, unsigned subnet)
{
	return plan->overlap ? subnet / plan->vpcs : subnet;
}

static void print_masked(struct ip ip, unsigned prefix_len, char out[static CIDR_TEXT_SIZE])
{
	cidr_print(
		(struct cidr){ .base = ip_mask(ip, prefix_len), .prefix_len = (uint8_t)prefix_len },
		out);
}

/* Of the internet, of private networks beside the VPCs, and of neither. */
static struct ip outside_ip(struct dice *dice)
{
	static const uint8_t starts[][2] = { { 3, 0 },	  { 52, 1 },	{ 54, 2 },  { 100, 64 },
					     { 172, 16 }, { 192, 168 }, { 203, 0 }, { 10, 200 },
					     { 198, 19 }, { 224, 0 } };
	const uint8_t	    *start = starts[roll(dice, ARRAY_LEN(starts))];

	return ip_v4(start[0], start[1], (uint8_t)roll(dice, 3), (uint8_t)roll(dice, 256));
}

struct ip plan_ip(struct plan *plan, bool v6)
{
	struct dice *dice = plan->dice;
	uint8_t	     bytes[16] = {
		     0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)roll(dice, 3), 0, (uint8_t)roll(dice, 4)
	};

	if (!v6 && plan->routed && dice_one_in(dice, 3))
		return outside_ip(dice);
	if (!v6 && dice_one_in(dice, 4))
		return ip_v4((uint8_t)roll(dice, 256), (uint8_t)roll(dice, 4), 0,
			     (uint8_t)roll(dice, 256));
	if (!v6)
		return ip_v4(10, (uint8_t)roll(dice, 3), (uint8_t)roll(dice, 4),
			     (uint8_t)roll(dice, dice_one_in(dice, 2) ? 16 : 256));
	bytes[0] = dice_one_in(dice, 8) ? 0xfd : bytes[0];
	bytes[15] = (uint8_t)roll(dice, 20);
	bytes[9] = dice_one_in(dice, 4) ? (uint8_t)roll(dice, 4) : 0;
	return ip_from_bytes(IP_V6, bytes);
}

void plan_cidr(struct plan *plan, bool v6, char out[static CIDR_TEXT_SIZE])
{
	static const unsigned v4_lens[] = { 0, 1, 8, 9, 12, 16, 20, 23, 24, 25, 28, 31, 32, 32 };
	static const unsigned v6_lens[] = {
		0, 7, 32, 48, 56, 63, 64, 65, 72, 96, 120, 127, 128, 128
	};
	struct ip ip = plan_ip(plan, v6);

	print_masked(ip,
		     v6 ? v6_lens[roll(plan->dice, ARRAY_LEN(v6_lens))]
			: v4_lens[roll(plan->dice, ARRAY_LEN(v4_lens))],
		     out);
}

static unsigned some_port(struct dice *dice)
{
	static const unsigned ports[] = { 0, 22, 53, 67, 68, 80, 443, 546, 547, 1024, 8080, 65535 };

	return dice_one_in(dice, 3) ? roll(dice, 65536) : ports[roll(dice, ARRAY_LEN(ports))];
}

static const char *some_protocol(struct dice *dice, char out[static TOKEN_MAX])
{
	static const char *const names[] = { "-1", "tcp", "tcp", "tcp", "udp", "icmp", "icmpv6" };

	if (dice_one_in(dice, 10)) {
		snprintf(out, TOKEN_MAX, "%u", roll(dice, 256));
		return out;
	}
	return names[roll(dice, ARRAY_LEN(names))];
}

void plan_lists(struct plan *plan)
{
	char cidr[CIDR_TEXT_SIZE];

	buf_add_text(&plan->text, "{'PrefixLists': [");
	for (unsigned i = 0; i < plan->lists; i++) {
		plan_item(plan, i);
		buf_printf(&plan->text, "{'PrefixListId': 'pl-%u'", i);
		if (!dice_one_in(plan->dice, 4)) {
			unsigned count = roll(plan->dice, 6);

			buf_add_text(&plan->text, ", 'Entries': [");
			for (unsigned j = 0; j < count; j++) {
				plan_cidr(plan, plan->v6 && dice_one_in(plan->dice, 3), cidr);
				buf_printf(&plan->text, "%s{'Cidr': '%s'}", j ? ", " : "", cidr);
			}
			buf_add_char(&plan->text, ']');
		}
		buf_add_char(&plan->text, '}');
	}
	buf_add_text(&plan->text, "]}\n");
}

/* FromPort and ToPort of a permission, for ICMP its type and code. */
static void add_ports(struct plan *plan, const char *protocol)
{
	unsigned from = some_port(plan->dice), to = some_port(plan->dice), swap = from;

	if (strncmp(protocol, "icmp", 4) == 0 || strcmp(protocol, "1") == 0 ||
	    strcmp(protocol, "58") == 0) {
		int type = (int)roll(plan->dice, 12) - 1, code = (int)roll(plan->dice, 4) - 1;

		buf_printf(&plan->text, ", 'FromPort': %d, 'ToPort': %d", type, code);
		return;
	}
	if (dice_one_in(plan->dice, 2))
		to = from;
	from = from < to ? from : to;
	to = swap > to ? swap : to;
	if (dice_one_in(plan->dice, 6))
		buf_add_text(&plan->text, ", 'FromPort': -1, 'ToPort': -1");
	else
		buf_printf(&plan->text, ", 'FromPort': %u, 'ToPort': %u", from, to);
}

static void add_reference(struct plan *plan)
{
	static const char *const statuses[] = { "active", "deleted", "pending-acceptance" };

	buf_printf(&plan->text, "{'GroupId': 'sg-%u'", roll(plan->dice, plan->groups + 1));
	if (dice_one_in(plan->dice, 5))
		buf_printf(&plan->text, ", 'PeeringStatus': '%s'",
			   statuses[roll(plan->dice, ARRAY_LEN(statuses))]);
	buf_add_char(&plan->text, '}');
}

void plan_permission(struct plan *plan)
{
	static const char *const lists[] = { "IpRanges", "Ipv6Ranges", "PrefixListIds",
					     "UserIdGroupPairs" };
	char			 token[TOKEN_MAX], cidr[CIDR_TEXT_SIZE];
	const char		*protocol = some_protocol(plan->dice, token);

	buf_printf(&plan->text, "{'IpProtocol': '%s'", protocol);
	if (strcmp(protocol, "-1") != 0)
		add_ports(plan, protocol);
	for (unsigned kind = 0; kind < ARRAY_LEN(lists); kind++) {
		unsigned count = roll(plan->dice, kind == 0 ? 3 : 2);

		buf_printf(&plan->text, ", '%s': [", lists[kind]);
		for (unsigned i = 0; i < count && (plan->v6 || kind != 1); i++) {
			buf_add_text(&plan->text, i ? ", " : "");
			if (kind < 2) {
				plan_cidr(plan, kind == 1, cidr);
				buf_printf(&plan->text, "{'%s': '%s'}",
					   kind ? "CidrIpv6" : "CidrIp", cidr);
			} else if (kind == 2) {
				buf_printf(&plan->text, "{'PrefixListId': 'pl-%u'}",
					   roll(plan->dice, plan->lists + 1));
			} else {
				add_reference(plan);
			}
		}
		buf_add_char(&plan->text, ']');
	}
	buf_add_char(&plan->text, '}');
}

void plan_entry(struct plan *plan, unsigned number)
{
	bool	    v6 = plan->v6 && dice_one_in(plan->dice, 3);
	char	    token[TOKEN_MAX], cidr[CIDR_TEXT_SIZE];
	const char *protocol = some_protocol(plan->dice, token);
	unsigned    from = some_port(plan->dice), to = some_port(plan->dice);

	plan_cidr(plan, v6, cidr);
	buf_printf(&plan->text,
		   "{'RuleNumber': %u, 'RuleAction': '%s', 'Egress': %s, 'Protocol': '%s', "
		   "'%s': '%s'",
		   number, dice_one_in(plan->dice, 3) ? "deny" : "allow",
		   dice_one_in(plan->dice, 2) ? "true" : "false", protocol,
		   v6 ? "Ipv6CidrBlock" : "CidrBlock", cidr);
	buf_printf(&plan->text,
		   ", 'PortRange': {'From': %u, 'To': %u}, 'IcmpTypeCode': {'Type': %d, 'Code': "
		   "%d}}",
		   from < to ? from : to, from < to ? to : from, (int)roll(plan->dice, 12) - 1,
		   (int)roll(plan->dice, 4) - 1);
}

void plan_quote(struct plan *plan)
{
	struct buf *text = &plan->text;

	for (size_t i = 0; i < text->len; i++)
		text->data[i] = text->data[i] == '\'' ? '"' : text->data[i];
}

struct world *plan_load(struct plan *plan)
{
	struct buf     *text = &plan->text;
	struct err_list errors;
	struct world   *world;
	char		path[TOKEN_MAX];
	int		fd = memfd_create("world", MFD_CLOEXEC);

	plan_quote(plan);
	if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	world = world_open(path, &errors);
	close(fd);
	if (!world) {
		fprintf(stderr, "%s\nline %u: %s\n", text->data, errors.items[0].line,
			errors.items[0].text);
		exit(2);
	}
	buf_done(text);
	return world;
}
