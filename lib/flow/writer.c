/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/writer.h"

#include <string.h>

#include "lib/flow/words.h"

/* A number, an address or a word, the blank before it included, is never longer. */
enum { PIECE_MAX = IP_TEXT_SIZE + 1, LINE_SIZE = 1024 };
_Static_assert((int)PIECE_MAX > (int)STR_U64_SIZE, "numbers are shorter");

/* The line on its way into a buffer: one addition for many fields. */
struct line {
	struct buf *out;
	size_t	    len;
	char	    bytes[LINE_SIZE];
};

static void flush(struct line *line)
{
	buf_add(line->out, line->bytes, line->len);
	line->len = 0;
}

static void add_char(struct line *line, char c)
{
	line->bytes[line->len++] = c;
}

static void add_text(struct line *line, const char *text, size_t len)
{
	if (len > LINE_SIZE - line->len - PIECE_MAX)
		flush(line);
	if (len > LINE_SIZE - PIECE_MAX) {
		buf_add(line->out, text, len);
		return;
	}
	memcpy(line->bytes + line->len, text, len);
	line->len += len;
}

static void add_word(struct line *line, const char *word)
{
	add_text(line, word, strlen(word));
}

static void add_value(struct line *line, const struct field_info *info, const void *value)
{
	const struct str *text = value;

	switch (info->type) {
	case FIELD_TYPE_U64:
		line->len += str_print_u64(*(const uint64_t *)value, line->bytes + line->len);
		return;
	case FIELD_TYPE_IP:
		line->len += ip_print(*(const struct ip *)value, line->bytes + line->len);
		return;
	case FIELD_TYPE_TEXT:
		add_text(line, text->ptr, text->len);
		return;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		add_word(line, words_of(info->type)->words[*(const uint8_t *)value]);
		return;
	case FIELD_TYPE_COUNT:
		break;
	}
}

void writer_add(struct buf *out, const struct format *format, const struct record *record)
{
	struct line line;

	line.out = out;
	line.len = 0;
	for (uint8_t i = 0; i < format->count; i++) {
		enum field		 field = (enum field)format->fields[i];
		const struct field_info *info;

		if (line.len > LINE_SIZE - 2 * PIECE_MAX)
			flush(&line);
		if (i)
			add_char(&line, ' ');
		if (field == FIELD_VERSION) {
			line.len += str_print_u64(format->version, line.bytes + line.len);
		} else if (field == FIELD_COUNT || !record_has(record, field)) {
			add_char(&line, '-');
		} else {
			info = field_info(field);
			add_value(&line, info, (const char *)record + info->offset);
		}
	}
	add_char(&line, '\n');
	flush(&line);
}
