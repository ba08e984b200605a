/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/cli_opt.h"

#include <stdlib.h>
#include <string.h>

size_t opt_count(const struct cmd *cmd)
{
	size_t count = 0;

	while (cmd->opts && cmd->opts[count].type != OPT_TYPE_END)
		count++;
	return count;
}

const struct opt *opt_find(const struct cmd *cmd, struct str name, char letter)
{
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++)
		if (letter ? opt->letter == letter : str_is(name, opt->name))
			return opt;
	return NULL;
}

const char *opt_nearest(const struct cmd *cmd, struct str name)
{
	const char *best = NULL;
	unsigned    distance = 3;

	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++) {
		unsigned now = str_distance(name, str_of(opt->name));

		if (now < distance) {
			distance = now;
			best = opt->name;
		}
	}
	return best;
}

static int set_number(const struct opt *opt, const char *value, void *place, struct err *err)
{
	if (str_u64(str_of(value), opt->max, place) < 0 || *(uint64_t *)place < opt->min)
		return err_set(err, ERR_USAGE, "--%s: '%s' is not a whole number from %llu to %llu",
			       opt->name, value, (unsigned long long)opt->min,
			       (unsigned long long)opt->max);
	return 0;
}

static int add_item(const struct opt *opt, const char *value, struct cli_list *list,
		    struct err *err)
{
	if (list->count >= CLI_LIST_MAX)
		return err_set(err, ERR_USAGE, "--%s more than %d times", opt->name, CLI_LIST_MAX);
	list->items[list->count++] = value;
	return 0;
}

int opt_set(const struct cmd *cmd, const struct opt *opt, const char *value,
	    const struct cli_values *values, struct err *err)
{
	void *place = values->args + opt->offset;

	values->given[opt - cmd->opts] = true;
	switch (opt->type) {
	case OPT_TYPE_FLAG:
		*(bool *)place = true;
		return 0;
	case OPT_TYPE_STR:
	case OPT_TYPE_CONFIG:
		*(const char **)place = value;
		return 0;
	case OPT_TYPE_LIST:
		return add_item(opt, value, place, err);
	case OPT_TYPE_U64:
		return set_number(opt, value, place, err);
	case OPT_TYPE_END:
		break;
	}
	abort();
}

static size_t size_of(enum opt_type type)
{
	switch (type) {
	case OPT_TYPE_FLAG:
		return sizeof(bool);
	case OPT_TYPE_STR:
	case OPT_TYPE_CONFIG:
		return sizeof(const char *);
	case OPT_TYPE_LIST:
		return sizeof(struct cli_list);
	case OPT_TYPE_U64:
		return sizeof(uint64_t);
	case OPT_TYPE_END:
		break;
	}
	abort();
}

void opt_fill(const struct cmd *cmd, const struct cli_values *from, const struct cli_values *to)
{
	for (size_t i = 0; i < opt_count(cmd); i++) {
		const struct opt *opt = &cmd->opts[i];

		if (!from->given[i] || to->given[i])
			continue;
		memcpy(to->args + opt->offset, from->args + opt->offset, size_of(opt->type));
		to->given[i] = true;
	}
}
