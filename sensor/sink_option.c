/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/sink_option.h"

static size_t option_find(const struct sink_spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->option_count; i++)
		if (str_is(spec->options[i].key, key))
			return i;
	return spec->option_count;
}

static const struct sink_option_rule *rule_of(struct str key, const struct sink_option_rule *rules,
					      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(key, rules[i].key))
			return &rules[i];
	return NULL;
}

int sink_options_check(const struct sink_spec *spec, const struct sink_option_rule *rules,
		       size_t count, struct err *err)
{
	for (size_t i = 0; i < spec->option_count; i++) {
		struct str		       key = spec->options[i].key;
		const struct sink_option_rule *rule = rule_of(key, rules, count);

		if (!rule)
			return err_set(err, ERR_USAGE, "'%s': %s has no option '%.*s'", spec->text,
				       spec->kind, STR_ARG(key));
		if (rule->has_value != (spec->options[i].value.len != 0))
			return err_set(err, ERR_USAGE,
				       rule->has_value ? "'%s': '%s' needs a value: %s=…"
						       : "'%s': '%s' takes no value",
				       spec->text, rule->key, rule->key);
		if (option_find(spec, rule->key) != i)
			return err_set(err, ERR_USAGE, "'%s': '%s' is there twice", spec->text,
				       rule->key);
	}
	return 0;
}

bool sink_option_is(const struct sink_spec *spec, const char *key)
{
	return option_find(spec, key) < spec->option_count;
}

struct str sink_option_value(const struct sink_spec *spec, const char *key)
{
	size_t at = option_find(spec, key);

	return at < spec->option_count ? spec->options[at].value : (struct str){ 0 };
}
