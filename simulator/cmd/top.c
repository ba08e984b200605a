/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/top.h"
#include "lib/base/clock.h"
#include "simulator/cmd/log_run.h"
#include "simulator/cmd/verbs.h"
#include "simulator/report/output.h"

struct top_args {
	struct log_args	  log;
	struct input_args input;
	struct cli_list	  output;
	const char	 *by, *where, *show, *sort;
	uint64_t	  limit;
	bool		  quiet, no_header;
};

static const struct top_args top_defaults = {
	.by = "srcaddr,dstaddr,dstport",
	.show = "records,packets,bytes",
	.limit = 20,
};

static const struct opt top_opts[] = {
	OPT_STR(0, "by", struct top_args, by, "FIELDS",
		"what makes a group; default srcaddr,dstaddr,dstport.  Any field, src-tier, "
		"dst-tier, src-name, dst-name; srcaddr/24 or srcaddr/24/64 for blocks, start/3600 "
		"for hours"),
	OPT_STR('w', "where", struct top_args, where, "CONDITION",
		"records to count: and, or, not, ( ), = != < <= > >=, in, like; - is no value"),
	OPT_STR(0, "show", struct top_args, show, "TOTALS",
		"of records,packets,bytes,start,end; default records,packets,bytes"),
	OPT_STR(0, "sort", struct top_args, sort, "TOTAL",
		"the largest come first; default records, or the first shown"),
	OPT_U64(0, "limit", struct top_args, limit, "N", 0, LOG_LIMIT_MAX,
		"groups to show; default 20, 0 for all"),
	INPUT_OPTS(struct top_args),
	LOG_OPTS(struct top_args),
	OPT_LIST('o', "output", struct top_args, output, "FORMAT[=FILE]",
		 "text (default), csv or json"),
	OPT_FLAG('q', "quiet", struct top_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-header", struct top_args, no_header, "tables without titles"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", top_print_text },
	{ "csv", top_print_csv },
	{ "json", top_print_json },
	{ NULL, NULL },
};

/* All that a run holds. */
struct run {
	const struct top_args  *args;
	struct ranking_question question;
	struct where		where;
	struct log_run		log;
	struct ranking	       *ranking;
	struct ranking_answer	answer;
};

static int unknown_total(const char *option, struct str name, const char *expected, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s '%.*s': expected %s", option, STR_ARG(name), expected);
}

static int parse_show(const char *text, struct ranking_question *question, struct err *err)
{
	struct str rest = str_of(text);
	bool	   is_last;

	do {
		size_t		   len = str_find(rest, ',');
		struct str	   name = str_trim(str_head(rest, len));
		enum ranking_total total;

		is_last = len == rest.len;
		rest = str_skip(rest, len + 1);
		if (!ranking_total_find(name, &total))
			return unknown_total("--show", name,
					     "a list of records, packets, bytes, start, end", err);
		for (uint8_t i = 0; i < question->shown_count; i++)
			if (question->shown[i] == total)
				return err_set(err, ERR_USAGE, "--show: %s is there twice",
					       ranking_total_name(total));
		question->shown[question->shown_count++] = total;
	} while (!is_last);
	return 0;
}

static int parse_sort(const char *text, struct ranking_question *question, struct err *err)
{
	auto_buf struct buf shown = buf_make(256);
	enum ranking_total  total;

	question->sort = question->shown[0];
	for (uint8_t i = 0; i < question->shown_count; i++) {
		buf_printf(&shown, "%s%s", i ? ", " : "", ranking_total_name(question->shown[i]));
		if (!text && question->shown[i] == RANKING_RECORDS)
			question->sort = RANKING_RECORDS;
	}
	if (!text)
		return 0;
	for (uint8_t i = 0; i < question->shown_count; i++) {
		if (ranking_total_find(str_of(text), &total) && question->shown[i] == total) {
			question->sort = total;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "--sort '%s': expected one of what is shown: %s", text,
		       shown.data);
}

static int parse_question(struct run *run, struct err *err)
{
	const struct top_args	*args = run->args;
	struct ranking_question *question = &run->question;

	if (by_parse(str_of(args->by), &question->by, err) < 0)
		return err_wrap(err, "--by");
	if (args->where) {
		if (where_parse(str_of(args->where), clock_seconds(clock_now().wall), &run->where,
				err) < 0)
			return err_wrap(err, "--where");
		question->where = &run->where;
	}
	if (parse_show(args->show, question, err) < 0 || parse_sort(args->sort, question, err) < 0)
		return -1;
	question->limit = args->limit ? args->limit : SIZE_MAX;
	return output_check(&args->output, formats, err);
}

/* A snapshot is read only when the question needs one, and so is the policy. */
static int open_logs(struct run *run, char **operands, struct err *err)
{
	struct input_args input = run->args->input;
	bool		  tiers = ranking_tiers(&run->question);
	bool		  needed = tiers || ranking_names(&run->question);

	if (tiers && !input.policy)
		return err_set(err, ERR_USAGE,
			       "src-tier and dst-tier are of a policy: give --policy FILE or set "
			       "WEIR_POLICY");
	if (!tiers)
		input.policy = NULL;
	if (log_run_open(&run->log, needed ? &input : NULL, &run->args->log, operands, err) < 0)
		return -1;
	run->question.world = run->log.inputs.world;
	run->question.judge = run->log.inputs.judge;
	run->question.period = run->log.period;
	return 0;
}

static int answer(struct run *run, struct err *err)
{
	const struct top_args *args = run->args;
	struct top_answer      answer = { .question = &run->question,
					  .ranking = &run->answer,
					  .report = &run->log.report,
					  .header = !args->no_header };
	int		       status;

	run->ranking = ranking_new(&run->question, run->log.threads,
				   log_run_memory(&run->log) * run->log.threads, log_run_folder());
	log_run_rows(&run->log, ranking_fields(&run->question), ranking_workers(run->ranking),
		     ranking_rows);
	ranking_answer(run->ranking, &run->answer);
	run->log.left_out = run->answer.left_out;
	status = log_run_tell(&run->log, NULL);
	if (!args->quiet && output_write(&args->output, formats, &answer, err) < 0)
		return -1;
	if (status == 0 && (run->log.report.interrupted || run->log.left_out))
		return STATUS_PARTIAL;
	return status;
}

static int top_run(const void *args, char **operands, struct err *err)
{
	struct run run = { .args = args };
	int	   status = parse_question(&run, err);

	if (status == 0)
		status = open_logs(&run, operands, err);
	if (status == 0)
		status = answer(&run, err);
	ranking_answer_done(&run.answer);
	ranking_free(run.ranking);
	log_run_close(&run.log);
	where_done(&run.where);
	return status;
}

const struct cmd cmd_top = {
	.name = "top",
	.operands = "LOG…",
	.summary = "the Athena question without Athena: group, filter, sort, limit",
	.examples =
		"  Who is refused most, and where?\n"
		"    weir top logs/ --where 'action=REJECT'\n"
		"  Who tries SSH and RDP from outside?\n"
		"    weir top logs/ --by srcaddr,dstport --where 'dstport in (22,3389) and not "
		"srcaddr in (10.0.0.0/8)'\n"
		"  Which tiers send how much to which, hour by hour?\n"
		"    weir top logs/ --by start/3600,src-tier,dst-tier --sort bytes -s snap -p "
		"shop.policy\n"
		"  Which interfaces lost records?\n"
		"    weir top logs/ --by interface-id --where 'log-status=SKIPDATA' --show "
		"records,start,end\n"
		"  Which networks does the database talk to, all of them, as a spreadsheet?\n"
		"    weir top logs/ --by dstaddr/24/64 --where 'srcaddr=10.0.3.10' --limit 0 -o "
		"csv=peers.csv\n",
	.opts = top_opts,
	.args_size = sizeof(struct top_args),
	.defaults = &top_defaults,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.statuses = { [0] = "answered",
		      [4] = "partial: interrupted, or records that could not be taken in" },
	.run = top_run,
};
