/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/delta_value.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

static const void *place(const struct member *member, struct holder holder)
{
	return (const char *)holder.at + member->offset;
}

static struct str text_of(const struct member *member, struct holder holder)
{
	return *(const struct str *)place(member, holder);
}

static struct str id_of(const struct member *member, struct holder holder)
{
	uint32_t idx = *(const uint32_t *)place(member, holder);

	if (idx == WORLD_NONE)
		return str_of(NULL);
	return world_object(holder.world, member->target, idx)->id;
}

static int compare_texts(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The ids of a set in an order that does not depend on the document's; the caller's to free. */
static struct str *sorted_texts(const struct member *member, struct holder holder, uint32_t *count)
{
	const struct str *texts = *(const struct str *const *)place(member, holder);
	struct str	 *sorted;

	*count = *(const uint32_t *)((const char *)holder.at + member->count_offset);
	sorted = mem_alloc((*count + (size_t)1) * sizeof(*sorted));
	for (uint32_t i = 0; i < *count; i++)
		sorted[i] = texts[i];
	qsort(sorted, *count, sizeof(*sorted), compare_texts);
	return sorted;
}

static bool texts_eq(const struct member *member, struct holder a, struct holder b)
{
	uint32_t	      count, other;
	auto_free struct str *x = sorted_texts(member, a, &count);
	auto_free struct str *y = sorted_texts(member, b, &other);
	bool		      eq = count == other;

	for (uint32_t i = 0; eq && i < count; i++)
		eq = str_eq(x[i], y[i]);
	return eq;
}

static bool ports_eq(struct port_range a, struct port_range b)
{
	return a.min == b.min && a.max == b.max;
}

bool value_eq(const struct member *member, struct holder a, struct holder b)
{
	const void *x = place(member, a), *y = place(member, b);

	switch (member->type) {
	case MEMBER_TEXT:
		return str_eq(*(const struct str *)x, *(const struct str *)y);
	case MEMBER_FLAG:
		return *(const bool *)x == *(const bool *)y;
	case MEMBER_U16:
		return *(const uint16_t *)x == *(const uint16_t *)y;
	case MEMBER_I16:
		return *(const int16_t *)x == *(const int16_t *)y;
	case MEMBER_U32:
		return *(const uint32_t *)x == *(const uint32_t *)y;
	case MEMBER_IP:
		return ip_eq(*(const struct ip *)x, *(const struct ip *)y);
	case MEMBER_CIDR:
		return cidr_eq(*(const struct cidr *)x, *(const struct cidr *)y);
	case MEMBER_PORTS:
		return ports_eq(*(const struct port_range *)x, *(const struct port_range *)y);
	case MEMBER_PEER_KIND:
		return *(const enum peer_kind *)x == *(const enum peer_kind *)y;
	case MEMBER_REFERENCE:
		return str_eq(id_of(member, a), id_of(member, b));
	case MEMBER_TEXTS:
		return texts_eq(member, a, b);
	case MEMBER_ROWS:
	case MEMBER_END:
		break;
	}
	assert(!"a member that has a value");
	return false;
}

bool value_is_empty(const struct member *member, struct holder holder)
{
	if (member->type == MEMBER_TEXT)
		return text_of(member, holder).len == 0;
	if (member->type == MEMBER_IP)
		return ((const struct ip *)place(member, holder))->family == IP_NONE;
	return false;
}

/* The most significant byte first, so that bytes sort as the numbers do. */
static void add_number(struct buf *out, uint64_t value)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_add_char(out, (char)(value >> shift));
}

/* Its length behind it: what follows can then not be taken for a part of it, and it sorts by its bytes. */
static void add_text(struct buf *out, struct str text)
{
	buf_add_str(out, text);
	buf_add_char(out, '\0');
	add_number(out, text.len);
}

static void add_ip(struct buf *out, struct ip ip)
{
	buf_add_char(out, (char)ip.family);
	buf_add(out, ip.bytes, sizeof(ip.bytes));
}

static void add_texts(const struct member *member, struct holder holder, struct buf *out)
{
	uint32_t	      count;
	auto_free struct str *texts = sorted_texts(member, holder, &count);

	for (uint32_t i = 0; i < count; i++)
		add_text(out, texts[i]);
	add_number(out, count);
}

void value_key(const struct member *member, struct holder holder, struct buf *out)
{
	const void *at = place(member, holder);

	switch (member->type) {
	case MEMBER_TEXT:
		add_text(out, text_of(member, holder));
		return;
	case MEMBER_FLAG:
		buf_add_char(out, *(const bool *)at);
		return;
	case MEMBER_U16:
		add_number(out, *(const uint16_t *)at);
		return;
	case MEMBER_I16:
		add_number(out, (uint64_t)(*(const int16_t *)at - INT16_MIN));
		return;
	case MEMBER_U32:
		add_number(out, *(const uint32_t *)at);
		return;
	case MEMBER_IP:
		add_ip(out, *(const struct ip *)at);
		return;
	case MEMBER_CIDR:
		add_ip(out, ((const struct cidr *)at)->base);
		buf_add_char(out, (char)((const struct cidr *)at)->prefix_len);
		return;
	case MEMBER_PORTS:
		add_number(out, (uint64_t)((const struct port_range *)at)->min << 16 |
					((const struct port_range *)at)->max);
		return;
	case MEMBER_PEER_KIND:
		add_number(out, *(const enum peer_kind *)at);
		return;
	case MEMBER_REFERENCE:
		add_text(out, id_of(member, holder));
		return;
	case MEMBER_TEXTS:
		add_texts(member, holder, out);
		return;
	case MEMBER_ROWS:
	case MEMBER_END:
		assert(!"a member that has a value");
	}
}

static void print_texts(const struct member *member, struct holder holder, struct buf *out)
{
	uint32_t	      count;
	auto_free struct str *texts = sorted_texts(member, holder, &count);

	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		buf_add_str(out, texts[i]);
	}
}

static void print_address(const struct member *member, const void *at, struct buf *out)
{
	char text[CIDR_TEXT_SIZE];

	if (member->type == MEMBER_IP)
		ip_print(*(const struct ip *)at, text);
	else
		cidr_print(*(const struct cidr *)at, text);
	buf_add_text(out, text);
}

void value_print(const struct member *member, struct holder holder, struct buf *out)
{
	const void *at = place(member, holder);

	switch (member->type) {
	case MEMBER_TEXT:
		buf_add_str(out, text_of(member, holder));
		return;
	case MEMBER_FLAG:
		buf_add_text(out, *(const bool *)at ? "yes" : "no");
		return;
	case MEMBER_U16:
		buf_printf(out, "%u", *(const uint16_t *)at);
		return;
	case MEMBER_I16:
		buf_printf(out, "%d", *(const int16_t *)at);
		return;
	case MEMBER_U32:
		buf_printf(out, "%u", *(const uint32_t *)at);
		return;
	case MEMBER_IP:
	case MEMBER_CIDR:
		print_address(member, at, out);
		return;
	case MEMBER_PORTS:
		buf_printf(out, "%u-%u", ((const struct port_range *)at)->min,
			   ((const struct port_range *)at)->max);
		return;
	case MEMBER_PEER_KIND:
		buf_printf(out, "%d", *(const enum peer_kind *)at);
		return;
	case MEMBER_REFERENCE:
		buf_add_str(out, id_of(member, holder));
		return;
	case MEMBER_TEXTS:
		print_texts(member, holder, out);
		return;
	case MEMBER_ROWS:
	case MEMBER_END:
		assert(!"a member that has a value");
	}
}
