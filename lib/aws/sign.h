/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4: who sent a request, and that it is the one that was sent.  lib/aws/canonical.h says what
 * is signed; here is the key, which is derived for a day, a region and a service, and the signature.  The clock is
 * an argument.  Nothing secret stays in memory that this file took.
 */
#pragma once

#include "lib/aws/canonical.h"

/* What is to be sent, as a service client says it; everything is borrowed. */
struct aws_request {
	struct str	       method; /* "POST" */
	struct str	       host;   /* with ":port" when it is not the scheme's own */
	struct str	       path;   /* not encoded, "/" at least */
	const struct aws_pair *query,
		*headers; /* query not encoded; headers beside Host and X-Amz-* */
	size_t	   query_count, header_count;
	struct str body;
};

/*
 * Appends the headers to send along as lines "Name: value\n": Authorization, X-Amz-Date, X-Amz-Security-Token
 * when there is a token, X-Amz-Content-Sha256 for S3.  The path must be sent as uri_encode has it, slashes kept, and
 * the query with a space as %20.
 */
int aws_sign_headers(const struct aws_request *request, const struct aws_keys *keys,
		     const struct aws_scope *scope, struct buf *out, struct err *err) MUST_USE;

/* The sections of one signature, for whoever looks for the difference between two. */
struct aws_signature {
	struct canonical canonical;
	struct buf	 to_sign;
	struct buf	 text; /* the value of Authorization or, presigned, the whole query */
};

int  aws_signature_make(const struct aws_signing *signing, const struct aws_keys *keys,
			const struct aws_scope *scope, struct aws_signature *out,
			struct err *err) MUST_USE;
void aws_signature_done(struct aws_signature *signature);

/* Lower-case hexadecimal SHA-256. */
enum { AWS_HASH_SIZE = 65 };
void aws_hash(struct str bytes, char out[static AWS_HASH_SIZE]);

/* S3 takes paths as they are and says what it has hashed. */
bool aws_is_s3(struct str service);
