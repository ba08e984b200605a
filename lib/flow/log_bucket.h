/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow logs that lie in S3, by names like "s3://BUCKET/KEY".  Credentials and Region are those that the AWS CLI
 * would find; they are looked for once, at the first name, and kept to the end of the program.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct layer;

bool is_in_bucket(const char *path);

struct log_bucket_visitor {
	int (*visit)(void *context, const char *path, uint64_t size, struct err *err);
	void *context;
};

/* The object of that name, or all objects whose names begin so, sorted. */
int log_bucket_list(const char *name, const struct log_bucket_visitor *visitor,
		    struct err *err) MUST_USE;

/* The bytes of an object as the bottom of a stream (lib/flow/stream_layer.h).  Nothing is read yet. */
struct layer *log_bucket_layer(const char *path, struct err *err) MUST_USE;
