/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as tables.  A command is a row: name, operands, options, run.  Options land in the
 * command's own struct; a member of another type does not compile.  The same tables print --help, man pages and completion,
 * and read config files.
 *
 * Options may stand anywhere; `--` ends them; `--name=value` and `--name value` are equal, as are `-s x` and
 * `-sx`; in the second form of either the value is not the name of an option, which would be one left out.  Names
 * are never abbreviated; a typo gets "did you mean".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/err.h"

enum opt_type {
	OPT_TYPE_END,
	OPT_TYPE_FLAG,
	OPT_TYPE_STR,
	OPT_TYPE_LIST,
	OPT_TYPE_U64,
	OPT_TYPE_CONFIG
};

enum { CLI_LIST_MAX = 64 };

struct cli_list {
	const char *items[CLI_LIST_MAX]; /* borrowed from argv, or a config file that stays */
	size_t	    count;
};

struct opt {
	enum opt_type type;
	char	      letter; /* 0: none */
	const char   *name, *value, *help, *env;
	size_t	      offset;
	uint64_t      min, max; /* OPT_TYPE_U64 */
};

#define OPT_OFFSET(args, member, type)                                                             \
	(offsetof(args, member) + 0 * sizeof((type *)0 == &((args *)0)->member))
#define OPT_FLAG(letter_, name_, args, member, help_)                                              \
	{                                                                                          \
		.type = OPT_TYPE_FLAG, .letter = (letter_), .name = (name_), .help = (help_),      \
		.offset = OPT_OFFSET(args, member, bool)                                           \
	}
#define OPT_STR(letter_, name_, args, member, value_, help_)                                       \
	{                                                                                          \
		.type = OPT_TYPE_STR, .letter = (letter_), .name = (name_), .value = (value_),     \
		.help = (help_), .offset = OPT_OFFSET(args, member, const char *)                  \
	}
#define OPT_ENV(letter_, name_, args, member, value_, env_, help_)                                 \
	{                                                                                          \
		.type = OPT_TYPE_STR, .letter = (letter_), .name = (name_), .value = (value_),     \
		.env = (env_), .help = (help_), .offset = OPT_OFFSET(args, member, const char *)   \
	}
/* The file that options not given are taken from (lib/base/cli_config). */
#define OPT_CONFIG(name_, args, member, value_, help_)                                             \
	{                                                                                          \
		.type = OPT_TYPE_CONFIG, .name = (name_), .value = (value_), .help = (help_),      \
		.offset = OPT_OFFSET(args, member, const char *)                                   \
	}
#define OPT_LIST(letter_, name_, args, member, value_, help_)                                      \
	{                                                                                          \
		.type = OPT_TYPE_LIST, .letter = (letter_), .name = (name_), .value = (value_),    \
		.help = (help_), .offset = OPT_OFFSET(args, member, struct cli_list)               \
	}
#define OPT_U64(letter_, name_, args, member, value_, min_, max_, help_)                           \
	{                                                                                          \
		.type = OPT_TYPE_U64, .letter = (letter_), .name = (name_), .value = (value_),     \
		.min = (min_), .max = (max_), .help = (help_),                                     \
		.offset = OPT_OFFSET(args, member, uint64_t)                                       \
	}
#define OPT_END                                                                                    \
	{                                                                                          \
		.type = OPT_TYPE_END                                                               \
	}

enum { CLI_STATUS_COUNT = 6 };

struct cmd {
	const char	 *name, *operands, *summary;
	const char	 *examples; /* lines for --help; may be NULL */
	const struct opt *opts;
	size_t		  args_size;
	const void	 *defaults; /* initial args, args_size bytes; NULL: zero */
	size_t		  operands_min, operands_max;
	const char
		*statuses[CLI_STATUS_COUNT]; /* for the man page: what this command means by them */
	unsigned section;     /* of the manual, of a program that is one command; 0: 1 */
	const char *see_also; /* its other page, "weir(1)"; may be NULL */
	bool	    raw;      /* everything after the verb is an operand, options too */
	bool	    is_topic; /* no verb: run by `help NAME`, has no page */

	/* Returns the exit status, or -1 with *err set. */
	int (*run)(const void *args, char **operands, struct err *err);
};

struct cli_program {
	const char		*name, *summary;
	const struct cmd *const *cmds;	   /* its verbs, ends in NULL; NULL inside cli_single */
	unsigned		 section;  /* of the manual */
	const char		*see_also; /* "weir-sensor(8)"; may be NULL */
};

/*
 * Both return the exit status.  `help --man [VERB]` prints a man page, `help --completion` a script for bash: for
 * who installs the program, so --help does not list them.
 */
int cli_main(const struct cli_program *program, int argc, char **argv);
int cli_single(const struct cmd *cmd, int argc, char **argv);

/* For a verb that lists others: the help of one command, as --help prints it. */
void cli_print_help(const char *program, const struct cmd *cmd, FILE *out);

/* One line on stderr, "program: text" as every error is told. */
void cli_complain(const struct err *err);

/* All but the last, which goes to *err; how many are not told comes last.  Returns -1. */
int  cli_complain_all(const struct err_list *errors, struct err *err);
void cli_warn(const char *format, ...) PRINTF_LIKE(1, 2);
