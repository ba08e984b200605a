/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical request of Signature Version 4: what a request comes to once everything that a proxy may change
 * is taken out of it.  Sections and their order: IAM User Guide, "Create a signed AWS API request".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/aws/stamp.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

struct aws_keys {
	struct str access_key, secret_key, token; /* token empty: none */
};

struct aws_pair {
	struct str name, value;
};

struct aws_scope {
	struct str region, service;
	int64_t	   now; /* seconds since 1970 */
};

/*
 * What is signed, and the rules of the service.  Everything is borrowed.  Headers that the signer makes itself
 * (X-Amz-Date, Authorization and those asked for below) replace given ones of the same name.
 */
struct aws_signing {
	struct str	       method;
	struct str	       path;		/* as it goes over the wire, encoded once */
	const struct aws_pair *query, *headers; /* query not encoded; headers with Host */
	size_t		       query_count, header_count;
	struct str	       payload_hash; /* hexadecimal, or UNSIGNED-PAYLOAD and its kin */
	uint32_t	       expires_s;    /* presigned only; 0: not said */
	bool		       presigned;    /* signature in the query, not in headers */
	bool		       normalize, encode_path; /* all services but S3 */
	bool		       payload_header;	       /* X-Amz-Content-Sha256 goes along, signed */
	bool		       token_unsigned; /* the session token is added after signing */
};

/* The canonical request and the pieces of it that the signature's other sections repeat. */
struct canonical {
	struct arena arena;
	struct buf   text;  /* the whole section; holds the token */
	struct buf   query; /* of it, encoded and in the order given: what a URL ends with */
	struct str   signed_headers;	/* "host;x-amz-date", in the arena */
	struct str   scope;		/* "20150830/us-east-1/ec2/aws4_request", in the arena */
	char	     stamp[STAMP_SIZE]; /* "20150830T123600Z" */
};

/* Fails on bytes that would let a name or value reach out of its line.  canonical_done wipes. */
int  canonical_make(const struct aws_signing *signing, const struct aws_keys *keys,
		    const struct aws_scope *scope, struct canonical *out, struct err *err) MUST_USE;
void canonical_done(struct canonical *canonical);

/* A header's value as the canonical request has it: blanks trimmed, runs of them one space. */
void canonical_value(struct buf *out, struct str value);
