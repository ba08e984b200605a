/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: a line that reads as a record, written in the same format, reads as the same record again.
 * The input is a format, a newline, and the line; without a newline, a line of AWS's default format.
 */
#include "lib/flow/line.h"
#include "lib/flow/writer.h"
#include "tests/fuzz/fuzz.h"

static bool equal_field(const struct record *a, const struct record *b, enum field field)
{
	const struct field_info *info = field_info(field);
	const char		*x = (const char *)a + info->offset;
	const char		*y = (const char *)b + info->offset;

	switch (info->type) {
	case FIELD_TYPE_U64:
		return *(const uint64_t *)x == *(const uint64_t *)y;
	case FIELD_TYPE_IP:
		return ip_eq(*(const struct ip *)x, *(const struct ip *)y);
	case FIELD_TYPE_TEXT:
		return str_eq(*(const struct str *)x, *(const struct str *)y);
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		return *x == *y;
	case FIELD_TYPE_COUNT:
		break;
	}
	return false;
}

/* The version is the format's, whatever the line said. */
static void check_equal(const struct record *a, const struct record *b, const struct format *format)
{
	uint64_t version = UINT64_C(1) << FIELD_VERSION;

	PROPERTY((a->has | version) == (b->has | version));
	for (int i = 0; i < FIELD_COUNT; i++) {
		enum field field = (enum field)i;

		if (field == FIELD_VERSION)
			PROPERTY(!record_has(b, field) || b->version == format->version);
		else
			PROPERTY(!record_has(a, field) || equal_field(a, b, field));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	    rest = { .ptr = (const char *)data, .len = size };
	struct str	    head = str_cut(&rest, '\n'), line = str_cut(&rest, '\n');
	struct format	    format = format_default();
	auto_buf struct buf written = buf_make(1 << 20);
	struct record	    once, again;
	struct err	    err = { 0 };

	if (head.len == size)
		line = head;
	else if (format_parse(head, &format, NULL, &err) < 0)
		return 0;
	if (line_parse(line, &format, LINE_ALL_FIELDS, &once, &err) != LINE_FINE) {
		PROPERTY(err.kind == ERR_INPUT && err.text[0]);
		PROPERTY(err.column >= 1 && err.column <= line.len + 1);
		return 0;
	}
	writer_add(&written, &format, &once);
	PROPERTY(!written.overflow && written.len > 1);
	PROPERTY(written.data[written.len - 1] == '\n');
	written.len--;
	PROPERTY(line_parse(buf_str(&written), &format, LINE_ALL_FIELDS, &again, &err) ==
		 LINE_FINE);
	check_equal(&once, &again, &format);
	return 0;
}
