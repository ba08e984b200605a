/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor may do.  It starts with the privileges that a capture needs, opens, attaches, and gives them up
 * before it reads the first byte that others wrote: another user, no capabilities, few system calls
 * (sensor/call_filter), no way to get any of it back.
 *
 * Before there is a second thread: capabilities are a thread's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "sensor/call_filter.h"

/* A set of capabilities, each a bit. */
#define CAPABILITY(number) (UINT64_C(1) << (number))

/*
 * For good.  user: to become it; NULL: `weir`, or `nobody` where there is none, when started as root, and as root
 * still where the kernel refuses (a container that has only one user).  What became of it is added to said, as
 * "as nobody without capabilities".
 */
int privileges_drop(const char *user, unsigned needs, struct buf *said, struct err *err) MUST_USE;

/* The same without the filter of system calls, for a process that loads its own later. */
int privileges_give_up(const char *user, unsigned needs, struct buf *said,
		       struct err *err) MUST_USE;

/* Makes a file or folder that of whom privileges_drop would become; "": leaves it. */
int privileges_give(const char *path, const char *user, struct err *err) MUST_USE;

/* Fails when `user`, as for privileges_drop, is nobody. */
int privileges_check_user(const char *user, struct err *err) MUST_USE;

/* The capabilities that stay for needs. */
uint64_t privileges_kept_for(unsigned needs);

/* Whether works(context) is true without any capabilities too; they are back afterwards. */
bool privileges_are_spared(bool (*works)(void *context), void *context);

/* Whom privileges_drop would make of this process: "becomes weir", "stays root: …". */
void privileges_print_user(const char *user, struct buf *out);

/* Whether this process has one, by its number. */
bool privileges_has(unsigned capability);

/* Of a set those that this process lacks.  CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON. */
uint64_t privileges_missing(uint64_t capabilities);

/* "CAP_BPF CAP_NET_ADMIN", or "none". */
void privileges_print(uint64_t capabilities, struct buf *out);
