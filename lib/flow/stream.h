/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One input file as a stream of text, whatever it is packed in: plain, gzip (any number of members), zstd
 * (any number of frames), an answer of CloudWatch Logs in JSON, and these in each other.  Told by the first
 * bytes, never by the name.  What is known and cannot be read (Parquet, bzip2, …) is an error that says so.
 * One thread at a time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"

struct stream;

enum { STREAM_READ_MIN = 1 << 16 };

/* path "-" is standard input, "s3://…" an object of S3.  Nothing is read yet. */
struct stream *stream_open(const char *path, struct err *err) MUST_USE;
void	       stream_close(struct stream *stream); /* accepts NULL */
void	       stream_close_at(struct stream **stream);

/*
 * Up to size bytes, of at least STREAM_READ_MIN that there is room for, as soon as there are any; 0 at the
 * end.  -1: *err has the file and how far it could be read.  What stands before damage is given first, the
 * error comes with the next call and stays.  A signal that is caught without SA_RESTART ends the wait for more.
 */
ssize_t stream_read(struct stream *stream, char *out, size_t size, struct err *err) MUST_USE;

uint64_t stream_taken(const struct stream *stream); /* bytes of the file itself, for progress */

#define auto_stream __attribute__((cleanup(stream_close_at)))
