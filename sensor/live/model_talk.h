/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor says on stderr of what it judges by.  Waits for no reader; the first two may be said in any thread. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct live_interface;
struct model;

void model_talk_loaded(const struct model *model);
void model_talk_refused(const struct err_list *errors, bool has_old);
void model_talk_stranger(const struct live_interface *stranger);

/* "snapshot of 2026-10-02T08:00:00Z (12 m old), 391 interfaces, 812 rules, policy shop.policy". */
void model_talk_print(const struct model *model, struct buf *out);

/* What deserves a warning: tiers that hold nothing, calls that were denied. */
void model_talk_warn(const struct model *model);
