/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of one bucket of S3: listed, read in parts, each of which is tried again by itself, and written whole.
 * The bucket's Region is learnt from S3 when it is another than the chain's.  Several threads may use one, each with
 * an aws_http of its own.
 */
#pragma once

#include "lib/aws/creds.h"
#include "lib/aws/fault.h"
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

struct aws_s3_new {
	struct str key, body, content_type;
	struct str kms_key;	 /* encrypted with it; empty: as the bucket has it */
	bool owner_full_control; /* the bucket's owner may do all with it, whoever writes it */
};

enum aws_s3_fate {
	AWS_S3_WRITTEN,
	AWS_S3_TAKEN /* there is an object of that key; it stays as it is */
};

struct aws_s3_outcome {
	enum aws_s3_fate fate;	/* when the call went well */
	bool in_doubt;		/* when it did not: it may have written the object all the same */
	struct aws_fault fault; /* when it did not */
};

/*
 * Writes an object under a key that has none yet.  What is written twice would be news twice for all who are told of
 * the bucket's objects, and a second version where those are kept.  So it is not tried again when it is in doubt:
 * whoever does knows then what an object that is there means.
 */
int aws_s3_create(struct aws_s3 *s3, struct aws_http *http, const struct aws_s3_new *object,
		  struct aws_s3_outcome *outcome, struct err *err) MUST_USE;
