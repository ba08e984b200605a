/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_talk.h"

#include <stdio.h>

#include "lib/base/cli.h"
#include "lib/flow/field.h"
#include "sensor/hearer.h"

void run_say_ready(const char *about, const struct eni_set *enis, const struct run_sizes *sizes,
		   const char *privileges)
{
	auto_buf struct buf names = buf_make(1 << 14);

	/* What a pattern finds may have any name. */
	for (size_t i = 0; i < enis->count; i++) {
		buf_add_char(&names, ' ');
		buf_add_visible(&names, str_of(enis->enis[i].name));
	}
	fprintf(stderr, "sensor: %s on%s, windows of %u s, at most %zu flows, memory %zu MiB, %s\n",
		about, names.data, sizes->interval_s, sizes->max_flows,
		(sizes->memory_bytes >> 20) + 1, privileges);
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

void run_say_gone(const struct eni *eni)
{
	if (hearer_is_there(0))
		cli_warn("interface '%s' disappeared, going on with the others", eni->name);
}

void run_say_sink(const char *name, const char *text)
{
	if (hearer_is_there(0))
		fprintf(stderr, "sink %s: %s\n", name, text);
}
