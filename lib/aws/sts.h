/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a role, from STS: assumed with other keys, or with the token of a web identity. */
#pragma once

#include "lib/aws/call.h"
#include "lib/aws/keys.h"
#include "lib/aws/plan.h"

/* Who is asked, and where; borrowed. */
struct sts {
	struct aws_http			  *http;
	const struct aws_endpoint_options *endpoint;
	struct str region; /* empty: that of the role's partition which has STS's old host */
};

int sts_assume_role(const struct sts *sts, const struct aws_keys *keys,
		    const struct creds_role *role, struct held_keys *out, struct err *err) MUST_USE;

/* Reads the token anew each time: Kubernetes replaces it. */
int sts_web_identity(const struct sts *sts, const char *token_file, const struct creds_role *role,
		     struct held_keys *out, struct err *err) MUST_USE;
