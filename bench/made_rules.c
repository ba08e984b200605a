/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made_rules.h"

#include <stdlib.h>

#include "bench/made_estate.h"
#include "lib/base/mem.h"

struct rule {
	uint32_t base, prefix_len, from, to;
	bool	 is_udp;
	uint64_t order;
};

static uint32_t part(uint64_t hash, unsigned at, uint32_t sides)
{
	return (uint32_t)(hash >> at & 0xffff) % sides;
}

/* Blocks of 64 networks, one in the other at times; ports of a few services, and ranges. */
static struct rule rule_at(uint32_t index)
{
	uint64_t    hash = made_hash(index);
	uint32_t    network = 3 + part(hash, 0, 64), prefix_len = 12 + part(hash, 16, 17);
	struct rule rule = { .base = network << 24 | (uint32_t)(hash >> 40 & 0xffffff),
			     .prefix_len = prefix_len,
			     .from = 1 + part(hash, 32, 60000),
			     .is_udp = hash >> 63 };

	rule.base &= UINT32_MAX << (32 - prefix_len);
	rule.to = rule.from + part(made_hash(hash), 0, index % 3 ? 1 : 2000);
	return rule;
}

/* The first rule has ports that no other has. */
static struct rule own_rule(bool is_different)
{
	return (struct rule){
		.base = 8U << 24, .prefix_len = 8, .from = 64000, .to = is_different ? 64004 : 64005
	};
}

static int compare_orders(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static size_t put(struct rule *rules, size_t count, struct rule rule)
{
	rule.order = made_hash(count + 1000003);
	rules[count] = rule;
	return count + 1;
}

/* One in eight in two halves. */
static size_t rewrite(struct rule *rules, uint32_t rule_count, bool is_different)
{
	size_t count = put(rules, 0, own_rule(is_different));

	for (uint32_t i = 1; i < rule_count; i++) {
		struct rule rule = rule_at(i), half = rule;

		if (i % 16 == 1 && rule.to > rule.from) {
			half.to = rule.from + (rule.to - rule.from) / 2;
			rule.from = half.to + 1;
			count = put(rules, count, half);
		} else if (i % 8 == 2) {
			half.prefix_len = ++rule.prefix_len;
			rule.base |= 1U << (32 - rule.prefix_len);
			count = put(rules, count, half);
		}
		count = put(rules, count, rule);
	}
	qsort(rules, count, sizeof(*rules), compare_orders);
	return count;
}

static void write_group(FILE *out, char name, const struct rule *rules, size_t count)
{
	fprintf(out,
		"{\"SecurityGroups\": [{\"GroupId\": \"sg-%c\", \"VpcId\": \"vpc-1\", "
		"\"IpPermissionsEgress\": [], \"IpPermissions\": [",
		name);
	for (size_t i = 0; i < count; i++)
		fprintf(out,
			"%s\n{\"IpProtocol\": \"%s\", \"FromPort\": %u, \"ToPort\": %u, "
			"\"IpRanges\": [{\"CidrIp\": \"%u.%u.%u.%u/%u\"}]}",
			i ? "," : "", rules[i].is_udp ? "udp" : "tcp", rules[i].from, rules[i].to,
			rules[i].base >> 24, rules[i].base >> 16 & 255, rules[i].base >> 8 & 255,
			rules[i].base & 255, rules[i].prefix_len);
	fputs("]}]}\n", out);
}

void made_rules_write(FILE *out, uint32_t rule_count, bool is_different)
{
	struct rule *rules = mem_alloc((2 * (size_t)rule_count + 1) * sizeof(*rules));

	fputs("{\"Vpcs\": [{\"VpcId\": \"vpc-1\", \"CidrBlock\": \"172.16.0.0/16\"}], \"Subnets\": "
	      "[{\"SubnetId\": \"subnet-1\", \"VpcId\": \"vpc-1\", \"CidrBlock\": "
	      "\"172.16.0.0/24\"}]}\n{\"NetworkInterfaces\": [",
	      out);
	for (int i = 0; i < 2; i++)
		fprintf(out,
			"%s{\"NetworkInterfaceId\": \"eni-%c\", \"VpcId\": \"vpc-1\", "
			"\"SubnetId\": \"subnet-1\", \"PrivateIpAddress\": \"172.16.0.%d\", "
			"\"Groups\": [{\"GroupId\": \"sg-%c\"}]}",
			i ? ", " : "", 'a' + i, 10 + i, 'a' + i);
	fputs("]}\n", out);
	rules[0] = own_rule(false);
	for (uint32_t i = 1; i < rule_count; i++)
		rules[i] = rule_at(i);
	write_group(out, 'a', rules, rule_count);
	write_group(out, 'b', rules, rewrite(rules, rule_count, is_different));
	free(rules);
}
