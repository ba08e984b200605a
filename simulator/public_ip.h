/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which public IPv4 address belongs to which private one.  The guest knows only its private address; an
 * internet gateway changes one into the other.  Over IPv6 they are the same.
 */
#pragma once

#include "policies/world/world.h"

/* The address by which the internet knows one of a VPC, or none. */
struct ip public_ip_of(const struct world *world, uint32_t vpc_idx, struct ip inside);

/* The other way round: the address inside the VPC, or none. */
struct ip public_ip_inside(const struct world *world, uint32_t vpc_idx, struct ip outside);

/* The VPC that has the address towards the internet, or WORLD_NONE. */
uint32_t public_ip_vpc(const struct world *world, struct ip outside);
