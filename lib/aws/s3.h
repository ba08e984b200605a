/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of one bucket of S3: listed, and read in parts, each of which is tried again by itself.  The bucket's
 * Region is learnt from S3 when it is another than the chain's.  Several threads may use one, each with an
 * aws_http of its own.
 */
#pragma once

#include "lib/aws/creds.h"
#include "lib/aws/http.h"

struct aws_s3;

struct aws_s3 *aws_s3_open(struct aws_creds_chain *chain, struct str bucket,
			   struct err *err) MUST_USE;
void	       aws_s3_close(struct aws_s3 *s3);

struct aws_s3_object {
	struct str key, etag;
	uint64_t   size;
};

/* A negative return ends the listing with *err. */
struct aws_s3_visitor {
	int (*visit)(void *context, const struct aws_s3_object *object, struct err *err);
	void *context;
};

/* All objects whose keys begin so, sorted by the bytes of their keys. */
int aws_s3_list(struct aws_s3 *s3, struct aws_http *http, struct str prefix,
		const struct aws_s3_visitor *visitor, struct err *err) MUST_USE;

/* len bytes from offset on, or what there is of them. */
struct aws_s3_part {
	struct str key;
	uint64_t   offset;
	size_t	   len; /* not 0 */
	struct buf *
		etag; /* NULL: of any object; empty: becomes that of what is read; else only of that one */
};

/* Into out, which is cleared and must have room for part->len. */
int aws_s3_read(struct aws_s3 *s3, struct aws_http *http, const struct aws_s3_part *part,
		struct buf *out, struct err *err) MUST_USE;
