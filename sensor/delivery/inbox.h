/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came down the pipe of a courier and is not kept anywhere else yet.  In memory that is shared since before the
 * fork: a courier that dies and begins again goes on with the byte where it was.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

struct inbox;

struct inbox *inbox_new(struct err *err) MUST_USE;
void	      inbox_free(struct inbox *inbox); /* accepts NULL */
size_t	      inbox_memory_bytes(void);

enum inbox_state { INBOX_NEWS, INBOX_IDLE, INBOX_ENDED };

/* Reads what is there, or waits for it that long. */
enum inbox_state inbox_fill(struct inbox *inbox, int fd, int wait_ms);

/* Whole lines, with their newlines; without one only what can become none any more. */
struct str inbox_lines(const struct inbox *inbox);

/* So much of them is kept elsewhere now. */
void inbox_forget(struct inbox *inbox, size_t size);

/* Of the line that is not whole yet. */
size_t inbox_rest(const struct inbox *inbox);
