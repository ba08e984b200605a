/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/flows/batch.h"
#include "simulator/report/record_json.h"

struct explain_args {
	struct input_args input;
	const char	 *log_format;
};

static const struct opt explain_opts[] = {
	INPUT_OPTS(struct explain_args),
	OPT_STR(0, "log-format", struct explain_args, log_format, "FORMAT",
		"fields of the lines, as ${srcaddr} ${dstaddr} …, when there is no header"),
	OPT_END,
};

static void print_batch(struct batch *batch, struct matcher *matcher, const struct inputs *inputs)
{
	batch_judge(batch, matcher, inputs->judge);
	for (size_t i = 0; i < batch_count(batch); i++) {
		const struct batch_item *item = batch_item(batch, i);
		struct record_line	 line = { .world = inputs->world,
						  .judge = inputs->judge,
						  .line = item->line_number,
						  .record = &item->record,
						  .answer = batch_answer(batch, i) };

		record_print_json(&line, stdout);
	}
}

/* A bad line is told and passed over; the status remembers it. */
static int explain_all(const struct inputs *inputs, struct reader *reader, struct err *err)
{
	auto_batch struct batch	    *batch = batch_new();
	auto_matcher struct matcher *matcher = matcher_open(inputs->world);
	enum reader_result	     result;
	int			     status = 0;

	do {
		result = batch_fill(batch, reader, err);
		print_batch(batch, matcher, inputs);
		if (result == READER_FAILED)
			return -1;
		if (result == READER_BAD_LINE) {
			cli_complain(err);
			status = err_exit_status(ERR_INPUT);
		}
	} while (result != READER_END);
	return status;
}

static int explain_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct explain_args *args = args_ptr;
	auto_inputs struct inputs  inputs = { 0 };
	auto_reader struct reader *reader = NULL;
	struct format		   format = format_default();

	(void)operands;
	if (args->log_format && format_parse_known(str_of(args->log_format), &format, err) < 0)
		return err_wrap(err, "--log-format");
	if (inputs_open(&args->input, &inputs, err) < 0)
		return -1;
	reader = reader_open("-", &format, err);
	if (!reader)
		return -1;
	setvbuf(stdout, NULL, _IOLBF, 0); /* for `tail -f … | weir explain` */
	return explain_all(&inputs, reader, err);
}

const struct cmd cmd_explain = {
	.name = "explain",
	.operands = "",
	.summary = "flow-log lines on stdin, verdict with rule, one JSON line each",
	.examples = "  tail -f flow.log | weir explain -s shop.snap -p shop.policy\n",
	.opts = explain_opts,
	.args_size = sizeof(struct explain_args),
	.statuses = { [0] = "answered" },
	.run = explain_run,
};
