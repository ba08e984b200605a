/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/service/health.h"

#include <stdlib.h>

#include "lib/base/mem.h"

#define NS_PER_S UINT64_C(1000000000)

/* Something that may be wrong.  Times are monotonic, in seconds; 0: never. */
struct trouble {
	uint64_t since_s; /* it has been so since then without a break */
	uint64_t seen_s;  /* it was so for long enough, last */
	uint64_t known;	  /* of a counter: its value at the last look */
	uint64_t grown;	  /* … and by how much it has grown since it is told */
};

struct sink_health {
	struct trouble failing, behind, dropped[BOARD_DROP_COUNT];
};

struct health {
	uint64_t	   now_s;  /* of the last look, monotonic and never 0 */
	int64_t		   wall_s; /* the same, since 1970 */
	struct trouble	   stuck, lost[STAT_COUNT], refused, fetch, old, strangers, foreign;
	struct trouble	   unreadable[FETCH_CALLS_MAX];
	struct sink_health sinks[BOARD_SINKS_MAX];
};

static bool is_told(const struct health *health, const struct trouble *trouble)
{
	return trouble->seen_s && health->now_s - trouble->seen_s < HEALTH_HOLD_S;
}

/* Something that is or is not so; it counts when it has been for patience_s, and at once while it is told of. */
static void look_at(const struct health *health, struct trouble *trouble, bool is_so,
		    uint64_t patience_s)
{
	if (!is_so) {
		trouble->since_s = 0;
		return;
	}
	if (!trouble->since_s)
		trouble->since_s = health->now_s;
	if (is_told(health, trouble) || health->now_s - trouble->since_s >= patience_s)
		trouble->seen_s = health->now_s;
}

/* A counter that should not grow. */
static void look_at_growth(const struct health *health, struct trouble *trouble, uint64_t value)
{
	if (!is_told(health, trouble))
		trouble->grown = 0;
	if (value > trouble->known) {
		trouble->grown += value - trouble->known;
		trouble->seen_s = health->now_s;
	}
	trouble->known = value;
}

_Static_assert(SNAPSHOT_MAX_S == 7 * 86400, "print_model says so");

static uint64_t seconds_since(const struct health *health, uint64_t time_s)
{
	return health->wall_s > (int64_t)time_s ? (uint64_t)health->wall_s - time_s : 0;
}

/* Whether place has something that is newer than time_s. */
static bool is_newer(const struct board_text *place, uint64_t time_s)
{
	struct board_text said;

	return board_read(place, &said) && said.time_s > (int64_t)time_s;
}

static void look_at_model(struct health *health, const struct board_model *model)
{
	uint64_t snapshot_s = board_get(&model->snapshot_s);
	uint64_t fetched_s = board_get(&model->fetched_s);

	if (!model->is_used)
		return;
	look_at(health, &health->refused, is_newer(&model->failure, board_get(&model->loaded_s)),
		0);
	look_at(health, &health->old,
		snapshot_s && seconds_since(health, snapshot_s) > SNAPSHOT_MAX_S, 0);
	look_at(health, &health->fetch, is_newer(&model->fetch_failure, fetched_s),
		board_get(&model->loads) ? FETCH_MAX_S : FAILING_MAX_S);
	/* An interface may be newer than the snapshot; a VPC is not, nor does the next one have it. */
	look_at(health, &health->foreign, board_get(&model->foreign) > 0, 0);
	look_at(health, &health->strangers,
		board_get(&model->strangers) > board_get(&model->foreign), STRANGERS_MAX_S);
	for (size_t i = 0; fetch_calls[i].action; i++)
		look_at(health, &health->unreadable[i],
			board_get(&model->unreadable_since_s[i]) != 0, 0);
}

static void look_at_sink(struct health *health, struct sink_health *own,
			 const struct board_sink *sink)
{
	uint64_t oldest_s = board_oldest_s(sink);

	look_at(health, &own->failing, board_get(&sink->is_failing),
		board_get(&sink->is_gone) ? 0 : FAILING_MAX_S);
	look_at(health, &own->behind, oldest_s && seconds_since(health, oldest_s) > DELAY_MAX_S, 0);
	for (size_t i = 0; i < BOARD_DROP_COUNT; i++)
		look_at_growth(health, &own->dropped[i], board_get(&sink->dropped[i]));
}

void health_look(struct health *health, const struct board *board, struct clock_pair now)
{
	uint64_t beat = board_get(&board->heartbeat_ns);

	health->now_s = now.mono.ns / NS_PER_S + 1;
	health->wall_s = clock_seconds(now.wall);
	look_at(health, &health->stuck, beat && now.mono.ns > beat + HEARTBEAT_MAX_S * NS_PER_S, 0);
	for (size_t row = 0; row < STAT_COUNT; row++)
		if (stat_info(row)->kind == STAT_KIND_LOST)
			look_at_growth(health, &health->lost[row],
				       board_get(&board->counts[stat_info(row)->stat]));
	look_at_model(health, &board->model);
	for (size_t i = 0; i < board_sink_count(board); i++)
		look_at_sink(health, &health->sinks[i], &board->sinks[i]);
}

struct health *health_new(const struct board *board, struct clock_pair now)
{
	struct health *health = mem_alloc(sizeof(*health));

	for (size_t row = 0; row < STAT_COUNT; row++)
		health->lost[row].known = board_get(&board->counts[stat_info(row)->stat]);
	for (size_t i = 0; i < board_sink_count(board); i++)
		for (size_t reason = 0; reason < BOARD_DROP_COUNT; reason++)
			health->sinks[i].dropped[reason].known = board_get(
				&board->sinks[i].dropped[reason]);
	health_look(health, board, now);
	return health;
}

void health_free(struct health *health)
{
	free(health);
}

/* It may be over and still be told. */
static void add_end(const struct health *health, const struct trouble *trouble, struct buf *out)
{
	if (!trouble->since_s)
		buf_printf(out, ", over for %llu s",
			   (unsigned long long)(health->now_s - trouble->seen_s));
}

/* "fails for 300 s", "failed, over for 12 s" */
static void add_failing(const struct health *health, const struct trouble *trouble, struct buf *out)
{
	if (trouble->since_s)
		buf_printf(out, "fails for %llu s",
			   (unsigned long long)(health->now_s - trouble->since_s));
	else
		buf_printf(out, "failed");
	add_end(health, trouble, out);
}

static void add_failure(const struct board_text *place, struct buf *out)
{
	struct board_text said;

	if (board_read(place, &said))
		buf_printf(out, ": %s", said.text);
	buf_add_char(out, '\n');
}

static void print_lost(const struct health *health, struct buf *out)
{
	for (size_t row = 0; row < STAT_COUNT; row++)
		if (is_told(health, &health->lost[row]))
			buf_printf(out, "lost: %llu packets (%s), the last %llu s ago\n",
				   (unsigned long long)health->lost[row].grown,
				   stat_info(row)->name,
				   (unsigned long long)(health->now_s - health->lost[row].seen_s));
}

static void print_snapshot(const struct health *health, const struct trouble *trouble,
			   const char *what, struct buf *out)
{
	if (!is_told(health, trouble))
		return;
	buf_printf(out, "snapshot: %s", what);
	add_end(health, trouble, out);
	buf_add_char(out, '\n');
}

/* "fetch: ec2:DescribeNetworkAcls cannot be read for 40 s, judging by the snapshot from before" */
static void print_unreadable(const struct health *health, const struct board_model *model,
			     struct buf *out)
{
	for (size_t i = 0; fetch_calls[i].action; i++) {
		const struct trouble *trouble = &health->unreadable[i];

		if (!is_told(health, trouble))
			continue;
		buf_printf(out, "fetch: %s:%s ", aws_service_name(fetch_calls[i].service),
			   fetch_calls[i].action);
		if (trouble->since_s)
			buf_printf(out, "cannot be read for %llu s, %s",
				   (unsigned long long)seconds_since(
					   health, board_get(&model->unreadable_since_s[i])),
				   board_get(&model->is_kept)
					   ? "judging by the snapshot from before"
					   : "what it would tell is unknown");
		else
			buf_add_text(out, "could not be read");
		add_end(health, trouble, out);
		buf_add_char(out, '\n');
	}
}

static void print_model(const struct health *health, const struct board_model *model,
			struct buf *out)
{
	if (is_told(health, &health->refused)) {
		buf_printf(out, "model: the last one was refused");
		add_failure(&model->failure, out);
	}
	if (is_told(health, &health->fetch)) {
		buf_printf(out, "fetch: ");
		add_failing(health, &health->fetch, out);
		add_failure(&model->fetch_failure, out);
	}
	print_unreadable(health, model, out);
	print_snapshot(health, &health->old, "more than 7 days old", out);
	print_snapshot(health, &health->foreign,
		       "it lacks the VPC of interfaces that are measured, what flows there is "
		       "unknown",
		       out);
	print_snapshot(health, &health->strangers,
		       "it lacks interfaces that are measured, what flows there is unknown", out);
}

static void print_sink(const struct health *health, const struct sink_health *own,
		       const struct board_sink *sink, struct buf *out)
{
	for (size_t i = 0; i < BOARD_DROP_COUNT; i++)
		if (is_told(health, &own->dropped[i]))
			buf_printf(out, "sink %s: dropped %llu (%s), the last %llu s ago\n",
				   sink->name, (unsigned long long)own->dropped[i].grown,
				   board_drop_text(i),
				   (unsigned long long)(health->now_s - own->dropped[i].seen_s));
	if (is_told(health, &own->failing)) {
		buf_printf(out, "sink %s: ", sink->name);
		add_failing(health, &own->failing, out);
		add_failure(&sink->failure, out);
	}
	if (is_told(health, &own->behind)) {
		buf_printf(out, "sink %s: more than %d minutes behind", sink->name,
			   DELAY_MAX_S / 60);
		add_end(health, &own->behind, out);
		buf_add_char(out, '\n');
	}
}

bool health_print(const struct health *health, const struct board *board, struct buf *out)
{
	size_t before = out->len;

	if (is_told(health, &health->stuck)) {
		buf_printf(out, "capture: its loop stands still for more than %d s",
			   HEARTBEAT_MAX_S);
		add_end(health, &health->stuck, out);
		buf_add_char(out, '\n');
	}
	print_lost(health, out);
	print_model(health, &board->model, out);
	for (size_t i = 0; i < board_sink_count(board); i++)
		print_sink(health, &health->sinks[i], &board->sinks[i], out);
	return out->len == before;
}
