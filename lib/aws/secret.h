/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers for what must not stay in memory: the room is taken at once, so that growing leaves no copy behind, and
 * it is overwritten before it is given back.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct buf secret_buf_make(size_t max);
void	   secret_buf_done(struct buf *buf);

/* The bytes of a file into *out, which is made here.  1; 0: there is no such file, *out is empty; -1: *err is set. */
int secret_read(const char *path, size_t max, struct buf *out, struct err *err) MUST_USE;

#define auto_secret __attribute__((cleanup(secret_buf_done)))
