/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/lpm.h"

#include <stdlib.h>

#include "lib/base/mem.h"

struct lpm_node {
	struct cidr prefix;
	bool	    has_value;
	uint32_t    value;
	uint32_t    child[2]; /* 0: none */
};

void lpm_done(struct lpm *lpm)
{
	free(lpm->nodes);
	*lpm = (struct lpm){ 0 };
}

static uint32_t node_new(struct lpm *lpm, struct cidr prefix)
{
	if (lpm->count == 0)
		lpm->count = 1; /* node 0 means none */
	lpm->nodes = mem_grow(lpm->nodes, lpm->count, &lpm->capacity, sizeof(*lpm->nodes));
	lpm->nodes[lpm->count] = (struct lpm_node){ .prefix = prefix };
	return (uint32_t)lpm->count++;
}

static unsigned common_bits(struct cidr a, struct cidr b)
{
	unsigned max = a.prefix_len < b.prefix_len ? a.prefix_len : b.prefix_len;
	unsigned bits = 0;

	while (bits < max && ip_bit(a.base, bits) == ip_bit(b.base, bits))
		bits++;
	return bits;
}

/* Puts a node for the bits that old and cidr share above old.  Returns the node that is cidr itself. */
static uint32_t fork_node(struct lpm *lpm, uint32_t old, struct cidr cidr, unsigned shared,
			  uint32_t *above)
{
	struct cidr prefix = { .base = ip_mask(cidr.base, shared), .prefix_len = (uint8_t)shared };
	uint32_t    fork = node_new(lpm, prefix), leaf = fork;

	lpm->nodes[fork].child[ip_bit(lpm->nodes[old].prefix.base, shared)] = old;
	if (shared < cidr.prefix_len) {
		leaf = node_new(lpm, cidr);
		lpm->nodes[fork].child[ip_bit(cidr.base, shared)] = leaf;
	}
	*above = fork;
	return leaf;
}

/* The node that is exactly cidr, made when it is not there. */
static uint32_t node_of(struct lpm *lpm, struct cidr cidr)
{
	uint32_t *root = cidr.base.family == IP_V4 ? &lpm->root_v4 : &lpm->root_v6;
	uint32_t  parent = 0, node = *root, made;
	unsigned  side = 0;

	while (node) {
		const struct lpm_node *at = &lpm->nodes[node];
		unsigned	       shared = common_bits(at->prefix, cidr);
		uint32_t	       above;

		if (shared == at->prefix.prefix_len && shared == cidr.prefix_len)
			return node;
		if (shared < at->prefix.prefix_len) {
			made = fork_node(lpm, node, cidr, shared, &above);
			if (parent)
				lpm->nodes[parent].child[side] = above;
			else
				*root = above;
			return made;
		}
		parent = node;
		side = ip_bit(cidr.base, shared);
		node = at->child[side];
	}
	made = node_new(lpm, cidr);
	if (parent)
		lpm->nodes[parent].child[side] = made;
	else
		*root = made;
	return made;
}

bool lpm_put(struct lpm *lpm, struct cidr cidr, uint32_t value)
{
	struct lpm_node *node = NULL;
	uint32_t	 index = node_of(lpm, cidr);
	bool		 is_new;

	node = &lpm->nodes[index];
	is_new = !node->has_value;
	node->has_value = true;
	node->value = value;
	return is_new;
}

bool lpm_find(const struct lpm *lpm, struct ip ip, uint32_t *value, struct cidr *matched)
{
	uint32_t node = ip.family == IP_V4 ? lpm->root_v4 : lpm->root_v6;
	bool	 found = false;

	while (node) {
		const struct lpm_node *at = &lpm->nodes[node];

		if (!cidr_has(at->prefix, ip))
			break;
		if (at->has_value) {
			found = true;
			*value = at->value;
			if (matched)
				*matched = at->prefix;
		}
		if (at->prefix.prefix_len == ip_bits(ip))
			break;
		node = at->child[ip_bit(ip, at->prefix.prefix_len)];
	}
	return found;
}

bool lpm_get(const struct lpm *lpm, struct cidr cidr, uint32_t *value)
{
	uint32_t node = cidr.base.family == IP_V4 ? lpm->root_v4 : lpm->root_v6;

	while (node) {
		const struct lpm_node *at = &lpm->nodes[node];

		if (!cidr_covers(at->prefix, cidr))
			return false;
		if (at->prefix.prefix_len == cidr.prefix_len) {
			if (at->has_value)
				*value = at->value;
			return at->has_value;
		}
		node = at->child[ip_bit(cidr.base, at->prefix.prefix_len)];
	}
	return false;
}
