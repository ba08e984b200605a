/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ports the datagrams have whose first fragments were seen, so that the later ones join their flow.
 * FLOW_DATAGRAM_COUNT of them; when it is full the oldest of a few is forgotten.  The kernel program keeps the same by
 * the same rule.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/flow_datagram.h"
#include "bpf/parse.h"
#include "lib/base/clock.h"

struct fragments;

struct fragments *fragments_new(void) MUST_USE;
void		  fragments_free(struct fragments *fragments); /* accepts NULL */

/*
 * For every fragment, its key complete but for the ports of a later one.  The first leaves its ports and
 * ICMP type; a later one gets them.  false: a later one whose first was not seen within FLOW_DATAGRAM_NS
 * before or after, by the packets' times.
 */
bool fragments_join(struct fragments *fragments, struct flow_packet *packet, struct wall time);
