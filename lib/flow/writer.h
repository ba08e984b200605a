/* SPDX-License-Identifier: Apache-2.0 */
/* Record → line of a flow log, exactly as AWS prints it. */
#pragma once

#include "lib/base/buf.h"
#include "lib/flow/format.h"
#include "lib/flow/record.h"

/* Appends the record's line and a newline.  What the record does not have is `-`; version is the format's. */
void writer_add(struct buf *out, const struct format *format, const struct record *record);
