/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/amount.h"

struct unit {
	const char *name;
	uint64_t    factor;
};

/* Ends in a unit without a name. */
static int parse(struct str text, const struct unit *units, uint64_t max, uint64_t *out)
{
	size_t	 digits = 0;
	uint64_t number;

	while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
		digits++;
	for (; units->name; units++)
		if (str_is(str_skip(text, digits), units->name))
			break;
	if (!units->name || str_u64(str_head(text, digits), max / units->factor, &number) < 0 ||
	    number == 0)
		return -1;
	*out = number * units->factor;
	return 0;
}

int amount_parse_size(struct str text, uint64_t *bytes, struct err *err)
{
	static const struct unit units[] = {
		{ "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 1 }
	};

	if (parse(text, units, UINT64_C(1) << 40, bytes) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "'%.*s' is no size: expected one like 512KiB, 100MiB, 2GiB",
		       STR_ARG(text));
}

int amount_parse_duration(struct str text, uint64_t *seconds, struct err *err)
{
	static const struct unit units[] = {
		{ "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 1 }
	};

	if (parse(text, units, UINT64_C(366) * 86400, seconds) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "'%.*s' is no duration: expected one like 90s, 15m, 1h, 1d",
		       STR_ARG(text));
}
