/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service says when it refuses: the error documents of EC2, of STS and ELBv2, of S3 (all XML) and of
 * CloudWatch Logs (JSON 1.1), brought to one form.  Reading one never fails: what is no such document, a
 * proxy's page for one, leaves the status.
 */
#pragma once

#include <stdbool.h>

#include "lib/aws/http.h"

struct aws_fault {
	int  status;		/* of HTTP; 0: there is no answer */
	char code[96];		/* "UnauthorizedOperation"; "" when the answer has none */
	char message[320];	/* one line; what repeats the request, token and all, is cut off */
	char bucket_region[64]; /* where S3 says the bucket is; "" when it does not */
	char request_id[80];	/* for AWS's support; "" when not said */
};

void aws_fault_read(const struct aws_answer *answer, struct aws_fault *fault);

/* The caller may not do that. */
bool aws_fault_is_denied(const struct aws_fault *fault);

/* The keys are no longer good. */
bool aws_fault_is_expired(const struct aws_fault *fault);

/* The signature's time is too far from the server's clock, perhaps. */
bool aws_fault_may_be_skew(const struct aws_fault *fault);

/* "CODE: MESSAGE (request ID)" into err, of kind ERR_REMOTE.  Returns -1. */
int aws_fault_err(const struct aws_fault *fault, struct err *err);
