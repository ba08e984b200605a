/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the edge of the subnet says: first what is never filtered, then what does not cross it, then the ACL.
 *
 * An ACL's rules are looked at in order, and one that only may match decides in one reading of the packet.
 * Three numbers of a column tell all of it: the first rule that matches for certain, and the first among
 * those that may match which allows and which denies.  Each is a smallest number, so that a block's row comes
 * from the row of the block around it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "policies/match/draft.h"
#include "policies/rules/exempt.h"

#define NO_RULE UINT32_MAX

/* What a block of the sweep is: a rule of the ACL by index, or one of these. */
enum { BLOCK_INSIDE = 1U << 31, BLOCK_EXEMPT = 1U << 30 };

enum { STATE_YES, STATE_MAYBE_ALLOW, STATE_MAYBE_DENY, STATE_COUNT };

/* What holds in the blocks around the place, outermost first. */
struct level {
	bool	 inside;
	uint32_t exempt; /* index of the peer, or NO_RULE */
};

struct sweep {
	const struct draft *draft;
	struct rows	   *rows;
	size_t		    width, depth_room;
	uint32_t	   *states; /* STATE_COUNT rows for each depth */
	struct level	    levels[BLOCK_DEPTH_MAX];
	uint32_t	   *row;
	bool		   *asks;	/* columns that depend on the source port */
	const bool	   *is_service; /* of the exempt peers: whatever the ports */
};

static void apply(struct sweep *sweep, uint32_t rule_idx, uint32_t *states)
{
	const struct nacl_rule *rule = &sweep->draft->nacl->rules[rule_idx];
	struct header header = { rule->protocol, rule->ports, rule->icmp_type, rule->icmp_code };
	struct cover  covers[COVERS_MAX];
	size_t	      count = header_covers(&header, covers);

	for (size_t i = 0; i < count; i++) {
		struct cover columns = axis_columns(&sweep->draft->axis, covers[i]);
		unsigned     state = !columns.maybe ? STATE_YES
				     : rule->allow  ? STATE_MAYBE_ALLOW
						    : STATE_MAYBE_DENY;
		uint32_t    *row = states + state * sweep->width;

		for (uint32_t column = columns.first; column <= columns.last; column++)
			row[column] = row[column] < rule_idx ? row[column] : rule_idx;
	}
}

/* nacl_decide's way of concluding, from the three numbers. */
static uint32_t conclude(const struct nacl *nacl, uint32_t yes, uint32_t may_allow,
			 uint32_t may_deny)
{
	uint32_t maybe = may_allow < may_deny ? may_allow : may_deny;
	bool	 split = may_allow < yes && may_deny < yes;
	bool	 allow = yes != NO_RULE && nacl->rules[yes].allow;

	if (maybe < yes && (split || nacl->rules[maybe].allow != allow))
		return EDGE_RULE + 2 * maybe + 1;
	return yes == NO_RULE ? EDGE_UNMATCHED : EDGE_RULE + 2 * yes;
}

static uint32_t put_row(struct sweep *sweep, const struct level *level, const uint32_t *states)
{
	size_t width = sweep->width;

	for (size_t i = 0; i < width; i++) {
		uint32_t code = EDGE_NO_NACL;

		if (level->exempt != NO_RULE)
			code = EDGE_EXEMPT + level->exempt;
		else if (level->inside)
			code = EDGE_INSIDE;
		else if (sweep->draft->nacl)
			code = conclude(sweep->draft->nacl, states[i], states[width + i],
					states[2 * width + i]);
		if (sweep->asks[i] &&
		    (level->exempt == NO_RULE || !sweep->is_service[level->exempt]))
			code = EDGE_ASK;
		sweep->row[i] = code;
	}
	return rows_put(sweep->rows, sweep->row);
}

static uint32_t row_of_block(void *context, unsigned depth, const struct peer_block *blocks,
			     size_t count)
{
	struct sweep *sweep = context;
	size_t	      cells = sweep->width * STATE_COUNT;
	struct level *level = &sweep->levels[depth];
	uint32_t     *states;

	if (depth >= sweep->depth_room) {
		sweep->depth_room = depth + 8;
		sweep->states = mem_resize(sweep->states, sweep->depth_room,
					   cells * sizeof(*sweep->states));
	}
	states = sweep->states + depth * cells;
	if (depth == 0) {
		memset(states, 0xff, cells * sizeof(*states));
		*level = (struct level){ .exempt = NO_RULE };
	} else {
		memcpy(states, states - cells, cells * sizeof(*states));
		*level = level[-1];
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t item = blocks[i].item, peer = item & ~(uint32_t)BLOCK_EXEMPT;

		if (item & BLOCK_INSIDE)
			level->inside = true;
		else if (!(item & BLOCK_EXEMPT))
			apply(sweep, item, states);
		else if (peer < level->exempt) /* the first in the specification's order */
			level->exempt = peer;
	}
	return put_row(sweep, level, states);
}

/* The peers that are exempt whatever the packet, of those that may be. */
static void add_exempt(struct sweep *sweep, bool is_service[static EXEMPT_PEERS_MAX],
		       struct blocks lists[static SPAN_FAMILY_COUNT])
{
	const struct world *world = sweep->draft->world;
	struct ip	    peers[EXEMPT_PEERS_MAX];
	uint32_t	    subnet_idx = sweep->draft->eni->subnet_idx;
	size_t		    count = exempt_peers(world, subnet_idx, peers);
	struct packet	    plain = { .protocol = PROTO_TCP };
	struct packet	    dhcp = { .protocol = PROTO_UDP,
				     .src_port = dhcp_ports[0],
				     .dst_port = dhcp_ports[1] };

	for (size_t i = 0; i < count; i++) {
		const char *what = exempt_from_rules(world, subnet_idx, peers[i], &plain);

		if (!what)
			continue;
		is_service[i] = exempt_from_rules(world, subnet_idx, peers[i], &dhcp) == what;
		blocks_add(lists, cidr_of_ip(peers[i]), BLOCK_EXEMPT | (uint32_t)i);
	}
}

static void add_blocks(const struct draft *draft, struct blocks lists[static SPAN_FAMILY_COUNT])
{
	uint32_t subnet_idx = draft->eni->subnet_idx;

	if (subnet_idx != WORLD_NONE) {
		const struct subnet *subnet = &draft->world->subnets[subnet_idx];

		for (uint32_t i = 0; i < subnet->cidr_count; i++)
			blocks_add(lists, subnet->cidrs[i], BLOCK_INSIDE);
	}
	for (uint32_t i = 0; draft->nacl && i < draft->nacl->rule_count; i++)
		if (draft->nacl->rules[i].egress == draft->egress)
			blocks_add(lists, draft->nacl->rules[i].cidr, i);
}

/* What is decided inside the subnet on a row of what is decided outside. */
struct stray {
	const struct draft *draft;
	struct rows	   *rows;
	uint32_t	   *row;
};

static uint32_t row_of_stray(void *context, const uint32_t *values)
{
	struct stray   *stray = context;
	uint32_t	owner = values[1];
	const uint32_t *row = rows_at(stray->rows, values[0]);

	if (owner == WORLD_NONE ||
	    stray->draft->world->enis[owner / 2].subnet_idx != stray->draft->eni->subnet_idx)
		return values[0];
	for (size_t i = 0; i < stray->rows->width; i++) {
		bool stays = row[i] == EDGE_ASK || (row[i] >= EDGE_EXEMPT && row[i] < EDGE_RULE);

		stray->row[i] = stays ? row[i] : EDGE_INSIDE;
	}
	return rows_put(stray->rows, stray->row);
}

/*
 * An interface of the subnet may have an address outside the subnet's blocks; what goes to it crosses no edge
 * either.
 */
static void add_strays(const struct draft *draft, const struct owners *owners, struct sheet *sheet)
{
	uint32_t     vpc_idx = draft->eni->vpc_idx, subnet_idx = draft->eni->subnet_idx;
	struct stray stray = { .draft = draft, .rows = &sheet->rows };

	if (vpc_idx == WORLD_NONE || subnet_idx == WORLD_NONE ||
	    !owners_has_strays(owners, subnet_idx))
		return;
	stray.row = mem_resize(NULL, sheet->rows.width, sizeof(*stray.row));
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		const struct spans *parts[] = { &sheet->spans[family],
						owners_in_vpc(owners, vpc_idx,
							      (enum span_family)family) };
		struct spans zipped = spans_zip(parts, ARRAY_LEN(parts), row_of_stray, &stray);

		spans_done(&sheet->spans[family]);
		sheet->spans[family] = zipped;
	}
	free(stray.row);
}

void sheet_edge(const struct draft *draft, const struct owners *owners, struct sheet *sheet)
{
	struct blocks lists[SPAN_FAMILY_COUNT] = { 0 };
	bool	      is_service[EXEMPT_PEERS_MAX] = { 0 };
	struct sweep  sweep = { .draft = draft,
				.rows = &sheet->rows,
				.width = draft->axis.count,
				.is_service = is_service };

	sweep.row = mem_resize(NULL, sweep.width, sizeof(*sweep.row));
	sweep.asks = mem_alloc(sweep.width * sizeof(*sweep.asks));
	for (size_t i = 0; i < DHCP_PORT_COUNT; i++)
		sweep.asks[axis_column(&draft->axis, AXIS_UDP + dhcp_ports[i])] = true;
	add_blocks(draft, lists);
	add_exempt(&sweep, is_service, lists);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		sheet->spans[family] = spans_sweep(&lists[family], row_of_block, &sweep);
		blocks_done(&lists[family]);
	}
	add_strays(draft, owners, sheet);
	free(sweep.states);
	free(sweep.row);
	free(sweep.asks);
}
