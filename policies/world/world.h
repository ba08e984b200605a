/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loaded snapshot: what AWS says exists, as tables.  Immutable once open.
 *
 * It holds facts, not verdicts: what they mean for a packet is the business of policies/rules.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "policies/world/balancers.h"
#include "policies/world/gateways.h"
#include "policies/world/objects.h"

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
	WORLD_IGW,
	WORLD_EIGW,
	WORLD_VGW,
	WORLD_CAGW,
	WORLD_NAT,
	WORLD_PCX,
	WORLD_TGW,
	WORLD_TGW_ATTACHMENT,
	WORLD_TGW_RTB,
	WORLD_VPN,
	WORLD_CGW,
	WORLD_VPCE,
	WORLD_EIP,
	WORLD_LB,
	WORLD_LISTENER,
	WORLD_LB_RULE,
	WORLD_TARGET_GROUP,
	WORLD_FLOW_LOG,
	WORLD_AZ,
	WORLD_BPA,
	WORLD_BPA_EXCLUSION,
	WORLD_KIND_COUNT
};

/* A family of documents that was in the snapshot: how many objects, and whether Weir uses them. */
struct world_family {
	struct str key;
	uint32_t   objects, dead; /* dead: deleted, terminated, …: left out of the tables */
	bool	   modelled;
	bool	   denied; /* weir.json says that not all could be read */
};

struct world {
	struct arena	       arena;
	struct map	       ids;	    /* id → kind and index, see world_find */
	struct lpm	       public_enis; /* public IPv4 address → eni index */
	struct vpc	      *vpcs;
	struct subnet	      *subnets;
	struct sg	      *sgs;
	struct nacl	      *nacls;
	struct eni	      *enis;
	struct instance	      *instances;
	struct rtb	      *rtbs;
	struct prefix_list    *prefix_lists;
	struct gateway	      *igws, *eigws, *vgws, *cagws;
	struct nat	      *nats;
	struct pcx	      *pcxs;
	struct tgw	      *tgws;
	struct tgw_attachment *tgw_attachments;
	struct tgw_rtb	      *tgw_rtbs;
	struct vpn	      *vpns;
	struct cgw	      *cgws;
	struct vpce	      *vpces;
	struct eip	      *eips;
	struct lb	      *lbs;
	struct listener	      *listeners;
	struct lb_rule	      *lb_rules;
	struct target_group   *target_groups;
	struct flow_log	      *flow_logs;
	struct az	      *azs;
	struct bpa	      *bpas;
	struct bpa_exclusion  *bpa_exclusions;
	size_t		       counts[WORLD_KIND_COUNT], capacities[WORLD_KIND_COUNT];
	struct world_family   *families;
	size_t		       family_count, family_capacity;
	struct str	      *notes; /* what is doubtful about the snapshot, a line each */
	size_t		       note_count, note_capacity;
	uint64_t	       notes_left_out;
	struct str	      *denials; /* of the notes, the calls that were denied */
	size_t		       denial_count, denial_capacity;
	int64_t		       taken_s; /* since 1970, as weir.json says; 0: it is not there */
};

/*
 * Loads a snapshot: a file, a folder of any depth, or "-".  NULL with every error (bounded) in *errors
 * when a document is unreadable or an object in it is invalid.
 */
struct world *world_open(const char *path, struct err_list *errors) MUST_USE;
void	      world_free(struct world *world);
void	      world_free_at(struct world **world);

bool world_find(const struct world *world, struct str id, enum world_kind *kind, uint32_t *idx);

/* The rows of a kind, whatever their struct: the array, and the size of one in *size when not NULL. */
void **world_rows(struct world *world, enum world_kind kind, size_t *size);

/* For the loader: from now on id is that object.  The id must live in the world's arena. */
void world_put(struct world *world, struct str id, enum world_kind kind, uint32_t idx);

/* The index of an object of that kind, or WORLD_NONE. */
uint32_t	     world_index(const struct world *world, enum world_kind kind, struct str id);
const struct object *world_object(const struct world *world, enum world_kind kind, uint32_t idx);

bool world_vpc_has(const struct vpc *vpc, struct ip ip);
bool world_subnet_has(const struct subnet *subnet, struct ip ip);
bool world_eni_has_address(const struct eni *eni, struct ip ip); /* a private one, by itself */
bool world_eni_has(const struct eni *eni, struct ip ip);	 /* or in a delegated prefix */

/* The interface that owns a private address (or the delegated prefix around it) in one VPC, or WORLD_NONE. */
uint32_t world_eni_in_vpc(const struct world *world, uint32_t vpc_idx, struct ip ip);

/*
 * The interface behind an address as seen from a VPC: the VPC's own first; elsewhere only when exactly one
 * VPC of the snapshot has it.  WORLD_NONE when nobody or more than one has.
 */
uint32_t world_eni_by_peer(const struct world *world, uint32_t vpc_idx, struct ip ip);

/* In a block of a VPC of the snapshot or of one that a peering connection tells of: they may be public ones. */
bool world_vpcs_have(const struct world *world, struct ip ip);

/* A public address that is in no VPC of the snapshot. */
bool world_internet_has(const struct world *world, struct ip ip);

/* Whether documents of that key were there, and none is known to be missing. */
bool world_has_family(const struct world *world, const char *key);

/* What the objects of a family are; WORLD_KIND_COUNT when Weir does not use it. */
enum world_kind world_family_kind(struct str key);

/* "web-1", else the interface's own name, else its id. */
struct str world_eni_label(const struct world *world, uint32_t eni_idx);

#define auto_world __attribute__((cleanup(world_free_at)))
