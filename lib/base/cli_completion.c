/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/cli_completion.h"

#include <string.h>

/* "auto|bpf|pcap" is all that the option takes; "FILE|-" is a kind of value. */
static bool is_choice(const char *value)
{
	return value && strchr(value, '|') &&
	       value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-|")] == '\0';
}

static void print_choice(struct buf *out, const struct opt *opt)
{
	buf_add_text(out, "\t\t");
	if (opt->letter)
		buf_printf(out, "-%c | ", opt->letter);
	buf_printf(out, "--%s) words='", opt->name);
	for (const char *at = opt->value; *at; at++)
		buf_add_char(out, *at == '|' ? ' ' : *at);
	buf_add_text(out, "' ;;\n");
}

/* Where the word is the value of the option before it: its choices, else whatever files there are. */
static void print_values(struct buf *out, const struct cmd *cmd)
{
	const char *gap = "\t\t";

	buf_add_text(out, "\t\tcase $prev in\n");
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++)
		if (is_choice(opt->value))
			print_choice(out, opt);
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++) {
		if (!opt->value || is_choice(opt->value))
			continue;
		buf_add_text(out, gap);
		if (opt->letter)
			buf_printf(out, "-%c | ", opt->letter);
		buf_printf(out, "--%s", opt->name);
		gap = " | ";
	}
	buf_add_text(out, *gap == ' ' ? ") ;;\n" : "");
	buf_add_text(out, "\t\t*) [[ $cur == -* ]] && words='--help --version");
	for (const struct opt *opt = cmd->opts; opt && opt->type != OPT_TYPE_END; opt++)
		buf_printf(out, " --%s", opt->name);
	buf_add_text(out, "' ;;\n\t\tesac\n");
}

static void print_function_name(struct buf *out, const char *program, const char *verb)
{
	buf_add_char(out, '_');
	for (const char *at = program; *at; at++)
		buf_add_char(out, *at == '-' ? '_' : *at);
	if (*verb)
		buf_printf(out, "_%s", verb);
}

/* `weir sensor …` is another program's line: its own script, beside this one, knows. */
static void print_raw(struct buf *out, const char *program, const char *verb)
{
	buf_add_text(out, "\t\tdeclare -F ");
	print_function_name(out, program, verb);
	buf_printf(out,
		   " >/dev/null || . \"${BASH_SOURCE[0]%%/*}/%s-%s\" 2>/dev/null || return 0\n",
		   program, verb);
	buf_printf(out,
		   "\t\tCOMP_WORDS=(%s-%s \"${COMP_WORDS[@]:2}\")\n\t\tCOMP_CWORD=$((COMP_CWORD - "
		   "1))\n\t\t",
		   program, verb);
	print_function_name(out, program, verb);
	buf_add_text(out, "\n\t\treturn\n");
}

static void print_names(struct buf *out, const struct cli_program *program, bool topics)
{
	for (const struct cmd *const *cmd = program->cmds; *cmd; cmd++)
		if ((*cmd)->is_topic == topics)
			buf_printf(out, " %s", (*cmd)->name);
}

static void print_verbs(struct buf *out, const struct cli_program *program)
{
	buf_add_text(out,
		     "\tif ((COMP_CWORD == 1)) || [[ $COMP_CWORD == 2 && $verb == help ]]; then\n"
		     "\t\twords='help");
	print_names(out, program, false);
	buf_add_text(out, "'\n\t\t((COMP_CWORD == 1)) || words+='");
	print_names(out, program, true);
	buf_add_text(out, "'\n\t\tverb=\n\tfi\n");
}

void completion_print(const struct cli_program *program, const struct cmd *cmd, struct buf *out)
{
	buf_printf(out, "# Completion of %s in bash, made from its option tables.\n",
		   program->name);
	print_function_name(out, program->name, "");
	/* Bash takes --name=value for three words. */
	buf_add_text(
		out,
		"()\n{\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal verb=${COMP_WORDS[1]} words=\n"
		"\tCOMPREPLY=()\n"
		"\tif [[ $cur == = ]]; then\n\t\tcur=\n"
		"\telif [[ $prev == = ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n");
	if (program->cmds)
		print_verbs(out, program);
	buf_add_text(out, "\tcase $verb in\n");
	for (const struct cmd *const *each = program->cmds; each && *each; each++) {
		if ((*each)->is_topic)
			continue;
		buf_printf(out, "\t%s)\n", (*each)->name);
		if ((*each)->raw)
			print_raw(out, program->name, (*each)->name);
		else
			print_values(out, *each);
		buf_add_text(out, "\t\t;;\n");
	}
	if (!program->cmds) {
		buf_add_text(out, "\t*)\n");
		print_values(out, cmd);
		buf_add_text(out, "\t\t;;\n");
	}
	buf_add_text(out,
		     "\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
		     "complete -o default -F ");
	print_function_name(out, program->name, "");
	buf_printf(out, " %s\n", program->name);
}
