/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, where and in words.
 *
 * A fallible function returns 0 or -1 (or NULL) and takes `struct err *err` last.  It writes *err only
 * when it fails and then leaves its other outputs alone.  Nothing here prints: only main, cmd_* and the
 * sensor's loop do.  A negative answer ("unreachable") is a value, never an error.
 */
#pragma once

#include <stdint.h>

#include "lib/base/mark.h"

enum err_kind {
	ERR_NONE,
	ERR_USAGE,  /* the command line, or a name that is ambiguous or unknown */
	ERR_INPUT,  /* a file or stream is unreadable or invalid */
	ERR_SYSTEM, /* the operating system refused */
	ERR_REMOTE, /* AWS, credentials, network */
	ERR_KIND_COUNT
};

struct err {
	enum err_kind kind;
	int	      sys_errno;    /* ERR_SYSTEM only */
	uint32_t      line, column; /* 1-based; 0 when the error is not in a text */
	char	      source[192];  /* file name as the user typed it; "" when there is none */
	char	      text[512];
};

/* All return -1, so that `return err_set(err, …)` is the whole failure path. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Appends strerror(errno) and keeps errno. */
int err_sys(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* An error at a place in a text; line and column are 1-based, 0 for "not known". */
int err_at(struct err *err, const char *source, uint32_t line, uint32_t column, const char *format,
	   ...) PRINTF_LIKE(5, 6);

/* Puts `context: ` before the text; kind and place stay. */
int err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Gives an error without a source the name of the file it is about.  Returns -1. */
int err_in(struct err *err, const char *source);

/* "file:line:column: text", untrusted bytes made harmless.  Never more than size bytes. */
void err_print(const struct err *err, char *out, size_t size);

/* The exit status of docs/cli.md for a kind. */
int err_exit_status(enum err_kind kind);

enum { ERR_LIST_MAX = 20 };

/* Several errors of one file, bounded; what is over the bound is counted in total. */
struct err_list {
	struct err items[ERR_LIST_MAX];
	uint32_t   count, total;
};

void err_list_add(struct err_list *list, const struct err *err);
