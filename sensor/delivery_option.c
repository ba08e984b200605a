/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery_option.h"

const struct str *delivery_option(const struct sink_spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->option_count; i++)
		if (str_is(spec->options[i].key, key))
			return &spec->options[i].value;
	return NULL;
}

static bool is_known(struct str key, const char *const *known)
{
	for (; *known; known++)
		if (str_is(key, *known))
			return true;
	return false;
}

int delivery_options_check(const struct sink_spec *spec, const char *const *known, struct err *err)
{
	for (size_t i = 0; i < spec->option_count; i++)
		if (!is_known(spec->options[i].key, known))
			return err_set(err, ERR_USAGE, "%s: there is no option '%.*s'", spec->kind,
				       STR_ARG(spec->options[i].key));
	return 0;
}
