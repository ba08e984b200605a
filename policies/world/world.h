/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loaded snapshot: what AWS says exists, as tables.  Immutable once open; objects name each other by
 * index (WORLD_NONE when the other is not in the snapshot); all text lives in the world's arena.
 *
 * It holds facts, not verdicts: what they mean for a packet is the business of policies/rules.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/net/lpm.h"
#include "lib/net/ports.h"

#define WORLD_NONE UINT32_MAX

struct tag {
	struct str key, value;
};

/* What every object has; the first member of each of the structs below. */
struct object {
	struct str  id, name; /* name: the Name tag, or the group's or list's own name */
	struct str  owner;    /* account; empty when not said */
	struct tag *tags;
	uint32_t    tag_count;
};

struct vpc {
	struct object object;
	struct cidr  *cidrs; /* associated ones, both families; the primary IPv4 block first */
	uint32_t      cidr_count;
	uint32_t      default_nacl_idx, main_rtb_idx;
	struct lpm    enis; /* address or delegated prefix → eni index */
};

struct subnet {
	struct object object;
	struct str    vpc_id, az;
	struct cidr  *cidrs;
	uint32_t      cidr_count;
	uint32_t      vpc_idx;
	uint32_t      nacl_idx; /* explicit association, else the VPC's default */
	uint32_t      rtb_idx;	/* explicit association, else the VPC's main */
};

enum peer_kind { PEER_CIDR, PEER_PREFIX_LIST, PEER_GROUP, PEER_KIND_COUNT };

/* One source or destination of one permission: aws-semantics.md 2.2, expanded. */
struct sg_rule {
	struct str	  id; /* sgr-…; empty when the snapshot has no SecurityGroupRules */
	struct str	  description;
	bool		  egress;
	bool		  disputed; /* in SecurityGroupRules, but not in SecurityGroups */
	int16_t		  protocol; /* PROTO_ANY: all */
	struct port_range ports;    /* TCP and UDP only */
	int16_t		  icmp_type, icmp_code; /* ICMP and ICMPv6 only; -1: any */
	enum peer_kind	  peer_kind;
	struct cidr	  cidr;
	struct str	  peer_id; /* pl-… or sg-… */
	uint32_t	  peer_idx;
	struct str peer_owner, peer_vpc_id, peering_id, peering_status; /* group references */
};

struct sg {
	struct object	object; /* name: GroupName */
	struct str	vpc_id, description;
	struct sg_rule *rules; /* both directions, in the order of the documents */
	uint32_t	rule_count;
};

/* aws-semantics.md 3.  Sorted by number whatever the order of the document. */
struct nacl_rule {
	uint32_t	  number;
	bool		  egress, allow;
	int16_t		  protocol;
	struct port_range ports;		/* TCP and UDP only */
	int16_t		  icmp_type, icmp_code; /* -1: any */
	struct cidr	  cidr;
};

struct nacl {
	struct object	  object;
	struct str	  vpc_id;
	bool		  is_default;
	struct nacl_rule *rules;
	uint32_t	  rule_count;
	struct str	 *subnet_ids;
	uint32_t	  subnet_count;
};

struct address {
	struct ip ip;
	struct ip public_ip; /* of its association, or none */
};

struct eni {
	struct object	object;
	struct str	vpc_id, subnet_id, instance_id, type, description;
	uint32_t	vpc_idx, subnet_idx, instance_idx;
	struct address *addresses; /* the primary private IPv4 first */
	uint32_t	address_count;
	struct cidr    *prefixes; /* delegated */
	uint32_t	prefix_count;
	struct str     *sg_ids;
	uint32_t       *sg_idxs; /* beside sg_ids */
	uint32_t	sg_count;
	bool		source_dest_check, requester_managed, from_instance;
};

struct instance {
	struct object object;
	struct str    state;
	struct str   *eni_ids;
	uint32_t     *eni_idxs; /* beside eni_ids */
	uint32_t      eni_count;
};

struct route {
	struct cidr cidr;
	struct str  prefix_list_id; /* set instead of cidr when not empty */
	uint32_t    prefix_list_idx;
	struct str  target; /* "local", igw-…, nat-…, eni-…; "" when the document has none */
	const char *target_kind; /* docs/cli.md's hop kinds; "local" */
	struct str  state, origin;
};

struct rtb {
	struct object object;
	struct str    vpc_id;
	bool	      is_main;
	struct route *routes;
	uint32_t      route_count;
	struct str   *subnet_ids; /* explicit associations */
	uint32_t      subnet_count;
};

struct prefix_list {
	struct object object;
	bool	      has_entries; /* false: its entries are not in the snapshot */
	struct cidr  *entries;
	uint32_t      entry_count;
};

enum { WORLD_OBJECTS_MAX = 1 << 27 }; /* of one kind */

enum world_kind {
	WORLD_VPC,
	WORLD_SUBNET,
	WORLD_SG,
	WORLD_NACL,
	WORLD_ENI,
	WORLD_INSTANCE,
	WORLD_RTB,
	WORLD_PREFIX_LIST,
	WORLD_KIND_COUNT
};

/* A family of documents that was in the snapshot: how many objects, and whether Weir uses them. */
struct world_family {
	struct str key;
	uint32_t   objects, dead; /* dead: deleted, terminated, …: left out of the tables */
	bool	   modelled;
};

struct world {
	struct arena	     arena;
	struct map	     ids; /* id → kind and index, see world_find */
	struct vpc	    *vpcs;
	struct subnet	    *subnets;
	struct sg	    *sgs;
	struct nacl	    *nacls;
	struct eni	    *enis;
	struct instance	    *instances;
	struct rtb	    *rtbs;
	struct prefix_list  *prefix_lists;
	size_t		     counts[WORLD_KIND_COUNT], capacities[WORLD_KIND_COUNT];
	struct world_family *families;
	size_t		     family_count, family_capacity;
	struct str	    *notes; /* what is doubtful about the snapshot, a line each */
	size_t		     note_count, note_capacity;
	uint64_t	     notes_left_out;
};

/*
 * Loads a snapshot: a file, a folder of any depth, or "-".  NULL with every error (bounded) in *errors
 * when a document is unreadable or an object in it is invalid.
 */
struct world *world_open(const char *path, struct err_list *errors) MUST_USE;
void	      world_free(struct world *world);
void	      world_free_at(struct world **world);

bool world_find(const struct world *world, struct str id, enum world_kind *kind, uint32_t *idx);

/* For the loader: from now on id is that object.  The id must live in the world's arena. */
void world_put(struct world *world, struct str id, enum world_kind kind, uint32_t idx);

/* The index of an object of that kind, or WORLD_NONE. */
uint32_t	     world_index(const struct world *world, enum world_kind kind, struct str id);
const struct object *world_object(const struct world *world, enum world_kind kind, uint32_t idx);

bool world_vpc_has(const struct vpc *vpc, struct ip ip);
bool world_subnet_has(const struct subnet *subnet, struct ip ip);

/* The interface that owns a private address (or the delegated prefix around it) in one VPC, or WORLD_NONE. */
uint32_t world_eni_in_vpc(const struct world *world, uint32_t vpc_idx, struct ip ip);

/*
 * The interface behind an address as seen from a VPC: the VPC's own first; elsewhere only when exactly one
 * VPC of the snapshot has it.  WORLD_NONE when nobody or more than one has.
 */
uint32_t world_eni_by_peer(const struct world *world, uint32_t vpc_idx, struct ip ip);

bool world_has_family(const struct world *world, const char *key);

/* "web-1", else the interface's own name, else its id. */
struct str world_eni_label(const struct world *world, uint32_t eni_idx);

#define auto_world __attribute__((cleanup(world_free_at)))
