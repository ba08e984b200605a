/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/verdict.h"

#include <assert.h>

const char *verdict_text(enum verdict verdict)
{
	static const char *const texts[VERDICT_COUNT] = {
		[VERDICT_DENY] = "deny",
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_ALLOW] = "allow",
	};

	assert(verdict < VERDICT_COUNT);
	return texts[verdict];
}

const char *layer_text(enum layer layer)
{
	static const char *const texts[LAYER_COUNT] = {
		[LAYER_SG] = "security-group",
		[LAYER_NACL] = "network-acl",
	};

	assert(layer < LAYER_COUNT);
	return texts[layer];
}

struct decision decision_and(struct decision a, struct decision b)
{
	return a.verdict <= b.verdict ? a : b;
}

struct decision decision_allow(const char *note)
{
	return (struct decision){ .verdict = VERDICT_ALLOW,
				  .object_idx = WORLD_NONE,
				  .note = note };
}

struct decision decision_unknown(enum layer layer, enum reason reason, const char *note)
{
	return (struct decision){ .verdict = VERDICT_UNKNOWN,
				  .layer = layer,
				  .reason = reason,
				  .object_idx = WORLD_NONE,
				  .note = note };
}
