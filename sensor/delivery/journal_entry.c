/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/journal_entry.h"

#include <endian.h>

#include "lib/base/json.h"
#include "sensor/delivery/notice_text.h"
#include "sensor/delivery/syslog_line.h"

static const struct {
	const char *field, *member;
} texts[] = {
	{ "WEIR_EVENT_ID", "id" },
	{ "WEIR_TIME", "time" },
	{ "WEIR_VERDICT", "verdict" },
	{ "WEIR_ACTION", "action" },
	{ "WEIR_DIRECTION", "direction" },
	{ "WEIR_PATH", "path" },
	{ "WEIR_POLICY", "policy" },
	{ "WEIR_WHY", "why" },
	{ "WEIR_INTERFACE_ID", "interface_id" },
	{ "WEIR_INTERFACE", "interface" },
	{ "WEIR_SRCADDR", "srcaddr" },
	{ "WEIR_DSTADDR", "dstaddr" },
	{ "WEIR_PROTOCOL", "protocol" },
	{ "WEIR_SRC_NAME", "src_name" },
	{ "WEIR_DST_NAME", "dst_name" },
};

static const struct {
	const char *field, *member;
} numbers[] = {
	{ "WEIR_SRCPORT", "srcport" },
	{ "WEIR_DSTPORT", "dstport" },
	{ "WEIR_POLICY_LINE", "policy_line" },
	{ "WEIR_SUPPRESSED", "suppressed" },
};

/* The form with a length takes any bytes: nothing in a value can be the next field. */
static void add_field(struct buf *out, const char *name, struct str value)
{
	uint64_t len = htole64(value.len);

	buf_add_text(out, name);
	buf_add_char(out, '\n');
	buf_add(out, &len, sizeof(len));
	buf_add_str(out, value);
	buf_add_char(out, '\n');
}

void journal_entry(const struct notice *notice, struct buf *out)
{
	auto_buf struct buf words = buf_make(NOTICE_TEXT_MAX);

	notice_text(notice, &words);
	add_field(out, "MESSAGE", buf_str(&words));
	buf_printf(out, "PRIORITY=%u\n", notice_severity(notice->verdict));
	buf_add_text(out, "SYSLOG_IDENTIFIER=weir-sensor\n");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str value = json_text(notice->json, texts[i].member);

		if (value.len)
			add_field(out, texts[i].field, value);
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uint64_t value = notice_number(notice, numbers[i].member);

		if (value)
			buf_printf(out, "%s=%llu\n", numbers[i].field, (unsigned long long)value);
	}
	add_field(out, "WEIR_EVENT", notice->text);
}
