/* SPDX-License-Identifier: Apache-2.0 */
/* One request to sign as lines `key value`; docs/testing.md describes them. */
#pragma once

#include "lib/aws/canonical.h"

struct sign_input {
	struct aws_signing signing;
	struct aws_keys	   keys;
	struct aws_scope   scope;
	struct str
		mode; /* "header" or "query"; what is here before reading holds when no line says it */
};

/* text and the arena must outlive the input.  Errors name the line. */
int sign_input_parse(struct str text, struct arena *arena, struct sign_input *out,
		     struct err *err) MUST_USE;
