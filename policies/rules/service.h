/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services of AWS at addresses that are the same in every VPC, and DHCP.  No rule filters them
 * (aws-semantics.md 2.7), and flow logs leave most of them out (1.12).  What is reserved in one VPC or subnet,
 * its resolver and its router, is the caller's to know.
 */
#pragma once

#include "policies/rules/packet.h"

/* That it is never filtered, as a static text; NULL when there is no service at the address. */
const char *service_at(struct ip ip);

enum { SERVICE_PEERS_MAX = 12, DHCP_PORT_COUNT = 4 };

/* The addresses of all services; how many. */
size_t service_peers(struct ip peers[static SERVICE_PEERS_MAX]);

/* The UDP ports that DHCP has at its two ends, in pairs. */
extern const uint16_t dhcp_ports[DHCP_PORT_COUNT];

bool service_is_dhcp(const struct packet *packet);

/* Whether flow logs leave the packet out; peer is its far end. */
bool service_is_left_out(struct ip peer, const struct packet *packet);
