/* SPDX-License-Identifier: Apache-2.0 */
/* A network at random while its text is written (random_estate.h).  Things are known by kind and number. */
#pragma once

#include "tests/differential/random_plan.h"

enum { ESTATE_VPCS_MAX = 4, ESTATE_SUBNETS_MAX = 16, ESTATE_TGWS_MAX = 2 };

/* How two VPCs are joined. */
enum join { JOIN_NONE, JOIN_PEERING, JOIN_TGW, JOIN_COUNT };

/* A NAT gateway, and where it stands. */
struct estate_nat {
	unsigned vpc, subnet;
	bool	 is_private, is_regional, has_two, has_interface;
};

/* A load balancer, with a node in each of its subnets. */
struct estate_balancer {
	unsigned vpc, subnets[2], nodes, listeners;
	bool	 is_network;
};

enum { ESTATE_NATS_MAX = 3, ESTATE_BALANCERS_MAX = 2 };

struct estate {
	struct plan  plan;
	struct dice *dice;
	struct buf  *text;
	enum join    joins[ESTATE_VPCS_MAX][ESTATE_VPCS_MAX];
	unsigned     hosts_in[ESTATE_SUBNETS_MAX]; /* interfaces that stand in a subnet so far */
	struct estate_nat      nats[ESTATE_NATS_MAX];
	struct estate_balancer balancers[ESTATE_BALANCERS_MAX];
	unsigned	       nat_count, balancer_count, tgws, openness;
	bool		       is_spread; /* over accounts and Regions */
};

unsigned estate_roll(struct estate *estate, unsigned sides);
bool	 estate_one_in(struct estate *estate, unsigned sides);

/* The open texts of a list and of what follows it: "{'Vpcs': [" and "]}". */
void estate_list(struct estate *estate, const char *key);
void estate_end(struct estate *estate);

/* The VPC of a subnet, its n-th subnet, and one of its subnets. */
unsigned estate_vpc_of(const struct estate *estate, unsigned subnet);
unsigned estate_subnet_of(struct estate *estate, unsigned vpc);

/* Where an object is: its account; the letter of a subnet's zone; a VPC's Region. */
const char *estate_owner(const struct estate *estate, unsigned vpc);
const char *estate_region(const struct estate *estate, unsigned vpc);
char	    estate_zone(const struct estate *estate, unsigned subnet);

/* An address of the subnet that nobody has yet, as "10.V.S.N" or "2001:db8:V:S::N". */
void estate_address(struct estate *estate, unsigned subnet, char v4[static IP_TEXT_SIZE],
		    char v6[static IP_TEXT_SIZE]);

void estate_gateways(
	struct estate *estate);		   /* internet, VPN, NAT, endpoints, Block Public Access */
void estate_tgws(struct estate *estate);   /* transit gateways and peering */
void estate_routes(struct estate *estate); /* route tables */
void estate_balancers(struct estate *estate); /* load balancers, all but their nodes */

/* Within NetworkInterfaces, after others: of NAT gateways and of load balancers. */
void estate_nat_interfaces(struct estate *estate);
void estate_nodes(struct estate *estate);

void estate_draw_nats(struct estate *estate);
void estate_draw_balancers(struct estate *estate);
