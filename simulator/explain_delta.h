/* SPDX-License-Identifier: Apache-2.0 */
/* A change of the configuration in words.  Everything appends to a buf, made harmless. */
#pragma once

#include "lib/base/buf.h"
#include "policies/world/delta.h"

/* "sgr-0a9f tcp/22 from 10.0.0.0/8 added to shop-app", "interface eni-1: group sg-2 removed". */
void explain_change(const struct delta *delta, const struct delta_change *change, struct buf *out);

/* "security group", "interface". */
const char *explain_world_kind(enum world_kind kind);
