/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/scope.h"

#include "policies/rules/service.h"

int scope_add_vpc_cidr(struct scope *scope, const char *text, struct err *err)
{
	struct cidr cidr;

	if (scope->vpc_count == SCOPE_CIDRS_MAX)
		return err_set(err, ERR_USAGE, "more than %d blocks", SCOPE_CIDRS_MAX);
	if (cidr_parse(str_of(text), &cidr, err) < 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	scope->vpc[scope->vpc_count++] = cidr;
	return 0;
}

struct blocks {
	const struct cidr *items;
	size_t		   count;
};

static struct blocks blocks_of(const struct scope *scope, const struct eni *eni)
{
	if (eni->vpc_cidr_count)
		return (struct blocks){ eni->vpc_cidrs, eni->vpc_cidr_count };
	return (struct blocks){ scope->vpc, scope->vpc_count };
}

bool scope_is_in_vpc(const struct scope *scope, const struct eni *eni, struct ip ip)
{
	struct blocks vpc = blocks_of(scope, eni);

	for (size_t i = 0; i < vpc.count; i++)
		if (cidr_has(vpc.items[i], ip))
			return true;
	return false;
}

/* The resolver is the base + 2 of the VPC's primary block. */
static bool is_left_out(const struct scope *scope, const struct eni *eni, struct ip peer,
			const struct packet *packet)
{
	struct blocks vpc = blocks_of(scope, eni);

	if (vpc.count && vpc.items[0].base.family == IP_V4 &&
	    ip_eq(peer, ip_add(vpc.items[0].base, 2)))
		return true;
	if (eni->router.family != IP_NONE && ip_eq(peer, eni->router))
		return true;
	return service_is_left_out(peer, packet);
}

/* Of a flow without direction either end may be the far one. */
bool scope_has(const struct scope *scope, const struct eni *eni, const struct flow_key *key)
{
	struct packet packet = { .src = flow_key_src(key),
				 .dst = flow_key_dst(key),
				 .protocol = key->protocol,
				 .src_port = key->src_port,
				 .dst_port = key->dst_port,
				 .icmp_type = -1,
				 .icmp_code = -1 };

	if (scope->all)
		return true;
	if (key->direction != FLOW_INGRESS && is_left_out(scope, eni, packet.dst, &packet))
		return false;
	return key->direction == FLOW_EGRESS || !is_left_out(scope, eni, packet.src, &packet);
}
