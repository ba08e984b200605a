/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records leave: standard output or a file, as lines of a flow log.  Lines are collected and written
 * whole, many at once, so that whoever reads along never sees half of one.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/flow/format.h"
#include "lib/flow/record.h"

struct sink;

struct sink_args {
	const char    *path; /* "-": standard output */
	struct format *format;
	bool	       header; /* begin with the names of the fields */
	bool whole; /* the file appears at sink_commit, complete, or never; else it is added to */
};

struct sink *sink_open(const struct sink_args *args, struct err *err) MUST_USE;
void	     sink_close(struct sink *sink); /* accepts NULL; drops what was not committed */
int	     sink_add(struct sink *sink, const struct record *record, struct err *err) MUST_USE;
int	     sink_flush(struct sink *sink, struct err *err) MUST_USE;
int	     sink_commit(struct sink *sink, struct err *err) MUST_USE;
