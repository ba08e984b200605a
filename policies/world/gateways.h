/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects that join networks: what a route may point at, and what stands behind it.  Plain structs, as in
 * objects.h; they name each other by id, which world_index resolves.
 */
#pragma once

#include "policies/world/objects.h"

/* Internet, egress-only internet, VPN and carrier gateways: attached to VPCs. */
struct gateway {
	struct object object;
	struct str   *vpc_ids; /* of the attachments that stand */
	uint32_t      vpc_count;
};

struct nat_address {
	struct ip  private_ip, public_ip;
	struct str eni_id, az;
};

struct nat {
	struct object	    object;
	struct str	    vpc_id, subnet_id; /* subnet_id empty: regional */
	struct str	    rtb_id;	       /* regional */
	uint32_t	    vpc_idx;
	bool		    is_private;
	struct nat_address *addresses;
	uint32_t	    address_count;
};

struct pcx_side {
	struct str   vpc_id, owner, region;
	struct cidr *cidrs;
	uint32_t     cidr_count;
};

struct pcx {
	struct object	object;
	struct str	status; /* "active", "pending-acceptance", … */
	struct pcx_side requester, accepter;
};

struct tgw {
	struct object object;
	bool	      sg_referencing; /* default off */
};

struct tgw_attachment {
	struct object object;
	struct str    tgw_id, resource_type, resource_id, resource_owner;
	struct str    rtb_id;	    /* the one table it is associated with; empty: none known */
	struct str    other_rtb_id; /* a peering attachment has one at either end */
	struct str   *subnet_ids;   /* VPC attachments: one an availability zone */
	uint32_t     *subnet_idxs;  /* beside subnet_ids */
	uint32_t      subnet_count;
	bool	      sg_referencing, appliance_mode, ipv6;
	bool is_described; /* by TransitGatewayAttachments, which says what it is associated with */
	struct str requester_tgw_id, peer_tgw_id, peer_owner, peer_region; /* peering attachments */
};

struct tgw_route {
	struct cidr cidr;
	struct str  prefix_list_id; /* set instead of cidr when not empty */
	struct str *attachment_ids;
	uint32_t    attachment_count;
	bool	    is_static, is_blackhole;
};

struct tgw_rtb {
	struct object	  object;
	struct str	  tgw_id;
	bool		  has_routes; /* false: its routes are not in the snapshot */
	struct tgw_route *routes;
	uint32_t	  route_count;
	struct str	 *association_ids, *propagation_ids; /* attachments */
	uint32_t	  association_count, propagation_count;
};

struct vpn {
	struct object object;
	struct str    vgw_id, tgw_id, cgw_id;
	struct cidr  *routes; /* static ones */
	uint32_t      route_count;
};

struct cgw {
	struct object object;
	struct ip     ip; /* or none */
};

struct vpce {
	struct object object;
	struct str    vpc_id, type, service;
	struct str   *rtb_ids, *subnet_ids, *eni_ids, *sg_ids;
	uint32_t      rtb_count, subnet_count, eni_count, sg_count;
};

/* An Elastic IP: Addresses. */
struct eip {
	struct object object;
	struct ip     public_ip, private_ip;
	struct str    eni_id, instance_id;
};

/* Block Public Access of an account and Region, and what is excluded from it. */
struct bpa {
	struct object object; /* owner and region; it has no id */
	struct str    mode;   /* "off", "block-bidirectional", "block-ingress" */
};

struct bpa_exclusion {
	struct object object;
	struct str resource_id, mode; /* a VPC or subnet; "allow-bidirectional", "allow-egress" */
};

struct flow_log {
	struct object object;
	struct str    resource_id, traffic_type, format, destination;
	uint32_t      max_interval_s;
};

struct az {
	struct object object; /* id: the zone's name, "eu-west-1a"; name: its id, "euw1-az1" */
};
