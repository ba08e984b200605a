/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/cli.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cli_completion.h"
#include "lib/base/cli_config.h"
#include "lib/base/cli_man.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

enum { MADE_MAX = 1 << 20 }; /* bytes of a page or script */

/* The name every message begins with. */
static const char *program_name = "weir";

void cli_complain(const struct err *err)
{
	char text[1024];

	err_print(err, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", program_name, text);
}

int cli_complain_all(const struct err_list *errors, struct err *err)
{
	uint32_t left_out = errors->total - errors->count;

	for (uint32_t i = 0; i + (left_out == 0) < errors->count; i++)
		cli_complain(&errors->items[i]);
	if (left_out)
		return err_set(err, ERR_INPUT, "%u more errors", left_out);
	*err = errors->items[errors->count - 1];
	return -1;
}

void cli_warn(const char *format, ...)
{
	struct err err = { .kind = ERR_NONE };
	va_list	   args;

	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	err_wrap(&err, "warning");
	cli_complain(&err);
}

/* What one run of the parser has so far. */
struct parse {
	const struct cmd *cmd;
	struct cli_values values;
	char		**operands; /* borrowed from argv */
	size_t		  operand_count;
	bool		  help, version;
	struct buf	  config; /* values lie in it */
};

static int unknown_opt(const struct cmd *cmd, struct str name, struct err *err)
{
	const char *best = opt_nearest(cmd, name);

	if (best)
		return err_set(err, ERR_USAGE, "unknown option --%.*s, did you mean --%s?",
			       STR_ARG(name), best);
	return err_set(err, ERR_USAGE, "unknown option --%.*s; see '%s --help'", STR_ARG(name),
		       cmd->name);
}

static int set_opt(const struct parse *parse, const struct opt *opt, const char *value,
		   struct err *err)
{
	return opt_set(parse->cmd, opt, value, &parse->values, err);
}

/*
 * A value left out must not take the next option for one; --name=value takes any.  A single '-' may begin a value.
 */
static int need_value(const struct parse *parse, const struct opt *opt, const char *word,
		      struct err *err)
{
	struct str rest, name;

	if (!word)
		return err_set(err, ERR_USAGE, "--%s needs %s", opt->name, opt->value);
	if (strncmp(word, "--", 2) != 0)
		return 0;
	rest = str_of(word + 2);
	name = str_cut(&rest, '=');
	if (!opt_find(parse->cmd, name, 0) && !str_is(name, "help") && !str_is(name, "version"))
		return 0;
	return err_set(err, ERR_USAGE, "--%s needs %s, and --%.*s is an option", opt->name,
		       opt->value, STR_ARG(name));
}

/* --name, --name=value, --name value.  Returns how many further words it took. */
static int parse_long(struct parse *parse, char **words, struct err *err)
{
	struct str	  rest = str_of(words[0] + 2);
	bool		  has_value = str_find(rest, '=') < rest.len;
	struct str	  name = str_cut(&rest, '=');
	const struct opt *opt = opt_find(parse->cmd, name, 0);

	if (!opt && !has_value && str_is(name, "help")) {
		parse->help = true;
		return 0;
	}
	if (!opt && !has_value && str_is(name, "version")) {
		parse->version = true;
		return 0;
	}
	if (!opt)
		return unknown_opt(parse->cmd, name, err);
	if (opt->type == OPT_TYPE_FLAG && has_value)
		return err_set(err, ERR_USAGE, "--%s takes no value", opt->name);
	if (opt->type == OPT_TYPE_FLAG || has_value)
		return set_opt(parse, opt, rest.ptr, err);
	if (need_value(parse, opt, words[1], err) < 0)
		return -1;
	return set_opt(parse, opt, words[1], err) < 0 ? -1 : 1;
}

/* -x, -xvalue, -x value, -xyz for flags. */
static int parse_short(struct parse *parse, char **words, struct err *err)
{
	for (const char *at = words[0] + 1; *at; at++) {
		const struct opt *opt = opt_find(parse->cmd, str_of(""), *at);

		if (!opt && *at == 'h') {
			parse->help = true;
			continue;
		}
		if (!opt)
			return err_set(err, ERR_USAGE, "unknown option -%c; see '%s --help'", *at,
				       parse->cmd->name);
		if (opt->type == OPT_TYPE_FLAG) {
			if (set_opt(parse, opt, NULL, err) < 0)
				return -1;
			continue;
		}
		if (at[1])
			return set_opt(parse, opt, at + 1, err);
		if (!words[1])
			return err_set(err, ERR_USAGE, "-%c needs %s", *at, opt->value);
		if (need_value(parse, opt, words[1], err) < 0)
			return -1;
		return set_opt(parse, opt, words[1], err) < 0 ? -1 : 1;
	}
	return 0;
}

static int parse_words(struct parse *parse, int count, char **words, struct err *err)
{
	bool options = !parse->cmd->raw;

	for (int i = 0; i < count; i++) {
		int taken = 0;

		if (options && strcmp(words[i], "--") == 0)
			options = false;
		else if (options && strncmp(words[i], "--", 2) == 0)
			taken = parse_long(parse, words + i, err);
		else if (options && words[i][0] == '-' && words[i][1])
			taken = parse_short(parse, words + i, err);
		else
			parse->operands[parse->operand_count++] = words[i];
		if (taken < 0)
			return -1;
		i += taken;
	}
	return 0;
}

static void apply_defaults(const struct cmd *cmd, char *args)
{
	if (cmd->defaults)
		memcpy(args, cmd->defaults, cmd->args_size);
}

static void apply_environment(const struct parse *parse)
{
	const struct cmd *cmd = parse->cmd;

	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++) {
		const char *value = opt->env ? getenv(opt->env) : NULL;

		if (!value || !*value)
			continue;
		*(const char **)(parse->values.args + opt->offset) = value;
		parse->values.given[opt - cmd->opts] = true;
	}
}

/* What the file says holds where neither an option nor the environment does; all of it must be right even so. */
static int apply_config(struct parse *parse, const char *path, struct err *err)
{
	auto_free char	 *args = mem_alloc(parse->cmd->args_size);
	auto_free bool	 *given = mem_alloc(opt_count(parse->cmd) + 1);
	struct cli_values file = { .args = args, .given = given };

	parse->config = buf_make(CLI_CONFIG_MAX);
	if (file_read(path, CLI_CONFIG_MAX, &parse->config, err) < 0 ||
	    cli_config_parse(parse->cmd, &parse->config, path, &file, err) < 0)
		return -1;
	opt_fill(parse->cmd, &file, &parse->values);
	return 0;
}

static int apply_configs(struct parse *parse, struct err *err)
{
	for (const struct opt *opt = parse->cmd->opts; opt && opt->type != OPT_TYPE_END; opt++) {
		const char *const *path = (const void *)(parse->values.args + opt->offset);

		if (opt->type == OPT_TYPE_CONFIG && *path && apply_config(parse, *path, err) < 0)
			return -1;
	}
	return 0;
}

static int check_operands(const struct parse *parse, struct err *err)
{
	const struct cmd *cmd = parse->cmd;

	if (parse->operand_count < cmd->operands_min)
		return err_set(err, ERR_USAGE, "missing operand: %s %s", cmd->name, cmd->operands);
	if (parse->operand_count > cmd->operands_max)
		return err_set(err, ERR_USAGE, "unexpected operand '%s': %s %s",
			       parse->operands[cmd->operands_max], cmd->name,
			       *cmd->operands ? cmd->operands : "takes none");
	return 0;
}

/* Output that could not be written is a failure whatever the answer was. */
static int finish(int status, struct err *err)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_sys(err, "cannot write to standard output");
		return -1;
	}
	return status;
}

/*
 * A standard descriptor that came closed would be the next file's that is opened, and what is said on stderr
 * would land among records.  Whoever uses what is put there gets EBADF, as before.
 */
static void hold_standard_fds(void)
{
	int fd;

	do
		fd = open("/", O_PATH);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run_parsed(struct parse *parse, const char *program, struct err *err)
{
	const struct cmd *cmd = parse->cmd;
	int		  status;

	if (parse->version) {
		printf("%s %s\n", program_name, WEIR_VERSION);
		return finish(0, err) < 0 ? 70 : 0;
	}
	if (parse->help) {
		cli_print_help(program, cmd, stdout);
		return finish(0, err) < 0 ? 70 : 0;
	}
	if (check_operands(parse, err) < 0 || apply_configs(parse, err) < 0)
		return -1;
	status = cmd->run(parse->values.args, parse->operands, err);
	return status >= 0 ? finish(status, err) : status;
}

static int run(const char *program, const struct cmd *cmd, int count, char **words)
{
	struct parse	 parse = { .cmd = cmd };
	auto_free char	*args = mem_alloc(cmd->args_size);
	auto_free bool	*given = mem_alloc(opt_count(cmd) + 1);
	auto_free char **operands = mem_alloc(((size_t)count + 1) * sizeof(*operands));
	struct err	 err = { 0 };
	int		 status;

	hold_standard_fds();
	parse.values = (struct cli_values){ .args = args, .given = given };
	parse.operands = operands;
	apply_defaults(cmd, args);
	apply_environment(&parse);
	status = parse_words(&parse, count, words, &err);
	if (status >= 0)
		status = run_parsed(&parse, program, &err);
	buf_done(&parse.config);
	if (status >= 0)
		return status;
	cli_complain(&err);
	return err_exit_status(err.kind);
}

static void print_opt(const struct opt *opt, FILE *out)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s", opt->letter ? '-' : ' ',
		 opt->letter ? opt->letter : ' ', opt->letter ? ',' : ' ', opt->name,
		 opt->value ? " " : "", opt->value ? opt->value : "");
	fprintf(out, "  %-30s %s", left, opt->help);
	if (opt->env)
		fprintf(out, " [%s]", opt->env);
	if (opt->type == OPT_TYPE_LIST)
		fprintf(out, " (repeatable)");
	fputc('\n', out);
}

void cli_print_help(const char *program, const struct cmd *cmd, FILE *out)
{
	bool	    verb = strcmp(program, cmd->name) != 0;
	const char *gap = cmd->operands && *cmd->operands ? " " : "";

	fprintf(out, "usage: %s%s%s%s%s%s\n%s\n", program, verb ? " " : "", verb ? cmd->name : "",
		gap, cmd->operands ? cmd->operands : "", cmd->opts ? " [OPTION…]" : "",
		cmd->summary);
	if (cmd->opts)
		fputs("\noptions:\n", out);
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++)
		print_opt(opt, out);
	if (cmd->examples)
		fprintf(out, "\nexamples:\n%s", cmd->examples);
}

static const struct cmd *find_cmd(const struct cmd *const *cmds, const char *name)
{
	for (; *cmds; cmds++)
		if (strcmp((*cmds)->name, name) == 0)
			return *cmds;
	return NULL;
}

static void print_verbs(const char *program, const char *summary, const struct cmd *const *cmds)
{
	printf("usage: %s VERB [OPERAND…] [OPTION…]\n%s\n\nverbs:\n", program, summary);
	for (size_t i = 0; cmds[i]; i++)
		if (!cmds[i]->is_topic)
			printf("  %-15s %s\n", cmds[i]->name, cmds[i]->summary);
	for (size_t i = 0; cmds[i]; i++)
		if (cmds[i]->is_topic)
			printf("  help %-10s %s\n", cmds[i]->name, cmds[i]->summary);
	printf("  %-15s %s\n\n'%s help VERB' or '%s VERB --help' says more; '%s --version' which "
	       "version.\n",
	       "help", "list the verbs, or explain one", program, program, program);
}

static int unknown_verb(const char *name, const struct cmd *const *cmds)
{
	const char *best = NULL;
	unsigned    distance = 3;
	struct err  err;

	for (const struct cmd *const *cmd = cmds; *cmd; cmd++) {
		unsigned now = str_distance(str_of(name), str_of((*cmd)->name));

		if (now < distance && !(*cmd)->is_topic) {
			distance = now;
			best = (*cmd)->name;
		}
	}
	if (find_cmd(cmds, name))
		err_set(&err, ERR_USAGE, "'%s' is no verb; '%s help %s' prints it", name,
			program_name, name);
	else if (best)
		err_set(&err, ERR_USAGE, "unknown verb '%s', did you mean '%s'?", name, best);
	else
		err_set(&err, ERR_USAGE, "unknown verb '%s'; see '%s help'", name, program_name);
	cli_complain(&err);
	return err_exit_status(ERR_USAGE);
}

/* "help …" with words after it; the status, or -1 for a line that is about something else. */
static int print_made(const struct cli_program *program, const struct cmd *single, int count,
		      char **words)
{
	auto_buf struct buf text = buf_make(MADE_MAX);
	const struct cmd   *cmd = single;
	struct err	    err;

	if (count == 1 && strcmp(words[0], "--completion") == 0) {
		completion_print(program, single, &text);
	} else if (count >= 1 && count <= 2 && strcmp(words[0], "--man") == 0) {
		if (count == 2)
			cmd = program->cmds ? find_cmd(program->cmds, words[1]) : NULL;
		if (count == 2 && (!cmd || cmd->is_topic))
			return -1;
		if (cmd)
			man_print_command(program, cmd, &text);
		else
			man_print_program(program, &text);
	} else {
		return -1;
	}
	fwrite(text.data, 1, text.len, stdout);
	return finish(0, &err) < 0 ? 70 : 0;
}

static int help(const struct cli_program *program, int count, char **words)
{
	const struct cmd *cmd = count > 0 ? find_cmd(program->cmds, words[0]) : NULL;
	struct err	  err;
	int		  status = print_made(program, NULL, count, words);

	if (status >= 0)
		return status;
	if (count > 0 && !cmd)
		return unknown_verb(words[0], program->cmds);
	if (cmd && cmd->is_topic)
		return run(program->name, cmd, count - 1, words + 1);
	if (cmd)
		cli_print_help(program->name, cmd, stdout);
	else
		print_verbs(program->name, program->summary, program->cmds);
	return finish(0, &err) < 0 ? 70 : 0;
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
	const struct cmd *cmd;
	const char	 *verb = argc > 1 ? argv[1] : "help";
	struct err	  err;
	int		  status;

	program_name = program->name;
	if (strcmp(verb, "--version") == 0) {
		printf("%s %s\n", program->name, WEIR_VERSION);
		return finish(0, &err) < 0 ? 70 : 0;
	}
	if (strcmp(verb, "help") == 0 || strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
		status = help(program, argc - 2, argv + 2);
		return argc > 1 || status != 0 ? status : err_exit_status(ERR_USAGE);
	}
	cmd = find_cmd(program->cmds, verb);
	if (!cmd || cmd->is_topic)
		return unknown_verb(verb, program->cmds);
	return run(program->name, cmd, argc - 2, argv + 2);
}

int cli_single(const struct cmd *cmd, int argc, char **argv)
{
	const struct cli_program program = { .name = cmd->name,
					     .section = cmd->section ? cmd->section : 1,
					     .see_also = cmd->see_also };
	int			 status = -1;

	program_name = cmd->name;
	if (argc > 2 && strcmp(argv[1], "help") == 0)
		status = print_made(&program, cmd, argc - 2, argv + 2);
	if (status >= 0)
		return status;
	return run(cmd->name, cmd, argc > 0 ? argc - 1 : 0, argv + 1);
}
