/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/cli_config.h"

#include <string.h>

/* The value ends in NUL where its line or the blanks before its end were: there is always a byte for it. */
static const char *end_value(struct buf *text, struct str value)
{
	text->data[(size_t)(value.ptr - text->data) + value.len] = '\0';
	return value.ptr;
}

static int unknown_key(const struct cmd *cmd, struct str key, struct err *err)
{
	const char *best = opt_nearest(cmd, key);

	if (best)
		return err_set(err, ERR_INPUT, "unknown key '%.*s', did you mean '%s'?",
			       STR_ARG(key), best);
	return err_set(err, ERR_INPUT, "unknown key '%.*s'; see '%s --help'", STR_ARG(key),
		       cmd->name);
}

static int set_flag(const struct cmd *cmd, const struct opt *opt, struct str value,
		    const struct cli_values *out, struct err *err)
{
	if (str_is(value, "yes"))
		return opt_set(cmd, opt, NULL, out, err);
	if (!str_is(value, "no"))
		return err_set(err, ERR_INPUT, "%s: '%.*s' is neither yes nor no", opt->name,
			       STR_ARG(value));
	out->given[opt - cmd->opts] = true;
	*(bool *)(out->args + opt->offset) = false;
	return 0;
}

static int read_line(const struct cmd *cmd, struct buf *text, struct str line,
		     const struct cli_values *out, struct err *err)
{
	bool		  has_value = str_find(line, '=') < line.len;
	struct str	  key = str_trim(str_cut(&line, '='));
	struct str	  value = str_trim(line);
	const struct opt *opt = opt_find(cmd, key, 0);

	if (!has_value || !key.len)
		return err_set(err, ERR_INPUT, "expected `key = value`");
	if (!opt)
		return unknown_key(cmd, key, err);
	if (opt->type == OPT_TYPE_CONFIG)
		return err_set(err, ERR_INPUT, "%s: a config file names no other", opt->name);
	if (!value.len)
		return err_set(err, ERR_INPUT, "%s needs %s", opt->name,
			       opt->value ? opt->value : "yes or no");
	if (memchr(value.ptr, '\0', value.len))
		return err_set(err, ERR_INPUT, "%s: a NUL byte in the value", opt->name);
	if (opt->type != OPT_TYPE_LIST && out->given[opt - cmd->opts])
		return err_set(err, ERR_INPUT, "%s comes twice", opt->name);
	if (opt->type == OPT_TYPE_FLAG)
		return set_flag(cmd, opt, value, out, err);
	return opt_set(cmd, opt, end_value(text, value), out, err);
}

int cli_config_parse(const struct cmd *cmd, struct buf *text, const char *source,
		     const struct cli_values *out, struct err *err)
{
	struct str rest = buf_str(text);
	struct err cause;

	for (uint32_t number = 1; rest.len; number++) {
		struct str line = str_trim(str_cut(&rest, '\n'));

		if (!line.len || line.ptr[0] == '#')
			continue;
		if (read_line(cmd, text, line, out, &cause) < 0)
			return err_at(err, source, number, 0, "%s", cause.text);
	}
	return 0;
}
