/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/delivery.h"

#include <string.h>

/* The end of 9999: later ones have no name. */
#define TIME_MAX UINT64_C(253402300799)

static bool take_time(struct str *rest, int64_t *out)
{
	uint64_t value;

	if (str_u64(str_cut(rest, ' '), TIME_MAX, &value) < 0)
		return false;
	*out = (int64_t)value;
	return true;
}

/* A file that lost its power has zeros where lines were. */
bool segment_line_parse(struct str text, struct segment_line *line)
{
	struct segment_line out;

	if (!text.len || memchr(text.ptr, '\0', text.len))
		return false;
	if (!take_time(&text, &out.end_s) || !take_time(&text, &out.start_s))
		return false;
	out.eni = str_cut(&text, ' ');
	out.text = text;
	if (!out.eni.len || !out.text.len)
		return false;
	*line = out;
	return true;
}

bool segment_next(struct str *rest, struct segment_line *line)
{
	while (str_find(*rest, '\n') < rest->len)
		if (segment_line_parse(str_cut(rest, '\n'), line))
			return true;
	*rest = (struct str){ 0 };
	return false;
}

void segment_line_begin(struct buf *out, int64_t end_s, int64_t start_s, struct str eni)
{
	buf_add_u64(out, end_s > 0 ? (unsigned long long)end_s : 0);
	buf_add_char(out, ' ');
	buf_add_u64(out, start_s > 0 ? (unsigned long long)start_s : 0);
	buf_add_char(out, ' ');
	buf_add_str(out, eni.len ? str_head(eni, SEGMENT_FRAME_MAX / 2) : str_of("-"));
	buf_add_char(out, ' ');
}
