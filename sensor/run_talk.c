/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_talk.h"

#include <stdio.h>

#include "lib/base/cli.h"
#include "lib/flow/field.h"
#include "sensor/hearer.h"

void run_say_ready(const char *about, const struct eni_set *enis, const struct run_sizes *sizes,
		   const char *privileges, const char *begun_by)
{
	auto_buf struct buf names = buf_make(1 << 14);

	if (!enis->count)
		buf_add_text(&names, " no interface yet");
	/* What a pattern finds may have any name. */
	for (size_t i = 0; i < enis->count; i++) {
		buf_add_char(&names, ' ');
		buf_add_visible(&names, str_of(enis->enis[i].name));
	}
	fprintf(stderr,
		"sensor: %s on%s, windows of %u s, at most %zu flows, memory %zu MiB, %s%s\n",
		about, names.data, sizes->interval_s, sizes->max_flows,
		(sizes->memory_bytes + (1 << 20) - 1) >> 20, privileges, begun_by);
}

void run_say_line(struct str line)
{
	if (hearer_is_there(0))
		fprintf(stderr, "%.*s\n", (int)line.len, line.ptr);
}

void run_say_metrics(const char *url)
{
	fprintf(stderr, "sensor: metrics at %s\n", url);
}

void run_say_unknown_field(struct str name)
{
	const char *known = field_suggest(name);

	cli_warn("--format: field '%.*s' is not known and is printed as '-'%s%s%s", STR_ARG(name),
		 known ? "; did you mean '" : "", known ? known : "", known ? "'?" : "");
}

void run_say_summary(const struct stats *stats, int64_t seconds, int wait_ms)
{
	auto_buf struct buf text = buf_make(4096);

	if (!hearer_is_there(wait_ms))
		return;
	if (seconds >= 0)
		buf_printf(&text, "%lld s  ", (long long)seconds);
	stats_print(stats, &text);
	fprintf(stderr, "%s\n", text.data);
}

void run_say_lost(const struct window_status *status, uint32_t interval_s)
{
	auto_buf struct buf text = buf_make(4096);
	char		    start[CLOCK_TIME_SIZE];

	if (!hearer_is_there(0))
		return;
	clock_print_time(clock_seconds(window_start(status->window, interval_s)), start);
	stats_print_amounts(status->lost, &text);
	if (!text.len)
		/* All that was lost is told of an earlier window. */
		return;
	cli_warn("window %s of %s lost %s", start,
		 status->eni->name[0] ? status->eni->name : "the file", text.data);
}

void run_say_came(const struct eni *eni)
{
	auto_buf struct buf name = buf_make(256);

	buf_add_visible(&name, str_of(eni->name));
	if (hearer_is_there(0))
		fprintf(stderr, "sensor: interface '%s' is there, measured from now on\n",
			name.data);
}

void run_say_gone(const struct eni *eni, bool others)
{
	if (hearer_is_there(0))
		cli_warn("interface '%s' disappeared, %s", eni->name,
			 others ? "going on with the others" : "waiting for it or another");
}

void run_say_refused(const struct eni *eni, const char *why)
{
	if (hearer_is_there(0))
		cli_warn("interface '%s' is not measured: %s", eni->name, why);
}

void run_say_no_place(const struct eni *eni, size_t max)
{
	if (hearer_is_there(0))
		cli_warn("interface '%s' waits for a place, %zu are taken; see --max-interfaces",
			 eni->name, max);
}

void run_say_none_comes(const char *why)
{
	if (hearer_is_there(0))
		cli_warn("interfaces that come from now on are not measured: %s", why);
}

static void add_addresses(const struct metadata_eni *news, struct buf *out)
{
	char text[IP_TEXT_SIZE];

	if (news->address_count) {
		ip_print(news->addresses[0], text);
		buf_printf(out, ", %s", text);
	}
	if (news->address_count > 1)
		buf_printf(out, " and %u more", news->address_count - 1);
	if (news->prefix_count)
		buf_printf(out, ", %u prefix%s", news->prefix_count,
			   news->prefix_count > 1 ? "es" : "");
}

void run_say_eni(const struct eni *eni, const struct metadata_eni *news)
{
	auto_buf struct buf text = buf_make(1024);

	if (!hearer_is_there(0))
		return;
	buf_add_visible(&text, str_of(eni->name));
	if (news->state == METADATA_KNOWN) {
		buf_printf(&text, " is %s%s%s", news->id, news->subnet_id[0] ? " of " : "",
			   news->subnet_id);
		add_addresses(news, &text);
		if (eni->id.len && !str_is(eni->id, news->id))
			buf_printf(&text, "; records say %.*s, as given", STR_ARG(eni->id));
		fprintf(stderr, "sensor: %s\n", text.data);
	} else if (!eni->id.len && news->state == METADATA_NO_ENI) {
		fprintf(stderr, "sensor: %s is no ENI of this instance so far\n", text.data);
	} else if (!eni->id.len) {
		cli_warn("instance metadata do not say which ENI %s is; asking on", text.data);
	}
}

void run_say_sink(const char *name, const char *text)
{
	if (hearer_is_there(0))
		fprintf(stderr, "sink %s: %s\n", name, text);
}
