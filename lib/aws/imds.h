/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EC2's instance metadata, version 2: a session token by PUT, then GETs that carry it.  Never through a proxy, and a
 * redirect is no answer.  Version 1, without a token, only where AWS_EC2_METADATA_V1_DISABLED says "false".
 *
 * AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT and its _MODE (ipv6), AWS_METADATA_SERVICE_TIMEOUT and
 * _NUM_ATTEMPTS hold, as for the AWS CLI.
 */
#pragma once

#include "lib/aws/http.h"
#include "lib/aws/keys.h"

/* The session; a zeroed one has none yet. */
struct imds {
	struct buf token; /* wiped by imds_done */
	int64_t	   token_expires;
};

/* The keys of the instance's role. */
int  imds_keys(struct imds *imds, struct aws_http *http, int64_t now, struct held_keys *out,
	       struct err *err) MUST_USE;
void imds_done(struct imds *imds);

/* The environment says that nobody is to be asked. */
bool imds_is_disabled(void);

/*
 * The text at a path below /latest/meta-data/, as it came, into out (emptied; what does not fit is an error).  1: it
 * is there; 0: it does not apply to this instance.
 */
int imds_text(struct imds *imds, struct aws_http *http, const char *path, struct buf *out,
	      struct err *err) MUST_USE;
