/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/spool_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/aws/stamp.h"
#include "sensor/delivery/delivery.h"

enum { NUMBER_DIGITS = 6, MINUTE_LEN = 13 /* "20261128T1020" */ };

#define COUNT_MAX UINT64_C(9999999999)

void spool_head_print(const struct spool_head *head, char out[static SPOOL_HEAD_SIZE + 1])
{
	int len = snprintf(out, SPOOL_HEAD_SIZE + 1,
			   "weir-spool/1 acked=%010llu acked_lines=%010llu lines=%010llu "
			   "oldest=%012llu begun=%d\n",
			   (unsigned long long)head->acked, (unsigned long long)head->acked_lines,
			   (unsigned long long)head->lines, (unsigned long long)head->oldest_s,
			   head->begun);

	assert(len == SPOOL_HEAD_SIZE);
}

/* "key=0000000012" up to the next blank. */
static bool take_value(struct str *rest, const char *key, uint64_t max, uint64_t *out)
{
	struct str word = str_cut(rest, ' ');

	return str_starts(word, key) && str_u64(str_skip(word, strlen(key)), max, out) == 0;
}

bool spool_head_parse(struct str text, struct spool_head *out)
{
	struct spool_head head = { 0 };
	uint64_t	  oldest, begun;

	if (text.len < SPOOL_HEAD_SIZE || text.ptr[SPOOL_HEAD_SIZE - 1] != '\n')
		return false;
	text.len = SPOOL_HEAD_SIZE - 1;
	if (!str_is(str_cut(&text, ' '), "weir-spool/1") ||
	    !take_value(&text, "acked=", COUNT_MAX / 10, &head.acked) ||
	    !take_value(&text, "acked_lines=", COUNT_MAX, &head.acked_lines) ||
	    !take_value(&text, "lines=", COUNT_MAX, &head.lines) ||
	    !take_value(&text, "oldest=", 100 * COUNT_MAX, &oldest) ||
	    !take_value(&text, "begun=", 1, &begun) || text.len || head.acked_lines > head.lines)
		return false;
	head.oldest_s = (int64_t)oldest;
	head.begun = begun;
	*out = head;
	return true;
}

void spool_name_print(const struct spool_name *name, char out[static SPOOL_NAME_SIZE])
{
	char stamp[STAMP_SIZE];

	stamp_print(name->period_s, stamp);
	snprintf(out, SPOOL_NAME_SIZE, "%.*sZ-%0*llu%s", MINUTE_LEN, stamp, NUMBER_DIGITS,
		 (unsigned long long)name->number,
		 name->is_open	  ? ".open"
		 : name->is_aside ? ".aside"
				  : "");
}

/* No other spelling of a name is one: what is printed of it is what is there. */
bool spool_name_parse(struct str text, struct spool_name *out)
{
	struct spool_name name = { 0 };
	struct str	  rest = text, stamp, number;
	char		  copy[STAMP_SIZE], printed[SPOOL_NAME_SIZE];

	stamp = str_cut(&rest, '-');
	if (stamp.len != MINUTE_LEN + 1)
		return false;
	snprintf(copy, sizeof(copy), "%.*s00Z", MINUTE_LEN, stamp.ptr);
	number = str_cut(&rest, '.');
	name.is_open = str_is(rest, "open");
	name.is_aside = str_is(rest, "aside");
	if (stamp_parse(str_of(copy), &name.period_s) < 0 ||
	    str_u64(number, INT64_MAX, &name.number) < 0)
		return false;
	spool_name_print(&name, printed);
	if (!str_is(text, printed))
		return false;
	*out = name;
	return true;
}

/* No line of a flow begins in 1970. */
static const char header_mark[] = "0 0 # ";

void spool_header_print(const char *header, struct buf *out)
{
	buf_printf(out, "%s%s\n", header_mark, header);
}

struct str spool_header_cut(struct str *text)
{
	struct str rest = *text, line;

	if (!str_starts(rest, header_mark) || str_find(rest, '\n') == rest.len)
		return (struct str){ 0 };
	line = str_cut(&rest, '\n');
	*text = rest;
	return str_skip(line, strlen(header_mark));
}

size_t spool_text_mend(char *text, size_t len, struct spool_count *count)
{
	struct str rest = { text, len };
	size_t	   kept;

	(void)spool_header_cut(&rest);
	kept = len - rest.len;
	*count = (struct spool_count){ 0 };
	while (rest.len) {
		bool		    is_whole = str_find(rest, '\n') < rest.len;
		struct str	    one = str_cut(&rest, '\n');
		struct segment_line line;

		if (!is_whole || !segment_line_parse(one, &line)) {
			count->torn++;
			continue;
		}
		if (!count->lines || line.end_s < count->oldest_s)
			count->oldest_s = line.end_s;
		count->lines++;
		memmove(text + kept, one.ptr, one.len + 1);
		kept += one.len + 1;
	}
	return kept;
}
