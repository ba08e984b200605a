/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/cli_man.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What man(7) gives another look than that of the keyboard. */
static const char *escape_of(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '-':
		return "\\-";
	case '\'':
		return "\\(aq";
	case '`':
		return "\\(ga";
	case '^':
		return "\\(ha";
	case '~':
		return "\\(ti";
	case '"':
		return "\\(dq";
	default:
		return NULL;
	}
}

/* A line that begins with a dot would be a request. */
static void print_text(struct buf *out, const char *text)
{
	for (const char *at = text; *at; at++) {
		const char *escape = escape_of(*at);

		if (*at == '.' && (at == text || at[-1] == '\n'))
			buf_add_text(out, "\\&");
		if (escape)
			buf_add_text(out, escape);
		else
			buf_add_char(out, *at);
	}
}

static void print_font(struct buf *out, char font, const char *text)
{
	buf_printf(out, "\\f%c", font);
	print_text(out, text);
	buf_add_text(out, "\\fR");
}

static void print_reference(struct buf *out, const char *program, const char *verb,
			    unsigned section)
{
	buf_add_text(out, "\\fB");
	print_text(out, program);
	if (verb) {
		buf_add_text(out, "\\-");
		print_text(out, verb);
	}
	buf_printf(out, "\\fR(%u)", section);
}

static void print_title(struct buf *out, const char *program, const char *verb, unsigned section)
{
	buf_add_text(out, ".\\\" Made from the option tables.\n.TH \"");
	for (const char *at = program; *at; at++)
		buf_add_char(out, (char)toupper((unsigned char)*at));
	buf_add_text(out, verb ? "\\-" : "");
	for (const char *at = verb ? verb : ""; *at; at++)
		buf_add_char(out, (char)toupper((unsigned char)*at));
	buf_printf(out, "\" %u %s \"Weir %s\" \"Weir\"\n.SH NAME\n", section, WEIR_DATE,
		   WEIR_VERSION);
	print_text(out, program);
	buf_add_text(out, verb ? "\\-" : "");
	print_text(out, verb ? verb : "");
	buf_add_text(out, " \\- ");
}

static void print_opt(struct buf *out, const struct opt *opt)
{
	char letter[] = { '-', opt->letter, '\0' };
	char name[64];

	buf_add_text(out, ".TP\n");
	if (opt->letter) {
		print_font(out, 'B', letter);
		buf_add_text(out, ", ");
	}
	snprintf(name, sizeof(name), "--%s", opt->name);
	print_font(out, 'B', name);
	if (opt->value) {
		buf_add_char(out, ' ');
		print_font(out, 'I', opt->value);
	}
	buf_add_char(out, '\n');
	print_text(out, opt->help);
	buf_add_char(out, '\n');
	if (opt->type == OPT_TYPE_LIST)
		buf_add_text(out, "(repeatable)\n");
}

static void print_opts(struct buf *out, const struct cmd *cmd)
{
	buf_add_text(out, ".SH OPTIONS\nOptions may stand anywhere; \\fB\\-\\-\\fR ends them.\n");
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++)
		print_opt(out, opt);
	buf_add_text(out, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nthe options, in short\n"
			  ".TP\n\\fB\\-\\-version\\fR\nwhich version this is\n");
}

static void print_status(struct buf *out, int status, const char *meaning)
{
	buf_printf(out, ".TP\n.B %d\n", status);
	print_text(out, meaning);
	buf_add_char(out, '\n');
}

static void print_statuses(struct buf *out, const char *const own[])
{
	static const char *const common[] = { [2] = "usage, or an ambiguous or unknown name",
					      [3] = "input unreadable or invalid, or output that "
						    "cannot be written",
					      [5] = "AWS, credentials or network failure" };

	buf_add_text(out, ".SH EXIT STATUS\n");
	for (int i = 0; i < CLI_STATUS_COUNT; i++) {
		const char *meaning = own[i] ? own[i] : common[i];

		if (meaning)
			print_status(out, i, meaning);
	}
	print_status(out, 70, "a bug, or memory ran out");
}

static void print_environment(struct buf *out, const struct cmd *cmd)
{
	bool any = false;

	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++) {
		if (!opt->env)
			continue;
		if (!any)
			buf_add_text(out, ".SH ENVIRONMENT\n");
		any = true;
		buf_add_text(out, ".TP\n");
		print_font(out, 'B', opt->env);
		buf_add_text(out, "\nin the place of \\fB\\-\\-");
		print_text(out, opt->name);
		buf_add_text(out, "\\fR where that is not given\n");
	}
}

static void print_config(struct buf *out, const struct cmd *cmd)
{
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++) {
		if (opt->type != OPT_TYPE_CONFIG)
			continue;
		buf_add_text(out, ".SH CONFIG FILE\nThe file of \\fB\\-\\-");
		print_text(out, opt->name);
		buf_add_text(
			out,
			"\\fR has lines \\fIkey\\fB = \\fIvalue\\fR.\n"
			"Keys are the long names of the options above.\n"
			"What may be repeated has a line for each item, any other key comes once.\n"
			"Options that take no value are \\fByes\\fR or \\fBno\\fR.\n"
			"Lines that begin with \\fB#\\fR are comments; nothing is quoted.\n"
			"An unknown key is an error.\n"
			"An option that is given wins over the file, a list as a whole.\n");
	}
}

/* Examples are lines with two blanks in front, as --help prints them. */
static void print_examples(struct buf *out, const char *examples)
{
	if (!examples)
		return;
	buf_add_text(out, ".SH EXAMPLES\n.nf\n");
	while (*examples) {
		size_t len = strcspn(examples, "\n");
		char   line[256];

		snprintf(line, sizeof(line), "%.*s", (int)len, examples);
		print_text(out, strncmp(line, "  ", 2) == 0 ? line + 2 : line);
		buf_add_char(out, '\n');
		examples += len + (examples[len] == '\n');
	}
	buf_add_text(out, ".fi\n");
}

/* A raw verb is another program's line, and that has the page. */
static void print_see_also(struct buf *out, const struct cli_program *program,
			   const struct cmd *but)
{
	const char *gap = "";

	if (!program->see_also && !program->cmds)
		return;
	buf_add_text(out, ".SH SEE ALSO\n");
	if (but && program->cmds) {
		print_reference(out, program->name, NULL, program->section);
		gap = ",\n";
	}
	for (const struct cmd *const *cmd = program->cmds; cmd && *cmd; cmd++) {
		if (*cmd == but || (*cmd)->raw || (*cmd)->is_topic)
			continue;
		buf_add_text(out, gap);
		print_reference(out, program->name, (*cmd)->name, program->section);
		gap = ",\n";
	}
	if (program->see_also) {
		buf_add_text(out, gap);
		print_text(out, program->see_also);
	}
	buf_add_char(out, '\n');
}

void man_print_command(const struct cli_program *program, const struct cmd *cmd, struct buf *out)
{
	const char *verb = program->cmds ? cmd->name : NULL;

	print_title(out, program->name, verb, program->section);
	print_text(out, cmd->summary);
	buf_add_text(out, "\n.SH SYNOPSIS\n");
	print_font(out, 'B', program->name);
	if (verb) {
		buf_add_char(out, ' ');
		print_font(out, 'B', verb);
	}
	if (cmd->operands && *cmd->operands) {
		buf_add_char(out, ' ');
		print_font(out, 'I', cmd->operands);
	}
	buf_add_text(out, cmd->opts ? " [\\fIOPTION\\fR…]\n" : "\n");
	buf_add_text(out, ".SH DESCRIPTION\n");
	print_text(out, cmd->summary);
	buf_add_text(
		out,
		".\nWhat every answer and option means to the last detail is in \\fIcli.md\\fR of "
		"the "
		"documentation.\n");
	if (!cmd->raw)
		print_opts(out, cmd);
	print_config(out, cmd);
	print_environment(out, cmd);
	print_statuses(out, cmd->statuses);
	print_examples(out, cmd->examples);
	print_see_also(out, program, cmd);
}

void man_print_program(const struct cli_program *program, struct buf *out)
{
	static const char *const statuses[CLI_STATUS_COUNT] = {
		[0] = "yes: reachable, no findings",
		[1] = "no: unreachable, findings",
		[4] = "undecided: data is missing, and it matters to the answer"
	};

	print_title(out, program->name, NULL, program->section);
	print_text(out, program->summary);
	buf_add_text(out, "\n.SH SYNOPSIS\n");
	print_font(out, 'B', program->name);
	buf_add_text(out, " \\fIVERB\\fR [\\fIOPERAND\\fR…] [\\fIOPTION\\fR…]\n.SH DESCRIPTION\n");
	print_text(out, program->summary);
	buf_add_text(out,
		     "\nEach verb answers one question and has a page of its own.\n.SH VERBS\n");
	for (const struct cmd *const *cmd = program->cmds; *cmd; cmd++) {
		buf_add_text(out, (*cmd)->is_topic ? ".TP\n\\fBhelp\\fR " : ".TP\n");
		print_font(out, 'B', (*cmd)->name);
		buf_add_char(out, '\n');
		print_text(out, (*cmd)->summary);
		buf_add_char(out, '\n');
	}
	buf_add_text(out, ".TP\n\\fBhelp\\fR [\\fIVERB\\fR]\nlist the verbs, or explain one\n");
	print_statuses(out, statuses);
	print_see_also(out, program, NULL);
}
