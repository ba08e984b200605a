/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows judged as the sensor judges them when their window ends (sensor/live/live.h) against the records it writes of them,
 * read back and judged as `weir explain` does on the plain rules: the same verdicts, and an action that says the same.
 *
 *	random_live [FLOWS [SEED]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/flow/line.h"
#include "lib/flow/reader.h"
#include "lib/flow/writer.h"
#include "policies/match/opener.h"
#include "policies/match/port_evidence.h"
#include "sensor/live/live.h"
#include "sensor/live/model.h"
#include "tests/differential/random_log.h"
#include "tests/differential/random_policy.h"

#define NS_PER_S INT64_C(1000000000)

enum {
	FLOWS_MAX = 4096,
	TEXT_MAX = 1 << 24,
	LINE_MAX_BYTES = 2048,
	SHOWN_MAX = 5,
	SECONDS_A_DAY = 86400
};

#define BIT(field) (UINT64_C(1) << (field))

/* What the sensor's records always have. */
static const uint64_t needed = BIT(FIELD_INTERFACE_ID) | BIT(FIELD_SRCADDR) | BIT(FIELD_DSTADDR) |
			       BIT(FIELD_SRCPORT) | BIT(FIELD_DSTPORT) | BIT(FIELD_PROTOCOL) |
			       BIT(FIELD_START) | BIT(FIELD_END) | BIT(FIELD_ACTION) |
			       BIT(FIELD_LOG_STATUS) | BIT(FIELD_TCP_FLAGS) |
			       BIT(FIELD_FLOW_DIRECTION);

struct seen {
	struct flow	   flow;
	struct record	   record;
	enum board_verdict verdict;		 /* live */
	char		   line[LINE_MAX_BYTES]; /* of its record */
};

/* A world and its flows. */
struct trial {
	struct model *model;
	struct buf    log;
	struct seen  *seen;
	size_t	      count;
	struct format format; /* of the records: all fields */
};

static struct trial trial;

static void set_key(const struct record *record, struct flow_key *key)
{
	*key = (struct flow_key){ .family = record->srcaddr.family,
				  .protocol = (uint8_t)record->protocol,
				  .direction = record->flow_direction,
				  .src_port = (uint16_t)record->srcport,
				  .dst_port = (uint16_t)record->dstport };
	memcpy(key->src, record->srcaddr.bytes, sizeof(key->src));
	memcpy(key->dst, record->dstaddr.bytes, sizeof(key->dst));
	key->ifindex = 1 +
		       world_index(trial.model->world, WORLD_ENI, record->text[FIELD_INTERFACE_ID]);
}

/* One end of a connection opens it: flags of a log at random would have both do it. */
static uint64_t flags_of(const struct record *record, const struct flow_key *key)
{
	int	 order = memcmp(key->src, key->dst, sizeof(key->src));
	bool	 from_low = order < 0 || (order == 0 && key->src_port <= key->dst_port);
	unsigned sum = key->src_port + key->dst_port;

	for (size_t i = 0; i < sizeof(key->src); i++)
		sum += key->src[i] + key->dst[i];
	if (record_role_by_flags(record->tcp_flags) == ROLE_UNKNOWN)
		return record->tcp_flags;
	return from_low == (sum % 2 == 0) ? 2 : 18;
}

static void take(const struct record *record)
{
	struct seen *seen = &trial.seen[trial.count];

	if ((record->has & needed) != needed || record->log_status != LOG_STATUS_OK ||
	    record_has(record, FIELD_REJECT_REASON) || trial.count == FLOWS_MAX ||
	    record->srcaddr.family != record->dstaddr.family || record->protocol > 255)
		return;
	seen->record = *record;
	set_key(record, &seen->flow.key);
	seen->record.tcp_flags = flags_of(record, &seen->flow.key);
	seen->record.action = ACTION_ACCEPT;
	/* All within the time in which of UDP nobody is known to have begun, as in a log. */
	seen->flow.count = (struct flow_count){
		.packets = 1,
		.tcp_flags = (uint8_t)seen->record.tcp_flags,
		.first_ns = (uint64_t)((int64_t)trial.count * NS_PER_S / FLOWS_MAX),
		.last_ns = (uint64_t)((int64_t)trial.count * NS_PER_S / FLOWS_MAX),
	};
	trial.count++;
}

/* Records of the log whose format has what is needed. */
static void read_log(void)
{
	struct str    rest = buf_str(&trial.log);
	struct format format = format_default();
	struct record record;
	struct err    err;

	trial.count = 0;
	while (rest.len) {
		struct str line = str_cut(&rest, '\n');

		if (!line.len)
			continue;
		if (format_is_header(line)) {
			if (format_parse(line, &format, NULL, &err) < 0)
				format = format_default();
			continue;
		}
		if (line_parse(line, &format, LINE_ALL_FIELDS, &record, &err) == LINE_FINE)
			take(&record);
	}
}

static void start(struct dice *dice)
{
	struct model *model = mem_alloc(sizeof(*model));

	model->world = random_world(dice);
	if (!dice_one_in(dice, 5)) {
		model->intent = random_policy(dice);
		model->judge = judge_new(model->intent, model->world);
	}
	model->matcher = matcher_open(model->world);
	model->number = 1;
	trial.model = model;
	trial.log = buf_make(TEXT_MAX);
	random_log(dice, model->world, 4 * FLOWS_MAX, &trial.log);
	read_log();
}

/* The flow is the record that it was made of. */
static bool make_record(const struct recorder *recorder, const struct flow *flow,
			struct record *record, const char **ifname)
{
	(void)recorder;
	*record = ((const struct seen *)(const void *)flow)->record;
	*ifname = "ens5";
	return true;
}

static void ignore_stranger(const struct live_interface *stranger)
{
	(void)stranger;
}

static void ignore_event(void *context, const struct event_line *line)
{
	(void)context;
	(void)line;
}

/* The verdict that was counted. */
static enum board_verdict counted(struct board *board)
{
	for (int verdict = 0; verdict < BOARD_VERDICT_COUNT; verdict++)
		if (board_get(&board->verdicts[verdict])) {
			board_set(&board->verdicts[verdict], 0);
			return (enum board_verdict)verdict;
		}
	return BOARD_VERDICT_COUNT;
}

static void judge_live(void)
{
	struct err	       err;
	struct board	      *board = board_new(&err);
	struct model_keeper   *models = model_keeper_of(trial.model);
	const struct live_args args = { .models = models,
					.board = board,
					.record = make_record,
					.say_stranger = ignore_stranger,
					.say = ignore_event,
					.max_flows = 16 * FLOWS_MAX,
					.interval_s = 60,
					.event_interval_s = 1 };
	struct live	      *live = live_new(&args, (struct clock_pair){ { 1 }, { 0 } });

	for (size_t i = 0; i < trial.count; i++)
		live_see(live, &trial.seen[i].flow, NULL);
	live_turn(live, (struct clock_pair){ { 2 }, { 1 } });
	for (size_t i = 0; i < trial.count; i++) {
		struct seen	   *seen = &trial.seen[i];
		struct record	    record = seen->record;
		auto_buf struct buf line = buf_make(LINE_MAX_BYTES - 1);

		live_finish(live, &seen->flow, "ens5", &record);
		seen->verdict = counted(board);
		writer_add(&line, &trial.format, &record);
		memcpy(seen->line, line.data, line.len - 1);
		seen->line[line.len - 1] = '\0';
	}
	live_free(live);
	model_keeper_close(models);
	board_free(board);
}

/* That AWS let it pass tells explain that it is a reply; that the sensor does not know better tells nothing. */
static bool is_guess(const struct record_answer *answer)
{
	return answer->direction == DIRECTION_EGRESS && answer->role == ROLE_REPLY &&
	       answer->evidence == EVIDENCE_CONFIGURATION &&
	       port_evidence_of(trial.model->world, trial.model->judge, answer).role ==
		       ROLE_UNKNOWN;
}

/* As `weir explain` reads what was written. */
static bool is_same(const struct seen *seen, const struct record *record, struct openers *openers,
		    uint64_t verdicts[RECORD_VERDICT_COUNT])
{
	static const enum board_verdict same[RECORD_VERDICT_COUNT] = {
		[RECORD_EXPECTED] = BOARD_EXPECTED,
		[RECORD_UNEXPECTED] = BOARD_UNEXPECTED,
		[RECORD_REJECTED] = BOARD_WOULD_DENY,
		[RECORD_UNKNOWN] = BOARD_UNKNOWN,
		[RECORD_CONTRADICTION] = BOARD_CONTRADICTION,
	};
	struct record_answer answer = record_judge_known(trial.model->world, trial.model->judge,
							 record, openers_role(openers, record));

	if (is_guess(&answer))
		answer.verdict = RECORD_UNKNOWN;
	verdicts[answer.verdict]++;
	if (same[answer.verdict] == seen->verdict)
		return true;
	printf("%s\nlive %d, read back %s\n", seen->line, (int)seen->verdict,
	       record_verdict_text(answer.verdict));
	return false;
}

static unsigned compare(uint64_t verdicts[RECORD_VERDICT_COUNT])
{
	auto_openers struct openers *openers = openers_new();
	auto_free struct record	    *records = mem_alloc((trial.count + 1) * sizeof(*records));
	unsigned		     wrong = 0;
	struct err		     err;

	for (size_t i = 0; i < trial.count; i++) {
		if (line_parse(str_of(trial.seen[i].line), &trial.format, LINE_ALL_FIELDS,
			       &records[i], &err) != LINE_FINE) {
			printf("%s\n%s\n", trial.seen[i].line, err.text);
			return 1;
		}
		openers_learn(openers, &records[i]);
	}
	for (size_t i = 0; i < trial.count && wrong < SHOWN_MAX; i++)
		wrong += !is_same(&trial.seen[i], &records[i], openers, verdicts);
	return wrong;
}

static void set_format(void)
{
	trial.format.version = 5;
	for (int field = 0; field < FIELD_COUNT; field++)
		trial.format.fields[trial.format.count++] = (uint8_t)field;
}

int main(int argc, char **argv)
{
	uint64_t    flows = 100000, seed = (uint64_t)time(NULL), done = 0, worlds = 0;
	uint64_t    verdicts[RECORD_VERDICT_COUNT] = { 0 };
	struct dice dice;

	if ((argc > 1 && str_u64(str_of(argv[1]), UINT64_MAX, &flows) < 0) ||
	    (argc > 2 && str_u64(str_of(argv[2]), UINT64_MAX, &seed) < 0)) {
		fputs("usage: random_live [FLOWS [SEED]]\n", stderr);
		return 2;
	}
	printf("seed %" PRIu64 "\n", seed);
	dice.state = seed;
	trial.seen = mem_alloc(FLOWS_MAX * sizeof(*trial.seen));
	set_format();
	for (; done < flows; worlds++) {
		unsigned wrong;

		start(&dice);
		judge_live();
		wrong = compare(verdicts);
		done += trial.count;
		buf_done(&trial.log);
		if (wrong) {
			printf("in world %" PRIu64 "\n", worlds);
			return 1;
		}
		model_free(trial.model);
	}
	printf("%" PRIu64 " flows, %" PRIu64 " worlds:", done, worlds);
	for (int verdict = 0; verdict < RECORD_VERDICT_COUNT; verdict++)
		printf(" %s %" PRIu64, record_verdict_text((enum record_verdict)verdict),
		       verdicts[verdict]);
	printf("\n");
	free(trial.seen);
	return 0;
}
