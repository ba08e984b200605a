/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers for what must not stay in memory: the room is taken at once, so that growing leaves no copy behind, and
 * it is overwritten before it is given back.
 */
#pragma once

#include "lib/base/buf.h"

struct buf secret_buf_make(size_t max);
void	   secret_buf_done(struct buf *buf);

#define auto_secret __attribute__((cleanup(secret_buf_done)))
