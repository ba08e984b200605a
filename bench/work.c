/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { PEERS_MAX = 4096, RANGES_MAX = 256, SKEWED_TUPLES = 4096, SEED = 20260101, V6_PREFIX = 32 };

struct peer {
	uint32_t base;
	uint8_t	 prefix_len;
};

struct range {
	uint16_t min, max;
};

/* What the rules of a policy are drawn from: an office has few services and few ranges of clients. */
struct pool {
	struct peer  peers[PEERS_MAX];
	struct range ranges[RANGES_MAX];
	size_t	     peer_count, range_count, group_count;
};

static uint64_t next(struct work *work)
{
	work->seed ^= work->seed << 13;
	work->seed ^= work->seed >> 7;
	work->seed ^= work->seed << 17;
	return work->seed;
}

static uint32_t below(struct work *work, size_t limit)
{
	return (uint32_t)(next(work) % limit);
}

static uint32_t mask_of(unsigned prefix_len)
{
	return prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;
}

static void fill_pool(struct work *work, struct pool *pool)
{
	static const uint8_t lens[] = { 16, 20, 22, 24, 24, 26, 28, 32, 32, 32 };

	for (size_t i = 0; i < pool->peer_count; i++) {
		uint8_t	 len = lens[below(work, ARRAY_LEN(lens))];
		uint32_t base = below(work, 4) ? UINT32_C(0x0a000000) | below(work, 1 << 20)
					       : 0x10000000 + below(work, 0x90000000);

		pool->peers[i] = (struct peer){ base & mask_of(len), len };
	}
	for (size_t i = 0; i < pool->range_count; i++) {
		uint32_t min = below(work, 3) ? below(work, 10000) : below(work, 60000);

		pool->ranges[i] = (struct range){
			(uint16_t)min, (uint16_t)(below(work, 3) ? min : min + below(work, 500))
		};
	}
}

/* The members of groups have addresses of their own. */
static uint32_t member_of(size_t group, size_t member)
{
	return UINT32_C(0x0a800000) + (uint32_t)(group * 64 + member * 2);
}

struct ip work_v6(uint32_t address)
{
	uint8_t bytes[16] = { 0x20,
			      0x01,
			      0x0d,
			      0xb8,
			      (uint8_t)(address >> 24),
			      (uint8_t)(address >> 16),
			      (uint8_t)(address >> 8),
			      (uint8_t)address };

	return ip_from_bytes(IP_V6, bytes);
}

static void add_rule(struct work *work, struct work_rule rule)
{
	work->rules[work->rule_count++] = rule;
}

static void print_rule(FILE *out, const struct work *work, const struct work_rule *rule,
		       ptrdiff_t group)
{
	static const char *const protocols[] = { [0] = "-1", [6] = "tcp", [17] = "udp" };
	char			 address[IP_TEXT_SIZE];

	fprintf(out, "%s{\"IpProtocol\": \"%s\"", rule->rule_idx ? ",\n" : "\n",
		protocols[rule->protocol]);
	if (rule->protocol)
		fprintf(out, ", \"FromPort\": %u, \"ToPort\": %u", rule->port_min, rule->port_max);
	if (group >= 0) {
		fprintf(out, ", \"UserIdGroupPairs\": [{\"GroupId\": \"sg-m%td\"}]}", group);
	} else if (work->v6) {
		ip_print(work_v6(rule->base), address);
		fprintf(out, ", \"Ipv6Ranges\": [{\"CidrIpv6\": \"%s/%d\"}]}", address,
			V6_PREFIX + rule->prefix_len);
	} else {
		fprintf(out, ", \"IpRanges\": [{\"CidrIp\": \"%u.%u.%u.%u/%u\"}]}",
			rule->base >> 24, rule->base >> 16 & 255, rule->base >> 8 & 255,
			rule->base & 255, rule->prefix_len);
	}
}

/* Three in ten of the list's rules come from references. */
static void write_policy(struct work *work, const struct pool *pool, uint32_t policy,
			 size_t rule_count, FILE *out)
{
	size_t	 members = rule_count * 3 / 10 / WORK_MEMBERS * WORK_MEMBERS, made = 0;
	uint32_t rule_idx = 0;

	fprintf(out, "%s{\"GroupId\": \"sg-%u\", \"VpcId\": \"vpc-1\", \"IpPermissions\": [",
		policy ? ",\n" : "", policy);
	while (made < rule_count) {
		struct peer	 peer = pool->peers[below(work, pool->peer_count)];
		struct range	 range = pool->ranges[below(work, pool->range_count)];
		struct work_rule rule = { .base = peer.base,
					  .prefix_len = peer.prefix_len,
					  .protocol = below(work, 5) ? 6 : 17,
					  .port_min = range.min,
					  .port_max = range.max,
					  .policy = policy,
					  .rule_idx = rule_idx };
		bool		 is_group = below(work, rule_count - made) < members / WORK_MEMBERS;

		rule_idx++;
		if (!is_group && below(work, 40) == 0) {
			rule.protocol = 0;
			rule.port_min = 0;
			rule.port_max = UINT16_MAX;
		}
		if (is_group) {
			size_t group = below(work, pool->group_count);

			rule.prefix_len = 32;
			print_rule(out, work, &rule, (ptrdiff_t)group);
			for (size_t i = 0; i < WORK_MEMBERS; i++) {
				rule.base = member_of(group, i);
				add_rule(work, rule);
			}
			members -= members < WORK_MEMBERS ? members : WORK_MEMBERS;
			made += WORK_MEMBERS;
			continue;
		}
		print_rule(out, work, &rule, -1);
		add_rule(work, rule);
		made++;
	}
	fputs("], \"IpPermissionsEgress\": []}", out);
}

static void write_network(FILE *out)
{
	fputs("{\"Vpcs\": [{\"VpcId\": \"vpc-1\", \"CidrBlock\": \"172.31.0.0/16\"}]}\n"
	      "{\"Subnets\": [{\"SubnetId\": \"subnet-1\", \"VpcId\": \"vpc-1\", "
	      "\"CidrBlock\": \"172.31.0.0/20\"}, {\"SubnetId\": \"subnet-2\", \"VpcId\": "
	      "\"vpc-1\", \"CidrBlock\": \"10.128.0.0/9\"}]}\n"
	      "{\"NetworkAcls\": [{\"NetworkAclId\": \"acl-1\", \"VpcId\": \"vpc-1\", "
	      "\"IsDefault\": true, \"Entries\": [{\"RuleNumber\": 100, \"RuleAction\": "
	      "\"allow\", \"Egress\": false, \"Protocol\": \"-1\", \"CidrBlock\": "
	      "\"0.0.0.0/0\"}, {\"RuleNumber\": 100, \"RuleAction\": \"allow\", \"Egress\": "
	      "true, \"Protocol\": \"-1\", \"CidrBlock\": \"0.0.0.0/0\"}]}]}\n",
	      out);
}

static void write_member(const struct work *work, size_t group, size_t member, FILE *out)
{
	uint32_t ip = member_of(group, member);
	char	 address[IP_TEXT_SIZE];

	ip_print(work_v6(ip), address);
	fprintf(out,
		",\n{\"NetworkInterfaceId\": \"eni-m%zu-%zu\", \"VpcId\": \"vpc-1\", \"SubnetId\": "
		"\"subnet-2\", \"PrivateIpAddress\": \"%u.%u.%u.%u\", ",
		group, member, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	if (work->v6)
		fprintf(out, "\"Ipv6Addresses\": [{\"Ipv6Address\": \"%s\"}], ", address);
	fprintf(out, "\"Groups\": [{\"GroupId\": \"sg-m%zu\"}]}", group);
}

static void write_enis(const struct work *work, size_t groups, FILE *out)
{
	fputs("{\"NetworkInterfaces\": [", out);
	for (size_t i = 0; i < work->policy_count; i++)
		fprintf(out,
			"%s{\"NetworkInterfaceId\": \"eni-%zu\", \"VpcId\": \"vpc-1\", "
			"\"SubnetId\": \"subnet-1\", \"PrivateIpAddress\": \"172.31.%zu.%zu\", "
			"\"Groups\": [{\"GroupId\": \"sg-%zu\"}]}",
			i ? ",\n" : "", i, (i + 10) / 256, (i + 10) % 256, i);
	for (size_t group = 0; group < groups; group++)
		for (size_t member = 0; member < WORK_MEMBERS; member++)
			write_member(work, group, member, out);
	fputs("]}\n", out);
}

/* All policies of an account use its groups; each has blocks and services of its own. */
static void write_world(struct work *work, size_t rule_count, FILE *out)
{
	struct pool *pool = mem_alloc(sizeof(*pool));

	pool->group_count = rule_count * work->policy_count / 500 + 1;
	if (pool->group_count > 200)
		pool->group_count = 200;
	pool->peer_count = rule_count < 200 ? rule_count / 2 : rule_count < 2000 ? 250 : 900;
	pool->range_count = rule_count < 200 ? 15 : rule_count < 2000 ? 40 : 90;
	write_network(out);
	fputs("{\"SecurityGroups\": [\n", out);
	for (uint32_t i = 0; i < work->policy_count; i++) {
		fill_pool(work, pool);
		write_policy(work, pool, i, rule_count, out);
	}
	for (size_t i = 0; i < pool->group_count; i++)
		fprintf(out,
			",\n{\"GroupId\": \"sg-m%zu\", \"VpcId\": \"vpc-1\", \"IpPermissions\": "
			"[], \"IpPermissionsEgress\": []}",
			i);
	fputs("]}\n", out);
	write_enis(work, pool->group_count, out);
	free(pool);
}

struct work *work_new(size_t policies, size_t rules_a_policy, bool v6)
{
	struct work    *work = mem_alloc(sizeof(*work));
	struct err_list errors;
	char		path[64];
	FILE	       *out = tmpfile();

	if (!out) {
		perror("tmpfile");
		exit(1);
	}
	work->seed = SEED;
	work->v6 = v6;
	work->policy_count = policies;
	work->rules = mem_alloc(policies * (rules_a_policy + WORK_MEMBERS) * sizeof(*work->rules));
	write_world(work, rules_a_policy, out);
	fflush(out);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(out));
	work->world = world_open(path, &errors);
	fclose(out);
	if (!work->world) {
		fprintf(stderr, "line %u: %s\n", errors.items[0].line, errors.items[0].text);
		exit(1);
	}
	work->eni_of = mem_alloc(policies * sizeof(*work->eni_of));
	for (size_t i = 0; i < policies; i++) {
		snprintf(path, sizeof(path), "eni-%zu", i);
		work->eni_of[i] = world_index(work->world, WORLD_ENI, str_of(path));
	}
	return work;
}

void work_free(struct work *work)
{
	world_free(work->world);
	free(work->rules);
	free(work->eni_of);
	free(work);
}

/* Three in four are on a rule, as far as its own peer and ports go; the rest is noise. */
static struct work_tuple fresh_tuple(struct work *work)
{
	const struct work_rule *rule = &work->rules[below(work, work->rule_count)];
	struct work_tuple	tuple = { .policy = rule->policy,
					  .protocol = below(work, 5) ? 6 : 17,
					  .peer = rule->base,
					  .port = rule->port_min };

	tuple.peer |= (uint32_t)next(work) & ~mask_of(rule->prefix_len);
	tuple.port = (uint16_t)(tuple.port +
				below(work, (size_t)rule->port_max - rule->port_min + 1));
	if (below(work, 4) == 0)
		tuple.peer = UINT32_C(0x0a000000) | ((uint32_t)next(work) & 0xffffff);
	if (below(work, 4) == 0)
		tuple.port = (uint16_t)next(work);
	return tuple;
}

void work_tuples(struct work *work, bool skewed, struct work_tuple *tuples, size_t count)
{
	struct work_tuple few[SKEWED_TUPLES];

	for (size_t i = 0; i < SKEWED_TUPLES; i++)
		few[i] = fresh_tuple(work);
	for (size_t i = 0; i < count; i++) {
		/* Of log-uniform rank: the n-th most frequent is about 1/n as frequent as the first. */
		uint32_t bits = below(work, 12) + 1, rank = below(work, (size_t)1 << bits);

		tuples[i] = skewed ? few[rank % SKEWED_TUPLES] : fresh_tuple(work);
	}
}
