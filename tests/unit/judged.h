/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-log lines judged against an inline snapshot and policy, for tests of what consumes them. */
#pragma once

#include "lib/flow/line.h"
#include "simulator/flows/tally.h"
#include "simulator/flows/usage.h"
#include "tests/unit/estate.h"

struct judged_log {
	struct world  *world;
	struct intent *intent;
	struct judge  *judge; /* NULL without a policy */
	struct format  format;
};

/* policy and format may be NULL. */
static inline struct judged_log judged_log_open(const char *estate, const char *policy,
						const char *format)
{
	struct judged_log log = { .world = estate_open(estate), .format = format_default() };
	struct err_list	  errors;
	struct err	  err;

	if (format && format_parse(str_of(format), &log.format, NULL, &err) < 0)
		fail_msg("%s: %s", format, err.text);
	if (!policy)
		return log;
	log.intent = intent_parse(str_of(policy), "p", &errors);
	if (!log.intent)
		fail_msg("%s", errors.items[0].text);
	log.judge = judge_new(log.intent, log.world);
	return log;
}

static inline void judged_log_close(struct judged_log *log)
{
	judge_free(log->judge);
	intent_free(log->intent);
	world_free(log->world);
}

struct judged_line {
	struct record	     record;
	struct record_answer answer;
	struct judged	     judged;
	struct sums	     sums;
};

/* The line must outlive *out, which must not move. */
static inline void judged_log_line(const struct judged_log *log, const char *line, uint64_t number,
				   struct judged_line *out)
{
	struct err err;

	if (line_parse(str_of(line), &log->format, LINE_ALL_FIELDS, &out->record, &err) !=
	    LINE_FINE)
		fail_msg("%s: %s", line, err.text);
	out->answer = record_judge(log->world, log->judge, &out->record);
	out->judged = (struct judged){ .record = &out->record,
				       .answer = &out->answer,
				       .line = str_of(line),
				       .path = "flow.log",
				       .line_number = number };
	out->sums = (struct sums){ 0 };
	sums_add(&out->sums, &out->record);
}

/* As those who drive a consumer do it. */
static inline void judged_line_tally(const struct judged_line *line, struct tally *tally)
{
	uint32_t place = tally_place(tally, &line->judged);

	tally_add(tally, place, &line->sums);
	for (int i = 0; i < 2; i++) {
		struct judged_end end = judged_end_of(&line->answer, i);

		tally_note(tally, place, &end);
	}
}

static inline void judged_line_use(const struct judged_line *line, struct usage *usage)
{
	uint32_t place = usage_place(usage, &line->judged);

	usage_add(usage, place, &line->sums);
	for (int i = 0; i < 2; i++) {
		struct judged_end end = judged_end_of(&line->answer, i);

		usage_note(usage, place, &end);
	}
}
