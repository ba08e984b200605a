/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cli.h"

struct args {
	bool		quiet;
	const char     *snapshot;
	struct cli_list outputs;
	uint64_t	limit;
	bool		verbose;
};

static struct args seen;
static char	   seen_operands[200];
static int	   runs, answer;

static int run(const void *args, char **operands, struct err *err)
{
	(void)err;
	runs++;
	seen = *(const struct args *)args;
	seen_operands[0] = '\0';
	for (; *operands; operands++) {
		size_t len = strlen(seen_operands);

		snprintf(seen_operands + len, sizeof(seen_operands) - len, "%s|", *operands);
	}
	return answer;
}

static int run_and_fail(const void *args, char **operands, struct err *err)
{
	(void)args;
	return err_set(err, ERR_INPUT, "cannot read %s", operands[0]);
}

static const struct opt opts[] = {
	OPT_FLAG('q', "quiet", struct args, quiet, "say nothing"),
	OPT_FLAG('v', "verbose", struct args, verbose, "say more"),
	OPT_ENV('s', "snapshot", struct args, snapshot, "PATH", "WEIR_TEST_SNAPSHOT",
		"the snapshot"),
	OPT_LIST('o', "output", struct args, outputs, "FORMAT", "how to answer"),
	OPT_U64(0, "limit", struct args, limit, "N", 1, 100, "at most N"),
	OPT_END,
};
static const struct args defaults = { .limit = 10 };

static const struct cmd cmd_can = {
	.name = "can",
	.operands = "SRC DST",
	.summary = "say whether",
	.opts = opts,
	.args_size = sizeof(struct args),
	.defaults = &defaults,
	.operands_min = 1,
	.operands_max = 2,
	.run = run,
};
static const struct cmd cmd_fail = {
	.name = "check",
	.operands = "FILE",
	.summary = "fail",
	.args_size = 1,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_and_fail,
};
static const struct cmd cmd_raw = {
	.name = "sensor",
	.operands = "",
	.summary = "pass on",
	.args_size = sizeof(struct args),
	.operands_max = 10,
	.raw = true,
	.run = run,
};
static const struct cmd *const	cmds[] = { &cmd_can, &cmd_fail, &cmd_raw, NULL };
static const struct cli_program program = {
	.name = "weir", .summary = "what flows", .cmds = cmds, .section = 1, .see_also = "x(8)"
};

/* Runs the words as a command line; its standard output and error are gone afterwards, its status stays. */
static int weir(const char *line)
{
	char  text[1024], *words[CLI_LIST_MAX + 8] = { NULL };
	int   count = 0, status, saved_out, saved_err;
	FILE *nothing = fopen("/dev/null", "w");

	CHECK(nothing != NULL);
	snprintf(text, sizeof(text), "%s", line);
	for (char *rest = text, *word; (word = strsep(&rest, " "));)
		if (*word)
			words[count++] = word;
	fflush(stdout);
	fflush(stderr);
	saved_out = dup(STDOUT_FILENO);
	saved_err = dup(STDERR_FILENO);
	dup2(fileno(nothing), STDOUT_FILENO);
	dup2(fileno(nothing), STDERR_FILENO);
	status = cli_main(&program, count, words);
	fflush(stdout);
	fflush(stderr);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	fclose(nothing);
	return status;
}

TEST(cli_options_stand_anywhere_and_in_every_spelling)
{
	static const char *lines[] = {
		"weir can a b -q -s x --limit 5 -o json -o csv",
		"weir can -q -sx --limit=5 -ojson --output csv a b",
		"weir can --snapshot=x a --output=json b -o csv --quiet --limit 5",
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		CHECK(weir(lines[i]) == 0);
		CHECK(seen.quiet && !seen.verbose && seen.limit == 5 && seen.outputs.count == 2);
		CHECK_TEXT(seen.snapshot, "x");
		CHECK_TEXT(seen.outputs.items[0], "json");
		CHECK_TEXT(seen.outputs.items[1], "csv");
		CHECK_TEXT(seen_operands, "a|b|");
	}
}

TEST(cli_letters_of_flags_may_be_joined_and_the_last_may_take_a_value)
{
	CHECK(weir("weir can -qvs x a") == 0);
	CHECK(seen.quiet && seen.verbose);
	CHECK_TEXT(seen.snapshot, "x");
}

TEST(cli_two_dashes_end_the_options_and_one_dash_is_an_operand)
{
	CHECK(weir("weir can - -- -q") == 0);
	CHECK(!seen.quiet);
	CHECK_TEXT(seen_operands, "-|-q|");
}

TEST(cli_defaults_hold_until_the_environment_and_that_until_an_option)
{
	CHECK(weir("weir can a") == 0);
	CHECK(seen.limit == 10 && seen.snapshot == NULL);
	CHECK(setenv("WEIR_TEST_SNAPSHOT", "env", 1) == 0);
	CHECK(weir("weir can a") == 0);
	CHECK_TEXT(seen.snapshot, "env");
	CHECK(weir("weir can a -s option") == 0);
	CHECK_TEXT(seen.snapshot, "option");
	CHECK(unsetenv("WEIR_TEST_SNAPSHOT") == 0);
}

TEST(cli_mistakes_are_usage_errors_and_nothing_runs)
{
	static const char *lines[] = {
		"weir",
		"weir ca a",
		"weir CAN a",
		"weir can",
		"weir can a b c",
		"weir can a --quite",
		"weir can a -x",
		"weir can a --quiet=1",
		"weir can a -s",
		"weir can a --limit",
		"weir can a --limit 0",
		"weir can a --limit 101",
		"weir can a --limit=",
		"weir can a --limit +5",
		"weir can a --lim 5",
		"weir -q can a",
		"weir help nothing",
	};
	int before = runs;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (weir(lines[i]) != 2)
			fail_msg("%s", lines[i]);
	CHECK(runs == before);
}

TEST(cli_option_is_not_taken_for_the_value_of_another)
{
	static const char *left_out[] = { "weir can a -s --quiet",
					  "weir can a --snapshot --limit=3", "weir can a -o --help",
					  "weir can a --output --version" };
	int		   before = runs;

	for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
		if (weir(left_out[i]) != 2)
			fail_msg("%s", left_out[i]);
	CHECK(runs == before);
	CHECK(weir("weir can a -s -q") == 0 && !seen.quiet);
	CHECK_TEXT(seen.snapshot, "-q");
	CHECK(weir("weir can a --snapshot --no-option") == 0);
	CHECK_TEXT(seen.snapshot, "--no-option");
	CHECK(weir("weir can a --snapshot=--quiet") == 0 && !seen.quiet);
	CHECK_TEXT(seen.snapshot, "--quiet");
}

TEST(cli_help_and_version_are_answers)
{
	static const char *lines[] = { "weir help",	 "weir --help",	      "weir -h",
				       "weir help can",	 "weir can --help",   "weir can -h",
				       "weir --version", "weir can --version" };
	int		   before = runs;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		CHECK(weir(lines[i]) == 0);
	CHECK(runs == before);
}

TEST(cli_status_is_the_commands_answer_or_the_kind_of_its_error)
{
	answer = 1;
	CHECK(weir("weir can a") == 1);
	answer = 0;
	CHECK(weir("weir check x") == 3);
}

TEST(cli_raw_command_gets_every_word_as_it_is)
{
	CHECK(weir("weir sensor --interface eth0 -- -q --help") == 0);
	CHECK_TEXT(seen_operands, "--interface|eth0|--|-q|--help|");
}

TEST(cli_list_has_a_limit)
{
	char line[1024] = "weir can a";

	for (int i = 0; i < CLI_LIST_MAX; i++)
		strncat(line, " -ojson", sizeof(line) - strlen(line) - 1);
	CHECK(weir(line) == 0);
	CHECK(seen.outputs.count == CLI_LIST_MAX);
	strncat(line, " -ojson", sizeof(line) - strlen(line) - 1);
	CHECK(weir(line) == 2);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cli_options_stand_anywhere_and_in_every_spelling),
		cmocka_unit_test(cli_letters_of_flags_may_be_joined_and_the_last_may_take_a_value),
		cmocka_unit_test(cli_two_dashes_end_the_options_and_one_dash_is_an_operand),
		cmocka_unit_test(cli_defaults_hold_until_the_environment_and_that_until_an_option),
		cmocka_unit_test(cli_mistakes_are_usage_errors_and_nothing_runs),
		cmocka_unit_test(cli_option_is_not_taken_for_the_value_of_another),
		cmocka_unit_test(cli_help_and_version_are_answers),
		cmocka_unit_test(cli_status_is_the_commands_answer_or_the_kind_of_its_error),
		cmocka_unit_test(cli_raw_command_gets_every_word_as_it_is),
		cmocka_unit_test(cli_list_has_a_limit),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
