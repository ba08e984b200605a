/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange at a time over HTTP/1.1, on libcurl: connections are kept between exchanges, certificates
 * are verified (AWS_CA_BUNDLE names other authorities), proxies come from the environment as curl has it.
 * A redirect is an answer like any other: what is signed for one host must not go to the next.
 *
 * No retries here: lib/aws/retry says when, lib/aws/call does it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

struct aws_http; /* for one thread at a time */

/* Why an exchange has no answer. */
enum aws_failure {
	AWS_FAILURE_NONE,
	AWS_FAILURE_DNS,       /* the name has no address */
	AWS_FAILURE_CONNECT,   /* refused, or no route */
	AWS_FAILURE_RESET,     /* closed before the answer was whole */
	AWS_FAILURE_TIMEOUT,   /* also while connecting */
	AWS_FAILURE_TLS,       /* no trusted connection */
	AWS_FAILURE_TOO_LARGE, /* more than answer_max */
	AWS_FAILURE_TAKE,      /* take() refused what arrived; its error is handed on */
	AWS_FAILURE_OTHER,     /* no HTTP, a URL that curl does not understand, … */
	AWS_FAILURE_COUNT
};

/* Takes the next bytes of a body; a negative return ends the exchange with *err. */
typedef int aws_take_fn(void *context, const void *bytes, size_t len, struct err *err);

/* What is to be sent and how; everything borrowed. */
struct aws_exchange {
	const char	  *url;
	struct str	   method, body;
	const char *const *headers; /* "Name: value", NULL ends; NULL: none */
	unsigned timeout_ms; /* for all of it; 0: a minute.  Connecting: ten seconds at most */
	unsigned stall_ms;   /* without a byte, rounded up to seconds; 0: only timeout_ms */
	bool	 no_proxy;
	bool	 once; /* on a new connection: curl sends anew what one that was kept swallowed */
	size_t	 answer_max; /* bytes of body; 0: 1 MiB, as much as an error may have beside take */
	aws_take_fn *take;   /* the body of a 2xx answer goes here instead of answer.body */
	void	    *take_context;
};

/* A zeroed one is empty.  The slices lie in its own memory. */
struct aws_answer {
	int	   status;
	struct buf body;
	struct str retry_after, date, request_id; /* empty: not said */
	struct buf head;			  /* "Name: value\n" for each header line */
};

struct aws_http *aws_http_new(void) MUST_USE;
void		 aws_http_free(struct aws_http *http);
void		 aws_http_free_at(struct aws_http **place);

/* 0 when there is an answer, whatever its status; what *out had is let go first. */
int aws_http(struct aws_http *http, const struct aws_exchange *exchange, struct aws_answer *out,
	     struct err *err) MUST_USE;

/* Why the last exchange failed. */
enum aws_failure aws_http_failure(const struct aws_http *http);

/* The value of the first header of that name, in any case, or the empty slice. */
struct str aws_answer_header(const struct aws_answer *answer, const char *name);
void	   aws_answer_done(struct aws_answer *answer); /* wipes the body: it may be keys */

#define auto_aws_http	__attribute__((cleanup(aws_http_free_at)))
#define auto_aws_answer __attribute__((cleanup(aws_answer_done)))
