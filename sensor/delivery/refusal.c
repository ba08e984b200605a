/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/refusal.h"

#include <string.h>

/*
 * Left out on purpose, beside what a policy or quota refuses: InvalidArgument and InvalidRequest of S3 (a KMS key that
 * is mistyped or of another Region, a bucket that wants other headers), BadDigest (damaged on the way),
 * ResourceNotFoundException of Logs (the group may be made yet), UnrecognizedClientException (keys).
 */
static const struct refusal refusals[] = {
	{ AWS_S3, "EntityTooLarge", "the object is larger than S3 takes in one piece" },
	{ AWS_S3, "KeyTooLongError", "its key is longer than 1,024 bytes" },
	/* Group and stream are checked before, so it speaks of the events: limits that have changed. */
	{ AWS_LOGS, "InvalidParameterException", "the batch is beyond a limit of CloudWatch Logs" },
	{ AWS_LOGS, "SerializationException", "the batch cannot be read" },
	{ AWS_LOGS, "RequestEntityTooLargeException", "the batch is too large" },
};

const struct refusal *refusal_find(enum aws_service service, const struct aws_fault *fault)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (refusals[i].service == service && strcmp(refusals[i].code, fault->code) == 0)
			return &refusals[i];
	return NULL;
}
