/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call of a service: signed, sent, tried again where that is worth it, and its answer or refusal read.
 * A client stands for one service in one Region with one set of keys; its calls may be made from several
 * threads, each with an aws_http of its own, and share what they learn: how many calls a second are let
 * through, and how far the server's clock is from ours.
 */
#pragma once

#include "lib/aws/endpoint.h"
#include "lib/aws/fault.h"
#include "lib/aws/http.h"
#include "lib/aws/sign.h"
#include "lib/aws/timing.h"
#include "lib/aws/xml.h"

/*
 * Where keys come from; asked before each attempt, so that they are fresh.  release wipes the copy.  Without keys()
 * nothing is signed, as AssumeRoleWithWebIdentity wants it.
 */
struct aws_keys_source {
	int (*keys)(void *context, struct aws_keys *out, struct err *err);
	void (*release)(void *context, struct aws_keys *keys);
	void *context;
	/* The service says that this access key's keys have ended.  True: others may be had.  May be NULL. */
	bool (*expired)(void *context, struct str access_key);
};

struct aws_client;

struct aws_client_options {
	enum aws_service		   service;
	struct str			   region;
	struct str			   bucket; /* of S3; empty: it is in the path of calls */
	struct aws_keys_source		   keys;
	const struct aws_endpoint_options *endpoint; /* NULL: from the environment */
	const struct aws_timing		  *timing;   /* NULL: the real clocks */
	uint64_t			   seed;     /* of the waits; 0: a random one */
};

struct aws_client *aws_client_new(const struct aws_client_options *options,
				  struct err			  *err) MUST_USE;
void		   aws_client_free(struct aws_client *client);
void		   aws_client_free_at(struct aws_client **place);

/* What a client has done so far, for a summary. */
struct aws_client_stats {
	uint64_t calls, retries, throttled, paused_ms;
};

struct aws_client_stats	   aws_client_stats(struct aws_client *client);
const struct aws_endpoint *aws_client_endpoint(const struct aws_client *client);

/* What is asked; everything borrowed. */
struct aws_call {
	const char	      *action; /* "DescribeVpcs", "GetObject": for messages */
	const char	      *root; /* read XML whose root has that name; NULL: any body, unread */
	struct str	       method, path; /* path not encoded, "/" at least */
	const struct aws_pair *query, *headers;
	size_t		       query_count, header_count;
	struct str	       body;
	bool   once; /* an attempt that may have been carried out, for all we know, is the last */
	size_t answer_max; /* bytes of an answer that is not XML; 0: 1 MiB */
	aws_take_fn *take; /* where the body of such an answer goes, NULL: reply->answer */
	int (*begin)(void	*context,
		     struct err *err); /* before each attempt: forget what was taken */
	void *context;
};

/* A zeroed one is empty. */
struct aws_reply {
	struct aws_answer      answer;
	struct xml_reader     *xml;
	const struct xml_node *root;  /* lives in xml */
	struct aws_fault       fault; /* set on failure too: what the service said, if it did */
	unsigned	       attempts;
	/* An attempt that failed may have been carried out: its answer is lost, or told of a failure inside. */
	bool in_doubt;
};

int  aws_call(struct aws_client *client, struct aws_http *http, const struct aws_call *call,
	      struct aws_reply *reply, struct err *err) MUST_USE;
void aws_reply_done(struct aws_reply *reply);

#define auto_aws_client __attribute__((cleanup(aws_client_free_at)))
#define auto_aws_reply	__attribute__((cleanup(aws_reply_done)))
