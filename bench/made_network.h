/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An estate for benchmarks of questions about everybody: VPCs behind a transit gateway, three zones with a public,
 * a private and a data subnet each, NAT and internet gateways, an endpoint for S3, load balancers in the first
 * VPCs, six services a VPC with groups that name one another, the neighbours and offices, and ACLs of the data
 * subnets.  The kinds of ends stay the same however many interfaces there are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	NETWORK_VPCS = 19,
	NETWORK_ZONES = 3,
	NETWORK_SERVICES = 6,
	NETWORK_LEAST = NETWORK_VPCS * NETWORK_ZONES *
			NETWORK_SERVICES, /* of interfaces, for all kinds */
	NETWORK_MOST = 120000,
};

struct network {
	uint32_t interfaces;
	bool is_changed; /* a rule opened, one narrowed, a route closed, an interface in another group */
};

/* snapshot.json and network.policy in the folder.  -1: a file could not be written (errno). */
int network_write(const struct network *network, const char *folder);

/* The id of the n-th interface of a service in a VPC, and of the service's group. */
enum network_service {
	NETWORK_WEB,
	NETWORK_BASTION,
	NETWORK_APP,
	NETWORK_API,
	NETWORK_DB,
	NETWORK_CACHE
};

void network_eni_id(uint32_t vpc, enum network_service service, uint32_t index,
		    char out[static 32]);
