/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow logs at random for a world: fields in any order, with and without a value, of conversations that are
 * seen in both directions and more than once, with addresses and ports on the edge of what rules say.
 */
#pragma once

#include "lib/base/buf.h"
#include "tests/differential/random_packet.h"

/* Lines of about that many records, and header lines between them, appended. */
void random_log(struct dice *dice, const struct world *world, unsigned records, struct buf *out);
