/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/log_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/batch.h"
#include "simulator/flows/groups_spill.h"
#include "simulator/flows/interfaces.h"
#include "simulator/flows/interrupt.h"
#include "simulator/flows/twins.h"

int log_run_open(struct log_run *run, const struct input_args *input, const struct log_args *log,
		 char **operands, struct err *err)
{
	*run = (struct log_run){ .args = log,
				 .format = format_default(),
				 .threads = crew_threads(log->threads) };
	if (period_parse(log->since, log->until, &run->period, err) < 0)
		return -1;
	if (log->log_format && format_parse_known(str_of(log->log_format), &run->format, err) < 0)
		return err_wrap(err, "--log-format");
	if (log_list_open(&run->logs, operands, err) < 0)
		return -1;
	return input ? inputs_open(input, &run->inputs, err) : 0;
}

void log_run_close(struct log_run *run)
{
	log_list_close(&run->logs);
	inputs_close(&run->inputs);
	*run = (struct log_run){ 0 };
}

size_t log_run_memory(const struct log_run *run)
{
	uint64_t mib = run->args->memory_mib ? run->args->memory_mib : LOG_MEMORY_MIB;

	return (size_t)(mib << 20) / run->threads;
}

const char *log_run_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

/* What operands name and the list could not read. */
static void add_unread(struct log_run *run)
{
	const struct err_list *unread = &run->logs.unread;

	for (uint32_t i = 0; i < unread->count; i++)
		err_list_add(&run->report.unread, &unread->items[i]);
	run->report.unread.total += unread->total - unread->count;
}

/* At once, for the answer may take a while, and whoever reads it may not see its head. */
static void tell_interruption(const struct log_run *run)
{
	if (run->report.interrupted)
		cli_warn("interrupted: the answer is about what was read until then; ^C again "
			 "ends without one");
}

void log_run_rows(struct log_run *run, uint64_t wanted, void **workers,
		  void (*rows)(void *worker, const struct columns *columns))
{
	struct crew_job job = { .logs = &run->logs,
				.wanted = wanted,
				.format = &run->format,
				.threads = run->threads,
				.progress = !run->args->no_progress,
				.workers = workers,
				.rows = rows };

	crew_run(&job, &run->report);
	add_unread(run);
	tell_interruption(run);
}

static void add_rows(void *worker, const struct columns *columns)
{
	verdicts_rows(worker, columns);
}

void log_run_judge(struct log_run *run, const struct verdicts_consumer *consumers,
		   bool asks_interfaces)
{
	struct verdicts	    **threads = mem_alloc(run->threads * sizeof(struct verdicts *));
	struct verdict_scheme scheme;
	auto_free uint32_t   *twins = NULL;
	struct verdicts_run   shared = { .world = run->inputs.world,
					 .judge = run->inputs.judge,
					 .scheme = &scheme,
					 .period = &run->period,
					 .memory_bytes = log_run_memory(run),
					 .spill_folder = log_run_folder(),
					 .paths = run->logs.paths };

	if (!asks_interfaces)
		twins = twins_new(run->inputs.world, run->inputs.judge);
	shared.twins = twins;
	verdict_scheme_init(&scheme, run->inputs.world, run->inputs.judge);
	for (unsigned i = 0; i < run->threads; i++)
		threads[i] = verdicts_new(&shared, &consumers[i]);
	log_run_rows(run, verdict_fields(), (void **)threads, add_rows);
	verdicts_finish(threads, run->threads);
	for (unsigned i = 0; i < run->threads; i++) {
		struct verdicts_counts counts = verdicts_counts(threads[i]);

		run->outside += counts.outside;
		run->timeless += counts.timeless;
		run->left_out += counts.left_out;
		run->unnumbered += counts.unnumbered;
		run->not_learned += counts.not_learned;
		verdicts_free(threads[i]);
	}
	verdict_scheme_done(&scheme);
	free(threads);
}

/* Whether --since and --until let a record in; what they leave out is counted. */
static bool is_wanted(struct log_run *run, const struct record *record)
{
	if (period_is_all(&run->period))
		return true;
	if (!record_has(record, FIELD_START) || !record_has(record, FIELD_END)) {
		run->timeless++;
		return false;
	}
	if (period_has(&run->period, record->start, record->end))
		return true;
	run->outside++;
	return false;
}

/* One pass over the logs, record by record. */
struct pass {
	struct log_run *run;
	struct batch   *batch;
	struct matcher *matcher;
	log_run_each   *each;
	void	       *context;
};

static void show_batch(const struct pass *pass, uint32_t file)
{
	struct log_run *run = pass->run;

	batch_judge(pass->batch, pass->matcher, run->inputs.judge);
	for (size_t i = 0; i < batch_count(pass->batch); i++) {
		const struct batch_item *item = batch_item(pass->batch, i);
		struct judged		 judged = { .record = &item->record,
						    .answer = batch_answer(pass->batch, i),
						    .line = item->line,
						    .path = run->logs.paths[file],
						    .file = file,
						    .line_number = item->line_number };

		run->report.rows++;
		if (is_wanted(run, &item->record))
			pass->each(pass->context, &judged);
	}
}

static void note_unknown_field(struct log_run *run, const struct reader *reader, uint32_t file)
{
	struct err err = { 0 };
	uint64_t   line;
	struct str name = { 0 };

	if (reader)
		name = reader_unknown_field(reader, &line);
	if (name.len == 0)
		return;
	err.line = (uint32_t)line;
	err_in(&err, run->logs.paths[file]);
	bad_lines_note_field(&run->report.bad, name, file, &err);
}

static void read_file(const struct pass *pass, uint32_t file)
{
	struct log_run		  *run = pass->run;
	struct err		   err = { 0 };
	auto_reader struct reader *reader = reader_open(run->logs.paths[file], &run->format, &err);
	enum reader_result	   result = reader ? READER_RECORD : READER_FAILED;

	while (result != READER_END && result != READER_FAILED && !interrupt_is_set()) {
		result = batch_fill(pass->batch, reader, &err);
		show_batch(pass, file);
		if (result == READER_BAD_LINE)
			bad_lines_add(&run->report.bad, reader_fault(reader), file, err.line, &err);
	}
	note_unknown_field(run, reader, file);
	if (result == READER_FAILED && !interrupt_is_set())
		err_list_add(&run->report.unread, &err);
}

void log_run_read(struct log_run *run, log_run_each *each, void *context)
{
	struct pass	 pass = { .run = run,
				  .batch = batch_new(),
				  .matcher = matcher_open(run->inputs.world),
				  .each = each,
				  .context = context };
	struct sigaction alarm = interrupt_wake(), before = interrupt_catch();

	for (uint32_t i = 0; i < run->logs.count && !interrupt_is_set(); i++) {
		read_file(&pass, i);
		run->report.files++;
	}
	run->report.interrupted = interrupt_is_set();
	interrupt_release(&before);
	interrupt_let_wait(&alarm);
	add_unread(run);
	tell_interruption(run);
	run->not_learned = batch_not_learned(pass.batch);
	batch_free(pass.batch);
	matcher_free(pass.matcher);
}

static void tell_bad_lines(const struct bad_lines *bad)
{
	if (bad->unknown_field.text[0])
		cli_complain(&bad->unknown_field);
	for (int i = 0; i < LINE_FAULT_COUNT; i++) {
		if (bad->count[i] == 0)
			continue;
		cli_complain(&bad->first[i]);
		if (bad->count[i] > 1)
			cli_warn("%" PRIu64 " more line%s like this one (%s)", bad->count[i] - 1,
				 bad->count[i] == 2 ? "" : "s",
				 line_fault_text((enum line_fault)i));
	}
}

bool log_run_is_partial(const struct log_run *run, const struct sums *all)
{
	return run->report.interrupted || run->left_out || all->records == 0;
}

/* Whether there was a disk to take them tells what would help. */
static void tell_left_out(const struct log_run *run)
{
	struct groups_spill *spill;

	if (run->left_out == 0)
		return;
	spill = groups_spill_open(log_run_folder(), 1, 1);
	if (spill)
		cli_warn("%" PRIu64 " records are left out: neither memory (--memory) nor %s "
			 "(TMPDIR) had room for them",
			 run->left_out, log_run_folder());
	else
		cli_warn("%" PRIu64
			 " records are left out: memory (--memory) had no room for them, "
			 "and %s (TMPDIR) cannot be used: %s",
			 run->left_out, log_run_folder(), strerror(errno));
	groups_spill_close(spill);
}

int log_run_tell(const struct log_run *run, const struct sums *all)
{
	const struct err_list *unread = &run->report.unread;

	tell_bad_lines(&run->report.bad);
	for (uint32_t i = 0; i < unread->count; i++)
		cli_complain(&unread->items[i]);
	if (unread->total > unread->count)
		cli_warn("%u more files could not be read", unread->total - unread->count);
	if (run->not_learned)
		cli_warn("%" PRIu64 " connections were too many to remember who opened them",
			 run->not_learned);
	if (run->unnumbered)
		cli_warn("%" PRIu64 " records of interfaces too many to number were judged by "
			 "their own flags and ports alone",
			 run->unnumbered);
	tell_left_out(run);
	if (all && all->records == 0)
		cli_warn("no records: nothing was judged");
	/* Lines, and not one of them a record: this was no flow log. */
	if (unread->total || (run->report.bad.total && (run->args->strict || !run->report.rows)))
		return err_exit_status(ERR_INPUT);
	return 0;
}
