/* SPDX-License-Identifier: Apache-2.0 */
/* The options behind a sink's target: ",key" and ",key=value". */
#pragma once

#include "sensor/delivery.h"

/* The value, empty for ",key"; NULL: it is not there. */
const struct str *delivery_option(const struct sink_spec *spec, const char *key);

/* known ends in NULL. */
int delivery_options_check(const struct sink_spec *spec, const char *const *known,
			   struct err *err) MUST_USE;
