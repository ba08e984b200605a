/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/notice_text.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"

enum { MEMBER_MAX = 300 };

static const char ellipsis[] = "…";

void text_add_limited(struct buf *out, struct str visible, size_t max)
{
	size_t len = max - (sizeof(ellipsis) - 1);

	if (visible.len <= max) {
		buf_add_str(out, visible);
		return;
	}
	while (len && ((unsigned char)visible.ptr[len] & 0xc0) == 0x80)
		len--;
	buf_add_str(out, str_head(visible, len));
	buf_add_text(out, ellipsis);
}

bool notice_add_member(const struct notice *notice, const char *name, size_t max, struct buf *out)
{
	struct str	    text = json_text(notice->json, name);
	auto_buf struct buf visible = buf_make(4 * text.len + 1);

	buf_add_visible(&visible, text);
	text_add_limited(out, str_trim(buf_str(&visible)), max);
	return text.len > 0;
}

static void add_or(const struct notice *notice, const char *name, const char *fallback,
		   struct buf *out)
{
	if (!notice_add_member(notice, name, MEMBER_MAX, out))
		buf_add_text(out, fallback);
}

/* "10.0.1.5:50123 (web-1)", "[2001:db8::1]:443"; protocols without ports leave them out. */
static void add_end(const struct notice *notice, const char *side, struct buf *out)
{
	char	 address[16], port[16], name[16];
	bool	 is_v6;
	uint64_t number;

	snprintf(address, sizeof(address), "%saddr", side);
	snprintf(port, sizeof(port), "%sport", side);
	snprintf(name, sizeof(name), "%s_name", side);
	number = notice_number(notice, port);
	is_v6 = number &&
		strchr(json_text(notice->json, address).len ? json_text(notice->json, address).ptr
							    : "",
		       ':');
	if (is_v6)
		buf_add_char(out, '[');
	add_or(notice, address, "?", out);
	if (is_v6)
		buf_add_char(out, ']');
	if (number)
		buf_printf(out, ":%llu", (unsigned long long)number);
	if (json_text(notice->json, name).len) {
		buf_add_text(out, " (");
		notice_add_member(notice, name, MEMBER_MAX, out);
		buf_add_char(out, ')');
	}
}

/* Why: the line of the policy where one decided, else the reason in words. */
static void add_reason(const struct notice *notice, struct buf *out)
{
	uint64_t line = notice_number(notice, "policy_line");

	if (json_text(notice->json, "policy").len) {
		buf_add_text(out, "; ");
		notice_add_member(notice, "policy", MEMBER_MAX, out);
		if (line)
			buf_printf(out, " (line %llu)", (unsigned long long)line);
	}
	if (json_text(notice->json, "why").len) {
		buf_add_text(out, "; ");
		notice_add_member(notice, "why", MEMBER_MAX, out);
	}
}

static void add_process(const struct notice *notice, struct buf *out)
{
	const struct notice process = { .json = (cJSON *)(uintptr_t)json_object(notice->json,
										"process") };

	if (!process.json)
		return;
	buf_add_text(out, "; by ");
	add_or(&process, "comm", "a process", out);
	buf_printf(out, " (pid %llu, uid %llu)", (unsigned long long)notice_number(&process, "pid"),
		   (unsigned long long)notice_number(&process, "uid"));
}

void notice_text(const struct notice *notice, struct buf *out)
{
	uint64_t suppressed = notice_number(notice, "suppressed");

	notice_add_member(notice, "verdict", MEMBER_MAX, out);
	buf_add_text(out, ": ");
	if (notice_add_member(notice, "path", MEMBER_MAX, out))
		buf_add_text(out, ": ");
	add_end(notice, "src", out);
	buf_add_text(out, " -> ");
	add_end(notice, "dst", out);
	buf_add_text(out, ", ");
	add_or(notice, "direction", "packets", out);
	buf_add_text(out, " at ");
	if (!notice_add_member(notice, "interface_id", MEMBER_MAX, out))
		add_or(notice, "interface", "an interface", out);
	if (json_text(notice->json, "action").len) {
		buf_add_text(out, ", ");
		notice_add_member(notice, "action", MEMBER_MAX, out);
	}
	add_reason(notice, out);
	add_process(notice, out);
	if (suppressed)
		buf_printf(out, "; %llu more not said", (unsigned long long)suppressed);
}
