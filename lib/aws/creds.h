/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials as the AWS CLI would find them (lib/aws/plan.h has the order), kept fresh: five minutes before they
 * end they are asked for again, and used to their end when that fails.  Thread safe.
 *
 * Keys are in memory only, and are wiped when they are let go.  No error has one in it.
 */
#pragma once

#include "lib/aws/endpoint.h"
#include "lib/aws/plan.h"

struct aws_creds_chain;

/* Reads the configuration; nothing is asked over the network yet.  What options point to is copied. */
struct aws_creds_chain *aws_creds_open(const struct aws_creds_options *options,
				       struct err		      *err) MUST_USE;
void			aws_creds_close(struct aws_creds_chain *chain);

/* A copy of the keys, until aws_creds_release wipes it.  Asks for keys where there are none, or soon none. */
int  aws_creds_keys(struct aws_creds_chain *chain, struct aws_keys *out, struct err *err) MUST_USE;
void aws_creds_release(struct aws_creds_chain *chain, struct aws_keys *keys);

/*
 * AWS says that these keys have ended, whatever was said when they were given.  True: the next caller gets others;
 * false: they are what the environment or a file has.
 */
bool aws_creds_expired(struct aws_creds_chain *chain, struct str access_key);

/* From flags, environment, profile; empty: not set. */
struct str aws_creds_region(const struct aws_creds_chain *chain);

/* Where a service is, as flags, environment and the profile have it; good while the chain is open. */
int aws_creds_endpoint(const struct aws_creds_chain *chain, enum aws_service service,
		       struct aws_endpoint_options *out, struct err *err) MUST_USE;

/* "the keys of profile 'x', role arn:…", for a summary. */
void aws_creds_name(const struct aws_creds_chain *chain, struct buf *out);
