/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the target of a sink: ",KEY" or ",KEY=VALUE". */
#pragma once

#include "sensor/delivery.h"

struct sink_option_rule {
	const char *key;
	bool	    has_value; /* one must be given; else none may be */
};

/* ERR_USAGE for a key that is no rule's or comes twice, for a value that is missing or too much. */
int sink_options_check(const struct sink_spec *spec, const struct sink_option_rule *rules,
		       size_t count, struct err *err) MUST_USE;

bool	   sink_option_is(const struct sink_spec *spec, const char *key);
struct str sink_option_value(const struct sink_spec *spec, const char *key); /* empty: not given */
