/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rival_z3.h"

#if WEIR_Z3
#include <stdio.h>
#include <stdlib.h>

#include <z3.h>

#include "lib/base/mem.h"

/* The header fields that rules look at, as unknowns. */
struct header {
	Z3_ast src, dst, protocol, port;
};

struct rival_members {
	size_t	 *firsts; /* of a group's among enis; one more than groups */
	uint32_t *enis;
};

struct formulas {
	Z3_context		    context;
	const struct rival_members *members;
	Z3_ast			   *parts; /* of a disjunction that is being put together */
	size_t			    count, capacity;
};

struct rival_pair {
	struct formulas formulas;
	struct header	there, back;
	Z3_solver	solver;
};

bool rival_is_here(void)
{
	return true;
}

const char *rival_version(void)
{
	return Z3_get_full_version();
}

static Z3_context new_context(unsigned timeout_ms)
{
	Z3_config  config = Z3_mk_config();
	Z3_context context;
	char	   text[16];

	snprintf(text, sizeof(text), "%u", timeout_ms);
	if (timeout_ms)
		Z3_set_param_value(config, "timeout", text);
	context = Z3_mk_context(config);
	Z3_del_config(config);
	return context;
}

static Z3_ast unknown(Z3_context context, const char *name, unsigned bits)
{
	return Z3_mk_const(context, Z3_mk_string_symbol(context, name),
			   Z3_mk_bv_sort(context, bits));
}

static Z3_ast number(Z3_context context, unsigned value, unsigned bits)
{
	return Z3_mk_unsigned_int(context, value, Z3_mk_bv_sort(context, bits));
}

static uint32_t value_of(struct ip ip)
{
	return (uint32_t)ip.bytes[0] << 24 | (uint32_t)ip.bytes[1] << 16 |
	       (uint32_t)ip.bytes[2] << 8 | ip.bytes[3];
}

/* The bits that the prefix covers are the block's. */
static Z3_ast in_block(Z3_context context, Z3_ast address, struct cidr cidr)
{
	unsigned low = 32U - cidr.prefix_len;

	if (cidr.base.family != IP_V4)
		return Z3_mk_false(context);
	if (cidr.prefix_len == 0)
		return Z3_mk_true(context);
	return Z3_mk_eq(context, Z3_mk_extract(context, 31, low, address),
			number(context, value_of(cidr.base) >> low, cidr.prefix_len));
}

static Z3_ast in_range(Z3_context context, Z3_ast port, struct port_range range)
{
	Z3_ast both[2] = { Z3_mk_bvuge(context, port, number(context, range.min, 16)),
			   Z3_mk_bvule(context, port, number(context, range.max, 16)) };

	if (range.min == range.max)
		return Z3_mk_eq(context, port, number(context, range.min, 16));
	return Z3_mk_and(context, 2, both);
}

/* Protocol and ports; of ICMP nothing is asked here. */
static Z3_ast covers(Z3_context context, const struct header *header, int16_t protocol,
		     struct port_range ports)
{
	Z3_ast both[2];

	if (protocol == PROTO_ANY)
		return Z3_mk_true(context);
	both[0] = Z3_mk_eq(context, header->protocol, number(context, (unsigned)protocol, 8));
	if (!proto_has_ports(protocol))
		return both[0];
	both[1] = in_range(context, header->port, ports);
	return Z3_mk_and(context, 2, both);
}

static void add_part(struct formulas *formulas, Z3_ast part)
{
	formulas->parts = mem_grow(formulas->parts, formulas->count, &formulas->capacity,
				   sizeof(*formulas->parts));
	formulas->parts[formulas->count++] = part;
}

/* Of the parts from `first` on, which are taken. */
static Z3_ast any_of(struct formulas *formulas, size_t first)
{
	Z3_ast any = Z3_mk_or(formulas->context, (unsigned)(formulas->count - first),
			      formulas->parts + first);

	formulas->count = first;
	return any;
}

struct rival_members *rival_members_new(const struct world *world)
{
	struct rival_members *members = mem_alloc(sizeof(*members));
	size_t		      count = 0;

	members->firsts = mem_alloc((world->counts[WORLD_SG] + 2) * sizeof(*members->firsts));
	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++)
		for (uint32_t j = 0; j < world->enis[i].sg_count; j++)
			if (world->enis[i].sg_idxs[j] != WORLD_NONE)
				members->firsts[world->enis[i].sg_idxs[j] + 2]++;
	for (size_t i = 0; i <= world->counts[WORLD_SG]; i++)
		count = members->firsts[i + 1] += count;
	members->enis = mem_alloc((count + 1) * sizeof(*members->enis));
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		for (uint32_t j = 0; j < world->enis[i].sg_count; j++)
			if (world->enis[i].sg_idxs[j] != WORLD_NONE)
				members->enis[members->firsts[world->enis[i].sg_idxs[j] + 1]++] = i;
	return members;
}

void rival_members_free(struct rival_members *members)
{
	if (!members)
		return;
	free(members->firsts);
	free(members->enis);
	free(members);
}

/* A reference stands for the addresses of the group's members. */
static Z3_ast is_member(struct formulas *formulas, const struct world *world, uint32_t sg_idx,
			Z3_ast address)
{
	const struct rival_members *members = formulas->members;
	size_t			    first = formulas->count;

	for (size_t i = members->firsts[sg_idx]; i < members->firsts[sg_idx + 1]; i++) {
		const struct eni *eni = &world->enis[members->enis[i]];

		for (uint32_t j = 0; j < eni->address_count; j++)
			add_part(formulas, in_block(formulas->context, address,
						    cidr_of_ip(eni->addresses[j].ip)));
	}
	return any_of(formulas, first);
}

static Z3_ast is_peer(struct formulas *formulas, const struct world *world,
		      const struct sg_rule *rule, Z3_ast address)
{
	size_t first = formulas->count;

	if (rule->peer_kind == PEER_CIDR)
		return in_block(formulas->context, address, rule->cidr);
	if (rule->peer_kind == PEER_GROUP)
		return is_member(formulas, world, rule->peer_idx, address);
	for (uint32_t i = 0; i < world->prefix_lists[rule->peer_idx].entry_count; i++)
		add_part(formulas, in_block(formulas->context, address,
					    world->prefix_lists[rule->peer_idx].entries[i]));
	return any_of(formulas, first);
}

static void add_rules(struct formulas *formulas, const struct world *world, const struct sg *sg,
		      bool egress, const struct header *header)
{
	Z3_context context = formulas->context;

	for (uint32_t i = 0; i < sg->rule_count; i++) {
		const struct sg_rule *rule = &sg->rules[i];
		Z3_ast		      both[2];

		if (rule->egress != egress)
			continue;
		both[0] = is_peer(formulas, world, rule, egress ? header->dst : header->src);
		both[1] = covers(context, header, rule->protocol, rule->ports);
		add_part(formulas, Z3_mk_and(context, 2, both));
	}
}

static Z3_ast groups_allow(struct formulas *formulas, const struct world *world, uint32_t eni_idx,
			   bool egress, const struct header *header)
{
	const struct eni *eni = &world->enis[eni_idx];
	size_t		  first = formulas->count;

	for (uint32_t i = 0; i < eni->sg_count; i++)
		add_rules(formulas, world, &world->sgs[eni->sg_idxs[i]], egress, header);
	return any_of(formulas, first);
}

/* The first rule that matches decides: the last one is the innermost. */
static Z3_ast acl_allows(const struct formulas *formulas, const struct nacl *nacl, bool egress,
			 const struct header *header)
{
	Z3_context context = formulas->context;
	Z3_ast	   answer = Z3_mk_false(context), peer = egress ? header->dst : header->src;

	for (uint32_t i = nacl->rule_count; i-- > 0;) {
		const struct nacl_rule *rule = &nacl->rules[i];
		Z3_ast			both[2] = { in_block(context, peer, rule->cidr),
						    covers(context, header, rule->protocol, rule->ports) };

		if (rule->egress == egress)
			answer = Z3_mk_ite(context, Z3_mk_and(context, 2, both),
					   rule->allow ? Z3_mk_true(context) : Z3_mk_false(context),
					   answer);
	}
	return answer;
}

static Z3_ast is_local(const struct formulas *formulas, const struct vpc *vpc,
		       const struct header *header)
{
	return in_block(formulas->context, header->dst, vpc->cidrs[0]);
}

/* From one subnet to another of the VPC, without groups. */
static Z3_ast crosses(const struct formulas *formulas, const struct world *world, uint32_t src,
		      uint32_t dst, const struct header *header)
{
	const struct subnet *from = &world->subnets[world->enis[src].subnet_idx];
	const struct subnet *to = &world->subnets[world->enis[dst].subnet_idx];
	Z3_ast		     parts[3];

	if (from == to)
		return Z3_mk_true(formulas->context);
	parts[0] = acl_allows(formulas, &world->nacls[from->nacl_idx], true, header);
	parts[1] = is_local(formulas, &world->vpcs[from->vpc_idx], header);
	parts[2] = acl_allows(formulas, &world->nacls[to->nacl_idx], false, header);
	return Z3_mk_and(formulas->context, 3, parts);
}

static struct header new_header(Z3_context context, const char *const names[static 4])
{
	return (struct header){ unknown(context, names[0], 32), unknown(context, names[1], 32),
				unknown(context, names[2], 8), unknown(context, names[3], 16) };
}

struct rival_pair *rival_pair_new(const struct world *world, const struct rival_members *members,
				  uint32_t src_eni_idx, uint32_t dst_eni_idx)
{
	static const char *const there[] = { "src", "dst", "protocol", "port" };
	static const char *const back[] = { "reply.src", "reply.dst", "reply.protocol",
					    "reply.port" };
	struct rival_pair	*pair = mem_alloc(sizeof(*pair));
	struct formulas		*formulas = &pair->formulas;
	Z3_context		 context = new_context(0);

	formulas->context = context;
	formulas->members = members;
	pair->there = new_header(context, there);
	pair->back = new_header(context, back);
	pair->solver = Z3_mk_solver(context);
	Z3_solver_inc_ref(context, pair->solver);
	Z3_solver_assert(context, pair->solver,
			 groups_allow(formulas, world, src_eni_idx, true, &pair->there));
	Z3_solver_assert(context, pair->solver,
			 crosses(formulas, world, src_eni_idx, dst_eni_idx, &pair->there));
	Z3_solver_assert(context, pair->solver,
			 groups_allow(formulas, world, dst_eni_idx, false, &pair->there));
	Z3_solver_assert(context, pair->solver,
			 crosses(formulas, world, dst_eni_idx, src_eni_idx, &pair->back));
	return pair;
}

void rival_pair_free(struct rival_pair *pair)
{
	if (!pair)
		return;
	Z3_solver_dec_ref(pair->formulas.context, pair->solver);
	Z3_del_context(pair->formulas.context);
	free(pair->formulas.parts);
	free(pair);
}

static void fix(const struct rival_pair *pair, const struct header *header,
		const struct packet *packet)
{
	Z3_context context = pair->formulas.context;
	Z3_ast	   unknowns[] = { header->src, header->dst, header->protocol, header->port };
	unsigned   values[] = { value_of(packet->src), value_of(packet->dst), packet->protocol,
				packet->dst_port };
	unsigned   bits[] = { 32, 32, 8, 16 };

	for (size_t i = 0; i < ARRAY_LEN(unknowns); i++)
		Z3_solver_assert(
			context, pair->solver,
			Z3_mk_eq(context, unknowns[i], number(context, values[i], bits[i])));
}

bool rival_pair_ask(struct rival_pair *pair, const struct packet *packet)
{
	Z3_context    context = pair->formulas.context;
	struct packet reply = packet_reply(packet);
	Z3_lbool      answer;

	Z3_solver_push(context, pair->solver);
	fix(pair, &pair->there, packet);
	fix(pair, &pair->back, &reply);
	answer = Z3_solver_check(context, pair->solver);
	Z3_solver_pop(context, pair->solver, 1);
	return answer == Z3_L_TRUE;
}

enum rival_answer rival_compare(const struct sg *a, const struct sg *b, unsigned timeout_ms)
{
	static const char *const names[] = { "src", "dst", "protocol", "port" };
	struct formulas		 formulas = { .context = new_context(timeout_ms) };
	Z3_context		 context = formulas.context;
	struct header		 header = new_header(context, names);
	Z3_solver solver = Z3_mk_solver_for_logic(context, Z3_mk_string_symbol(context, "QF_BV"));
	Z3_lbool  answer;
	Z3_ast	  sides[2];

	Z3_solver_inc_ref(context, solver);
	add_rules(&formulas, NULL, a, false, &header);
	sides[0] = any_of(&formulas, 0);
	add_rules(&formulas, NULL, b, false, &header);
	sides[1] = any_of(&formulas, 0);
	Z3_solver_assert(context, solver, Z3_mk_xor(context, sides[0], sides[1]));
	answer = Z3_solver_check(context, solver);
	Z3_solver_dec_ref(context, solver);
	Z3_del_context(context);
	free(formulas.parts);
	return answer == Z3_L_TRUE    ? RIVAL_DIFFERENT
	       : answer == Z3_L_FALSE ? RIVAL_SAME
				      : RIVAL_GAVE_UP;
}

#else

bool rival_is_here(void)
{
	return false;
}

const char *rival_version(void)
{
	return "";
}

struct rival_members *rival_members_new(const struct world *world)
{
	(void)world;
	return NULL;
}

void rival_members_free(struct rival_members *members)
{
	(void)members;
}

struct rival_pair *rival_pair_new(const struct world *world, const struct rival_members *members,
				  uint32_t src_eni_idx, uint32_t dst_eni_idx)
{
	(void)world;
	(void)members;
	(void)src_eni_idx;
	(void)dst_eni_idx;
	return NULL;
}

void rival_pair_free(struct rival_pair *pair)
{
	(void)pair;
}

bool rival_pair_ask(struct rival_pair *pair, const struct packet *packet)
{
	(void)pair;
	(void)packet;
	return false;
}

enum rival_answer rival_compare(const struct sg *a, const struct sg *b, unsigned timeout_ms)
{
	(void)a;
	(void)b;
	(void)timeout_ms;
	return RIVAL_GAVE_UP;
}

#endif
