/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/writer.h"

#include "lib/flow/words.h"

static void add_value(struct buf *out, const struct field_info *info, const void *value)
{
	char address[IP_TEXT_SIZE];

	switch (info->type) {
	case FIELD_TYPE_U64:
		buf_add_u64(out, *(const uint64_t *)value);
		return;
	case FIELD_TYPE_IP:
		ip_print(*(const struct ip *)value, address);
		buf_add_text(out, address);
		return;
	case FIELD_TYPE_TEXT:
		buf_add_str(out, *(const struct str *)value);
		return;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		buf_add_text(out, words_of(info->type)->words[*(const uint8_t *)value]);
		return;
	case FIELD_TYPE_COUNT:
		break;
	}
}

void writer_add(struct buf *out, const struct format *format, const struct record *record)
{
	for (uint8_t i = 0; i < format->count; i++) {
		enum field field = (enum field)format->fields[i];

		if (i)
			buf_add_char(out, ' ');
		if (field == FIELD_VERSION)
			buf_add_u64(out, format->version);
		else if (field == FIELD_COUNT || !record_has(record, field))
			buf_add_char(out, '-');
		else
			add_value(out, field_info(field),
				  (const char *)record + field_info(field)->offset);
	}
	buf_add_char(out, '\n');
}
