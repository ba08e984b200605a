/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/parser.h"

static bool is_here(void)
{
	return true;
}

static void cut(const char *text, uint32_t from, uint32_t to, struct cuts *out)
{
	uint32_t count = 0, lines = 0;

	out->odd = false;
	out->ends[0] = from - 1;
	for (uint32_t at = from; at < to; at++) {
		unsigned char c = (unsigned char)text[at];

		if (c > ' ')
			continue;
		out->odd |= (c != ' ' && c != '\n') || out->ends[count] + 1 == at;
		out->ends[++count] = at;
		if (c == '\n')
			out->lines[lines++] = count;
	}
	out->end_count = count;
	out->line_count = lines;
}

static uint32_t survey(const char *text, uint32_t len, uint32_t *heads, uint32_t *head_count)
{
	uint32_t lines = 0, count = 0;
	char	 before = '\n';

	for (uint32_t at = 0; at < len; at++) {
		char c = text[at];

		if (before == '\n' && (c < '0' || c > '9'))
			heads[count++] = at;
		lines += c == '\n';
		before = c;
	}
	*head_count = count;
	return lines;
}

/* Dotted quad without leading zeros. */
static bool parse_v4(const char *at, uint32_t len, uint8_t bytes[static 4])
{
	unsigned value = 0, digits = 0, dots = 0;

	for (uint32_t i = 0; i < len; i++) {
		unsigned digit = (unsigned char)at[i] - (unsigned)'0';

		if (digit <= 9) {
			if (digits && value == 0)
				return false;
			value = value * 10 + digit;
			if (++digits > 3 || value > 255)
				return false;
		} else if (at[i] == '.' && digits && dots < 3) {
			bytes[dots++] = (uint8_t)value;
			value = digits = 0;
		} else {
			return false;
		}
	}
	bytes[dots] = (uint8_t)value;
	return dots == 3 && digits;
}

static uint32_t v4(const struct cells *cells, struct ip *out, uint32_t *others)
{
	uint32_t other_count = 0;

	for (uint32_t row = 0; row < cells->count; row++) {
		uint32_t begin = cell_begin(cells, row);
		uint8_t	 bytes[4];

		if (parse_v4(cells->text + begin, cell_end(cells, row) - begin, bytes))
			out[row] = ip_from_bytes(IP_V4, bytes);
		else
			others[other_count++] = row;
	}
	return other_count;
}

const struct parser_ops parser_scalar = {
	.is_here = is_here, .cut = cut, .survey = survey, .v4 = v4
};
