/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/base/cli_config.h"

struct args {
	bool		verbose, quiet;
	const char     *output, *config;
	struct cli_list interfaces;
	uint64_t	interval;
};

static const struct opt opts[] = {
	OPT_FLAG('v', "verbose", struct args, verbose, "say more"),
	OPT_FLAG('q', "quiet", struct args, quiet, "say less"),
	OPT_STR('o', "output", struct args, output, "FILE", "where to"),
	OPT_CONFIG("config", struct args, config, "FILE", "this file"),
	OPT_LIST('i', "interface", struct args, interfaces, "NAME", "which"),
	OPT_U64(0, "interval", struct args, interval, "SECONDS", 1, 60, "how long"),
	OPT_END,
};
static const struct cmd cmd = { .name = "sensor", .opts = opts, .args_size = sizeof(struct args) };

/* What one text says; the values lie in the text of the last call. */
static int parse(const char *text, struct args *args, struct err *err)
{
	static struct buf buf;
	bool		  given[ARRAY_LEN(opts)] = { false };
	struct cli_values values = { .args = (char *)args, .given = given };

	buf_done(&buf);
	buf = buf_make(CLI_CONFIG_MAX);
	buf_add_text(&buf, text);
	*args = (struct args){ 0 };
	return cli_config_parse(&cmd, &buf, "sensor.conf", &values, err);
}

TEST(config_keys_are_the_long_options_and_lists_repeat)
{
	struct args args;
	struct err  err;

	CHECK(parse("# a comment\n\n  interface = ens5=eni-1  \r\ninterface=ens6\n"
		    "verbose = yes\nquiet = no\n\tinterval\t=\t5\noutput = /var/log/a file # 1",
		    &args, &err) == 0);
	CHECK(args.verbose && !args.quiet && args.interval == 5 && args.interfaces.count == 2);
	CHECK_TEXT(args.interfaces.items[0], "ens5=eni-1");
	CHECK_TEXT(args.interfaces.items[1], "ens6");
	CHECK_TEXT(args.output, "/var/log/a file # 1");
}

TEST(config_mistake_is_told_with_its_line)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "\nintervall = 5\n",
		  "sensor.conf:2: unknown key 'intervall', did you mean 'interval'?" },
		{ "colour = red", "sensor.conf:1: unknown key 'colour'; see 'sensor --help'" },
		{ "-o = x", "sensor.conf:1: unknown key '-o'; see 'sensor --help'" },
		{ "output", "sensor.conf:1: expected `key = value`" },
		{ "= x", "sensor.conf:1: expected `key = value`" },
		{ "#\n#\noutput =", "sensor.conf:3: output needs FILE" },
		{ "output = a\noutput = b", "sensor.conf:2: output comes twice" },
		{ "quiet = no\nquiet = yes", "sensor.conf:2: quiet comes twice" },
		{ "verbose = 1", "sensor.conf:1: verbose: '1' is neither yes nor no" },
		{ "interval = 61",
		  "sensor.conf:1: --interval: '61' is not a whole number from 1 to 60" },
		{ "config = x", "sensor.conf:1: config: a config file names no other" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct args args;
		struct err  err = { 0 };
		char	    said[256];

		CHECK(parse(cases[i].text, &args, &err) == -1);
		CHECK(err.kind == ERR_INPUT);
		err_print(&err, said, sizeof(said));
		CHECK_TEXT(said, cases[i].line);
	}
}

TEST(config_list_has_a_limit)
{
	char	    text[CLI_LIST_MAX * 16 + 32] = "";
	struct args args;
	struct err  err;

	for (int i = 0; i < CLI_LIST_MAX; i++)
		strncat(text, "interface = a\n", sizeof(text) - strlen(text) - 1);
	CHECK(parse(text, &args, &err) == 0 && args.interfaces.count == CLI_LIST_MAX);
	strncat(text, "interface = a\n", sizeof(text) - strlen(text) - 1);
	CHECK(parse(text, &args, &err) == -1 && err.line == CLI_LIST_MAX + 1);
}

TEST(config_holds_where_nobody_else_has_a_word)
{
	const char	 *file_output = "file", *line_output = "line";
	struct args	  file = { .output = file_output, .interval = 5, .interfaces.count = 2 };
	struct args	  line = { .output = line_output, .interval = 60, .interfaces.count = 1 };
	bool		  in_file[] = { false, false, true, false, true, true, false };
	bool		  in_line[] = { false, false, true, false, true, false, false };
	struct cli_values from = { .args = (char *)&file, .given = in_file };
	struct cli_values to = { .args = (char *)&line, .given = in_line };

	opt_fill(&cmd, &from, &to);
	CHECK_TEXT(line.output, "line");
	CHECK(line.interfaces.count == 1);
	CHECK(line.interval == 5 && in_line[5]);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_keys_are_the_long_options_and_lists_repeat),
		cmocka_unit_test(config_mistake_is_told_with_its_line),
		cmocka_unit_test(config_list_has_a_limit),
		cmocka_unit_test(config_holds_where_nobody_else_has_a_word),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
