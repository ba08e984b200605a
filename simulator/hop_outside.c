/* SPDX-License-Identifier: Apache-2.0 */
/* What is not modelled, or not in the snapshot: the hop itself says what it is, and no way leads on from it. */
#include "simulator/walk.h"

const struct hop_ops hop_outside_ops = { .table = WORLD_KIND_COUNT };
