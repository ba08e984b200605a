/* SPDX-License-Identifier: Apache-2.0 */
/* An event as a finding of Security Hub: the AWS Security Finding Format (docs/aws-semantics.md 7.3). */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "sensor/delivery/notice.h"
#include "sensor/identity/identity.h"

/* Whose finding it is; borrowed. */
struct finding_place {
	const struct identity *identity; /* account and instance are known */
	struct str	       region, product_arn;
};

enum { FINDING_ID_MAX = 512 };

/* "weir/eni-0a1b…/0123456789abcdef": the same for each event of a path, verdict and interface. */
void finding_id(const struct notice *notice, struct buf *out);

/* more: events of the same id, before this one, that it stands for.  The caller's to delete. */
cJSON *finding_make(const struct notice *notice, uint64_t more, const struct finding_place *place);
