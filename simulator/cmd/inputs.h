/* SPDX-License-Identifier: Apache-2.0 */
/* What most verbs are given: a snapshot, a policy, and how to answer. */
#pragma once

#include "lib/base/cli.h"
#include "lib/net/ports.h"
#include "policies/intent/judge.h"
#include "policies/rules/verdict.h"

struct input_args {
	const char *snapshot, *policy, *unknown;
	bool	    verbose;
};

/* The rows of an option table whose args struct has a member `input`. */
#define INPUT_OPTS(args)                                                                           \
	OPT_ENV('s', "snapshot", args, input.snapshot, "PATH", "WEIR_SNAPSHOT",                    \
		"snapshot: a folder or file of what the AWS CLI prints, or -"),                    \
		OPT_ENV('p', "policy", args, input.policy, "FILE", "WEIR_POLICY",                  \
			"intended segmentation"),                                                  \
		OPT_FLAG('v', "verbose", args, input.verbose,                                      \
			 "say what is doubtful about the snapshot")
#define UNKNOWN_OPT(args)                                                                          \
	OPT_STR(0, "unknown", args, input.unknown, "fail|deny|allow",                              \
		"what missing data counts as; default fail (status 4)")

struct inputs {
	struct world  *world;
	struct intent *intent;	   /* NULL without a policy */
	struct judge  *judge;	   /* NULL without a policy */
	enum verdict   unknown_as; /* VERDICT_UNKNOWN: fail */
};

/* ERR_USAGE when no snapshot is given. */
int inputs_need_snapshot(const struct input_args *args, struct err *err) MUST_USE;

/*
 * Loads both and tells on stderr what deserves a warning.  All errors but the last are printed; the last is
 * *err.
 */
int  inputs_open(const struct input_args *args, struct inputs *out, struct err *err) MUST_USE;
void inputs_close(struct inputs *inputs);

/* Today, since 1970-01-01 (UTC), or the date of --at. */
int inputs_day(const char *at, int32_t *day, struct err *err) MUST_USE;

/* The range of --client-ports; Linux's when text is NULL. */
int inputs_client_ports(const char *text, struct port_range *out, struct err *err) MUST_USE;

/* The ports of an operand; not given: text is NULL, and *out as it is. */
int inputs_ports(const char *text, struct ports *out, struct err *err) MUST_USE;

/* The rows of those two; `client_ports` and `at` are members of the args struct. */
#define QUESTION_OPTS(args)                                                                        \
	OPT_STR(0, "client-ports", args, client_ports, "MIN-MAX",                                  \
		"where SRC's own port may lie; default 32768-60999, Linux"),                       \
		OPT_STR(0, "at", args, at, "DATE", "judge waivers as of that day")

#define auto_inputs __attribute__((cleanup(inputs_close)))
