/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a snapshot, as plain structs.  They name each other by index (WORLD_NONE when the other is
 * not in the snapshot) beside the id that the document gave; their text lives in the world's arena.
 */
#pragma once

#include "lib/base/str.h"
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
	struct str  region;   /* empty when not said */
	struct tag *tags;
	uint32_t    tag_count;
};

struct vpc {
	struct object object;
	bool	      is_implied; /* others refer to it; its own document is not in the snapshot */
	struct cidr  *cidrs;	  /* associated ones, both families; the primary IPv4 block first */
	uint32_t      cidr_count;
	uint32_t      default_nacl_idx, main_rtb_idx;
	struct str    bpa_mode; /* Block Public Access as it stands here; empty when not said */
	struct lpm    enis;	/* address or delegated prefix → eni index */
};

struct subnet {
	struct object object;
	struct str    vpc_id, az, az_id, bpa_mode;
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
	struct object object; /* name: GroupName */
	struct str    vpc_id, description;
	bool has_rules[2];     /* of ingress, egress: false when the document leaves them out */
	struct sg_rule *rules; /* both directions, in the order of the documents */
	uint32_t	rule_count;
	uint32_t	rule_room; /* for the loader: how many fit, when it has appended */
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
	struct ip public_ip;   /* of its association, or none */
	bool	  is_disputed; /* another interface of the VPC has it too */
};

struct eni {
	struct object	object;
	struct str	vpc_id, subnet_id, instance_id, type, description;
	uint32_t	vpc_idx, subnet_idx, instance_idx;
	uint32_t	nat_idx;   /* the NAT gateway that it is */
	struct address *addresses; /* the primary private IPv4 first */
	uint32_t	address_count;
	struct cidr    *prefixes; /* delegated */
	uint32_t	prefix_count;
	struct str     *sg_ids;
	uint32_t       *sg_idxs; /* beside sg_ids */
	uint32_t	sg_count;
	bool		source_dest_check, requester_managed, from_instance;
	bool		denies_igw; /* DenyAllIgwTraffic */
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
	struct str   *gateway_ids; /* edge associations */
	uint32_t      gateway_count;
};

struct prefix_list {
	struct object object;
	bool	      has_entries; /* false: its entries are not in the snapshot */
	struct cidr  *entries;
	uint32_t      entry_count;
};
