/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which refusals of AWS are for good.  One that somebody can put right (a policy, a key, a bucket or group that is not
 * there yet, a quota) never is: the spool keeps what is refused, and the failure is told until it is.  For good is
 * only what lies in the bytes that were sent: they would be the same at every attempt, and all that comes behind them
 * would wait for nothing.
 */
#pragma once

#include "lib/aws/endpoint.h"
#include "lib/aws/fault.h"

struct refusal {
	enum aws_service service;
	const char	*code; /* as the service's error document has it */
	const char	*why;
};

/* The row that the fault is, or NULL: to be tried again. */
const struct refusal *refusal_find(enum aws_service service, const struct aws_fault *fault);
