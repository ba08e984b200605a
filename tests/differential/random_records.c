/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow logs judged at the speed at which they are read (simulator/flows/verdicts.h) against every record judged
 * by itself on the plain rules: the same answers, sums, first records and addresses, whatever the threads, the
 * files and the memory.
 *
 *	random_records [RECORDS [SEED]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/flow/reader.h"
#include "simulator/flows/crew.h"
#include "simulator/flows/twins.h"
#include "simulator/flows/verdicts.h"
#include "tests/differential/answers.h"
#include "tests/differential/random_log.h"
#include "tests/differential/random_policy.h"

enum {
	FILES_MAX = 4,
	THREADS_MAX = 4,
	PATH_SIZE = 32,
	RECORDS_A_FILE = 8000,
	TEXT_MAX = 1 << 24,
	JOBS_MAX = 64,
	SHOWN_MAX = 4000, /* bytes of a log */
	SECONDS_A_DAY = 86400
};

/* A world with its logs, and how they are read. */
struct trial {
	struct world	  *world;
	struct intent	  *intent; /* NULL: no policy */
	struct judge	  *judge;
	struct port_floor *ports;
	struct buf	   texts[FILES_MAX];
	int		   fds[FILES_MAX];
	char		  *paths[FILES_MAX];
	char		   names[FILES_MAX][PATH_SIZE];
	struct log_list	   logs;
	struct period	   period;
	unsigned	   threads;
	size_t		   memory_bytes;
	bool		   asks_interfaces; /* else twins stand in for one another */
	struct answers	  *plain, *fast;
	uint64_t	   plain_rows, fast_rows, plain_outside, fast_outside;
};

static void start(struct trial *trial, struct dice *dice)
{
	int64_t day = RANDOM_POLICY_DAY * (int64_t)SECONDS_A_DAY;

	*trial = (struct trial){ .period = { INT64_MIN, INT64_MAX },
				 .threads = 1 + (unsigned)dice_roll(dice, THREADS_MAX),
				 .memory_bytes = (size_t)1 << (18 + dice_roll(dice, 8)),
				 .asks_interfaces = dice_roll(dice, 2) };
	trial->world = random_world(dice);
	if (!dice_one_in(dice, 5)) {
		trial->intent = random_policy(dice);
		trial->judge = judge_new(trial->intent, trial->world);
	}
	trial->ports = port_floor_new(trial->world, trial->judge);
	if (dice_one_in(dice, 4))
		trial->period = (struct period){ day - SECONDS_A_DAY, day + SECONDS_A_DAY };
	trial->logs.count = 1 + dice_roll(dice, FILES_MAX);
	trial->logs.paths = trial->paths;
	for (size_t i = 0; i < trial->logs.count; i++) {
		trial->texts[i] = buf_make(TEXT_MAX);
		random_log(dice, trial->world, 1 + (unsigned)dice_roll(dice, 2 * RECORDS_A_FILE),
			   &trial->texts[i]);
		trial->fds[i] = memfd_create("log", MFD_CLOEXEC);
		snprintf(trial->names[i], PATH_SIZE, "/proc/self/fd/%d", trial->fds[i]);
		trial->paths[i] = trial->names[i];
	}
}

static void finish(struct trial *trial)
{
	for (size_t i = 0; i < trial->logs.count; i++) {
		buf_done(&trial->texts[i]);
		close(trial->fds[i]);
	}
	free(trial->ports);
	judge_free(trial->judge);
	intent_free(trial->intent);
	world_free(trial->world);
}

static void write_logs(const struct trial *trial)
{
	for (size_t i = 0; i < trial->logs.count; i++) {
		const struct buf *text = &trial->texts[i];

		if (ftruncate(trial->fds[i], 0) < 0 ||
		    pwrite(trial->fds[i], text->data, text->len, 0) != (ssize_t)text->len)
			abort();
	}
}

/* What a pass over the logs does with each record. */
typedef void each_record(struct trial *trial, const struct record *record,
			 const struct judged *where, struct openers *openers);

static void learn(struct trial *trial, const struct record *record, const struct judged *where,
		  struct openers *openers)
{
	(void)trial;
	(void)where;
	openers_learn(openers, record);
}

/*
 * What other records tell of the role.  That the ports are right where they are good evidence nobody remembers
 * (verdicts.h): it would change nothing but a likely cause.
 */
static enum role known_role(const struct trial *trial, const struct openers *openers,
			    const struct record *record)
{
	enum role known = openers_role(openers, record);

	if (port_floor_tells(trial->ports, known, (uint16_t)record->srcport,
			     (uint16_t)record->dstport))
		return ROLE_UNKNOWN;
	return known;
}

static void judge_alone(struct trial *trial, const struct record *record,
			const struct judged *where, struct openers *openers)
{
	struct record_answer answer = record_judge_known(trial->world, trial->judge, record,
							 known_role(trial, openers, record));
	struct packet	     packet = record_packet(record);
	struct judged	     judged = *where;
	struct sums	     sums = { 0 };
	uint32_t	     place;

	trial->plain_rows++;
	if (!period_is_all(&trial->period) &&
	    (!record_has(record, FIELD_START) || !record_has(record, FIELD_END) ||
	     !period_has(&trial->period, record->start, record->end))) {
		trial->plain_outside++;
		return;
	}
	judged.answer = &answer;
	sums_add(&sums, record);
	place = answers_place(trial->plain, &judged);
	answers_add(trial->plain, place, &sums);
	answer.packet = packet;
	for (int i = 0; i < 2; i++) {
		struct judged_end end = judged_end_of(&answer, i);

		if (end.ip.family != IP_NONE)
			answers_note(trial->plain, place, &end);
	}
}

static void read_all(struct trial *trial, each_record *each, struct openers *openers)
{
	for (uint32_t i = 0; i < trial->logs.count; i++) {
		struct err		   err = { 0 };
		struct record		   record;
		auto_reader struct reader *reader = reader_open(trial->paths[i], NULL, &err);

		while (reader_next(reader, &record, &err) == READER_RECORD) {
			struct judged where = { .record = &record,
						.line = reader_line(reader),
						.path = trial->paths[i],
						.file = i,
						.line_number = reader_line_number(reader) };

			each(trial, &record, &where, openers);
		}
		if (err.text[0]) {
			fprintf(stderr, "%s:%u: %s\n", trial->paths[i], err.line, err.text);
			exit(2);
		}
	}
}

static void judge_plainly(struct trial *trial)
{
	auto_openers struct openers *openers = openers_new();

	trial->plain = answers_new(trial->world, trial->judge, trial->asks_interfaces);
	trial->plain_rows = trial->plain_outside = 0;
	read_all(trial, learn, openers);
	read_all(trial, judge_alone, openers);
	answers_finish(trial->plain);
}

static uint32_t place(void *answers, const struct judged *judged)
{
	return answers_place(answers, judged);
}

static uint64_t note(void *answers, uint32_t at, const struct judged_end *end)
{
	answers_note(answers, at, end);
	return UINT64_MAX;
}

static void add(void *answers, uint32_t at, const struct sums *sums)
{
	answers_add(answers, at, sums);
}

static void add_rows(void *worker, const struct columns *columns)
{
	verdicts_rows(worker, columns);
}

static void judge_fast(struct trial *trial)
{
	struct verdicts		*threads[THREADS_MAX];
	struct verdicts_consumer consumers[THREADS_MAX] = { 0 };
	struct verdict_scheme	 scheme;
	struct crew_report	 report;
	struct verdicts_run	 run = { .world = trial->world,
					 .judge = trial->judge,
					 .scheme = &scheme,
					 .period = &trial->period,
					 .memory_bytes = trial->memory_bytes,
					 .spill_folder = "/tmp",
					 .paths = trial->paths };
	auto_free uint32_t	*twins = NULL;
	struct crew_job		 job = { .logs = &trial->logs,
					 .wanted = verdict_fields(),
					 .threads = trial->threads,
					 .workers = (void **)threads,
					 .rows = add_rows };

	if (!trial->asks_interfaces)
		twins = twins_new(trial->world, trial->judge);
	run.twins = twins;
	verdict_scheme_init(&scheme, trial->world, trial->judge);
	for (unsigned i = 0; i < trial->threads; i++) {
		consumers[i] = (struct verdicts_consumer){
			.self = answers_new(trial->world, trial->judge, trial->asks_interfaces),
			.place = place,
			.note = note,
			.add = add
		};
		threads[i] = verdicts_new(&run, &consumers[i]);
	}
	crew_run(&job, &report);
	verdicts_finish(threads, trial->threads);
	trial->fast_rows = report.rows;
	trial->fast_outside = 0;
	trial->fast = consumers[0].self;
	for (unsigned i = 0; i < trial->threads; i++) {
		struct verdicts_counts counts = verdicts_counts(threads[i]);

		trial->fast_outside += counts.outside + counts.timeless;
		verdicts_free(threads[i]);
		if (i) {
			answers_merge(trial->fast, consumers[i].self);
			answers_free(consumers[i].self);
		}
	}
	answers_finish(trial->fast);
	verdict_scheme_done(&scheme);
}

static bool agree(struct trial *trial, bool quiet)
{
	bool ok;

	write_logs(trial);
	judge_plainly(trial);
	judge_fast(trial);
	ok = trial->plain_rows == trial->fast_rows && trial->plain_outside == trial->fast_outside &&
	     answers_equal(trial->plain, trial->fast, true);
	if (!ok && !quiet) {
		fprintf(stderr,
			"%" PRIu64 " records, %" PRIu64 " outside; fast %" PRIu64 ", %" PRIu64 "\n",
			trial->plain_rows, trial->plain_outside, trial->fast_rows,
			trial->fast_outside);
		answers_equal(trial->plain, trial->fast, false);
	}
	answers_free(trial->plain);
	answers_free(trial->fast);
	return ok;
}

/* The text without the lines first … first + count - 1, and without headers that nothing follows. */
static struct buf without(struct str text, size_t first, size_t count)
{
	struct buf out = buf_make(TEXT_MAX);
	struct str header = { 0 };

	for (size_t line = 0; text.len; line++) {
		struct str next = str_head(text, str_find(text, '\n') + 1);

		if (format_is_header(next)) {
			header = next;
		} else if (line < first || line >= first + count) {
			buf_add_str(&out, header);
			buf_add_str(&out, next);
			header.len = 0;
		}
		text = str_skip(text, next.len);
	}
	return out;
}

static size_t count_lines(const struct buf *text)
{
	size_t count = 0;

	for (size_t i = 0; i < text->len; i++)
		count += text->data[i] == '\n';
	return count;
}

/* Leaves out what the disagreement does not need: halves, quarters, … single lines. */
static void shrink(struct trial *trial)
{
	for (size_t file = 0; file < trial->logs.count; file++) {
		size_t step = count_lines(&trial->texts[file]);

		for (; step > 0; step /= 2) {
			for (size_t at = 0; at < count_lines(&trial->texts[file]);) {
				struct buf before = trial->texts[file];

				trial->texts[file] = without(buf_str(&before), at, step);
				if (trial->texts[file].len < before.len && !agree(trial, true)) {
					buf_done(&before);
					continue;
				}
				buf_done(&trial->texts[file]);
				trial->texts[file] = before;
				at += step;
			}
		}
	}
}

static void complain(struct trial *trial, uint64_t seed)
{
	fprintf(stderr, "world of seed %" PRIu64 ": the two ways differ; %u threads, %zu bytes\n",
		seed, trial->threads, trial->memory_bytes);
	shrink(trial);
	if (agree(trial, false))
		fprintf(stderr, "not any more: it depends on chance\n");
	for (size_t i = 0; i < trial->logs.count; i++) {
		fprintf(stderr, "log %zu:\n", i);
		fwrite(trial->texts[i].data, 1,
		       trial->texts[i].len < SHOWN_MAX ? trial->texts[i].len : SHOWN_MAX, stderr);
	}
}

/* One of several processes; each has worlds of its own. */
static int run_job(uint64_t records, uint64_t seed)
{
	uint64_t judged = 0, worlds = 0;
	bool	 ok = true;

	while (ok && judged < records) {
		struct dice  dice = { .state = seed + worlds };
		struct trial trial;

		start(&trial, &dice);
		ok = agree(&trial, true);
		judged += trial.plain_rows;
		if (!ok)
			complain(&trial, seed + worlds);
		worlds++;
		finish(&trial);
	}
	printf("%" PRIu64 " records, %" PRIu64 " worlds\n", judged, worlds);
	fflush(stdout);
	return !ok;
}

static int run_jobs(uint64_t records, uint64_t seed)
{
	long jobs = sysconf(_SC_NPROCESSORS_ONLN);
	int  failed = 0, status;

	jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
	for (long i = 0; i < jobs; i++)
		if (fork() == 0)
			exit(run_job((records + (uint64_t)jobs - 1) / (uint64_t)jobs,
				     seed + ((uint64_t)i << 32)));
	while (wait(&status) > 0)
		failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	return failed;
}

int main(int argc, char **argv)
{
	uint64_t records = 1000000, seed = (uint64_t)time(NULL);

	if ((argc > 1 && str_u64(str_of(argv[1]), UINT64_MAX, &records) < 0) ||
	    (argc > 2 && str_u64(str_of(argv[2]), UINT64_MAX, &seed) < 0)) {
		fputs("usage: random_records [RECORDS [SEED]]\n", stderr);
		return 2;
	}
	printf("seed %" PRIu64 "\n", seed);
	fflush(stdout);
	return run_jobs(records, seed);
}
