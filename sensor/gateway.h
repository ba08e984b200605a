/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's routing tables say of a neighbour: whether it is a router. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/ip.h"

/*
 * Whether a route of the interface, in whatever table, goes by that IPv4 address: a neighbour that merely has the
 * address which AWS gives its routers is none.  false also when the kernel does not say.
 */
bool gateway_is(uint32_t ifindex, struct ip ip);
