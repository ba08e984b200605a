/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/board.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mark.h"
#include "sensor/shared_memory.h"

static const struct {
	const char *text, *label, *about;
} drops[] = {
	[BOARD_QUEUE_FULL] = { "queue full", "queue_full",
			       "the sink's process did not take them in time; raise "
			       "--output-queue" },
	[BOARD_SPOOL_FULL] = { "spool full", "spool_full",
			       "the oldest made room for new ones; raise --spool" },
	[BOARD_DISK] = { "not written to disk", "disk",
			 "the file system is full, read-only or over quota" },
	[BOARD_TORN] = { "torn", "torn", "half a line of a process that was killed, or damage" },
	[BOARD_UNREADABLE] = { "unreadable", "unreadable",
			       "in a segment that the disk cannot read, which is set aside" },
	[BOARD_REFUSED] = { "refused for good", "refused",
			    "the service says that it will never take them" },
};
_Static_assert(ARRAY_LEN(drops) == BOARD_DROP_COUNT, "every reason has its words");

const char *board_drop_text(enum board_drop reason)
{
	assert(reason < BOARD_DROP_COUNT);
	return drops[reason].text;
}

const char *board_drop_label(enum board_drop reason)
{
	assert(reason < BOARD_DROP_COUNT);
	return drops[reason].label;
}

const char *board_drop_about(enum board_drop reason)
{
	assert(reason < BOARD_DROP_COUNT);
	return drops[reason].about;
}

const char *board_verdict_text(enum board_verdict verdict)
{
	static const char *const texts[] = { [BOARD_EXPECTED] = "expected",
					     [BOARD_UNEXPECTED] = "unexpected",
					     [BOARD_CONTRADICTION] = "contradiction",
					     [BOARD_WOULD_DENY] = "would-deny",
					     [BOARD_UNKNOWN] = "unknown" };

	_Static_assert(ARRAY_LEN(texts) == BOARD_VERDICT_COUNT, "every verdict has its word");
	assert(verdict < BOARD_VERDICT_COUNT);
	return texts[verdict];
}

struct board *board_new(struct err *err)
{
	return shared_memory_new(sizeof(struct board), err);
}

void board_free(struct board *board)
{
	shared_memory_free(board, sizeof(*board));
}

static bool has_sink(const struct board *board, const char *name)
{
	for (size_t i = 0; i < board->sink_count; i++)
		if (strcmp(board->sinks[i].name, name) == 0)
			return true;
	return false;
}

struct board_sink *board_add_sink(struct board *board, struct str name)
{
	auto_buf struct buf visible = buf_make(4 * name.len + 1);
	struct board_sink  *sink = &board->sinks[board->sink_count];
	char		    made[sizeof(sink->name)];
	int		    whole;

	assert(board->sink_count < BOARD_SINKS_MAX);
	buf_add_visible(&visible, name);
	whole = (int)(visible.len < sizeof(made) - 1 ? visible.len : sizeof(made) - 1);
	snprintf(made, sizeof(made), "%.*s", whole, visible.len ? visible.data : "");
	for (size_t same = 2; has_sink(board, made); same++) {
		int cut = (int)sizeof(made) - 1 - snprintf(NULL, 0, "#%zu", same);

		snprintf(made, sizeof(made), "%.*s#%zu", whole < cut ? whole : cut,
			 visible.len ? visible.data : "", same);
	}
	memcpy(sink->name, made, sizeof(made));
	board->sink_count++;
	return sink;
}

size_t board_sink_count(const struct board *board)
{
	size_t count = board->sink_count;

	return count < BOARD_SINKS_MAX ? count : BOARD_SINKS_MAX;
}

void board_print_name(const struct board_sink *sink, struct buf *out)
{
	buf_add_visible(out, (struct str){ sink->name, strnlen(sink->name, sizeof(sink->name)) });
}

uint64_t board_dropped(const struct board_sink *sink)
{
	uint64_t sum = 0;

	for (int i = 0; i < BOARD_DROP_COUNT; i++)
		sum += board_get(&sink->dropped[i]);
	return sum;
}

uint64_t board_waiting(const struct board_sink *sink)
{
	uint64_t taken = board_get(&sink->taken), handed = board_get(&sink->handed);

	return handed > taken ? handed - taken : 0;
}

uint64_t board_oldest_s(const struct board_sink *sink)
{
	uint64_t oldest_s = board_get(&sink->oldest_s), waits_s = board_get(&sink->waits_since_s);

	return waits_s && (!oldest_s || waits_s < oldest_s) ? waits_s : oldest_s;
}

void board_print_drops(const struct board_sink *sink, struct buf *out)
{
	const char *gap = " (";

	for (int i = 0; i < BOARD_DROP_COUNT; i++) {
		uint64_t count = board_get(&sink->dropped[i]);

		if (!count)
			continue;
		buf_printf(out, "%s%s ", gap, board_drop_text((enum board_drop)i));
		buf_add_grouped(out, count);
		gap = ", ";
	}
	buf_add_text(out, *gap == ',' ? ")" : "");
}

void board_take_stats(struct board *board, const struct stats *stats, struct mono now)
{
	for (size_t i = 0; i < STAT_COUNT; i++)
		board_set(&board->counts[i], stats->counts[i]);
	board_set(&board->heartbeat_ns, now.ns);
}
