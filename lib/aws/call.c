/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/call.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/aws/rate.h"
#include "lib/aws/retry.h"
#include "lib/aws/secret.h"
#include "lib/aws/uri.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum {
	WHOLE_MS = 600000, /* an answer of thousands of instances on a slow line */
	STALL_MS = 60000,
	XML_MAX = 64 << 20,
	SIGNED_MAX = 16 << 10, /* a session token has some 2 KiB */
	HEADERS_MAX = 24,
	ACCESS_KEY_SIZE = 160, /* AWS: at most 128 characters */
	/* AWS accepts 15 minutes; botocore corrects from 4 on. */
	SKEW_MIN_S = 240,
	NS_PER_MS = 1000000,
};

struct aws_client {
	enum aws_service	service;
	struct aws_endpoint	endpoint;
	struct aws_keys_source	keys;
	struct aws_timing	timing;
	struct aws_rate	       *rate;
	struct aws_retry	retry;	/* what each call's attempts begin with */
	pthread_mutex_t		lock;	/* of what follows */
	int64_t			skew_s; /* the server's clock less ours */
	uint64_t		seed;
	struct aws_client_stats stats;
};

/* Clients that started together must not wait alike. */
static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : clock_now().mono.ns;
}

struct aws_client *aws_client_new(const struct aws_client_options *options, struct err *err)
{
	struct aws_client	   *client = mem_alloc(sizeof(*client));
	struct aws_endpoint_options endpoint;

	client->service = options->service;
	client->keys = options->keys;
	client->timing = options->timing ? *options->timing : aws_timing_real;
	client->seed = options->seed ? options->seed : random_seed();
	pthread_mutex_init(&client->lock, NULL);
	client->rate = aws_rate_new(&client->timing);
	if ((!options->endpoint && aws_endpoint_options_init(&endpoint, err) < 0) ||
	    aws_endpoint_find(options->service, options->region,
			      options->endpoint ? options->endpoint : &endpoint, &client->endpoint,
			      err) < 0 ||
	    (options->bucket.len &&
	     aws_endpoint_take_bucket(&client->endpoint, options->bucket, err) < 0) ||
	    aws_retry_init(&client->retry, 0, err) < 0) {
		aws_client_free(client);
		return NULL;
	}
	return client;
}

void aws_client_free(struct aws_client *client)
{
	if (!client)
		return;
	aws_rate_free(client->rate);
	pthread_mutex_destroy(&client->lock);
	free(client);
}

void aws_client_free_at(struct aws_client **place)
{
	aws_client_free(*place);
}

struct aws_client_stats aws_client_stats(struct aws_client *client)
{
	struct aws_client_stats stats;

	pthread_mutex_lock(&client->lock);
	stats = client->stats;
	pthread_mutex_unlock(&client->lock);
	return stats;
}

const struct aws_endpoint *aws_client_endpoint(const struct aws_client *client)
{
	return &client->endpoint;
}

/* One attempt. */
struct attempt {
	struct aws_client     *client;
	const struct aws_call *call;
	struct aws_reply       reply;
	enum aws_failure       failure;
	bool		       is_sent;			    /* or was begun to be */
	int64_t		       sent_s;			    /* by our clock, skew included */
	char		       access_key[ACCESS_KEY_SIZE]; /* "" when not signed */
	struct buf	       url, signed_headers;
	struct err	       err; /* why it is no good; ERR_NONE: it is */
};

static void build_url(struct attempt *attempt, struct str path)
{
	const struct aws_call *call = attempt->call;
	struct buf	      *url = &attempt->url;
	size_t		       own = strlen(attempt->client->endpoint.path);

	buf_add_text(url, attempt->client->endpoint.url);
	uri_encode(url, str_skip(path, own), true);
	for (size_t i = 0; i < call->query_count; i++) {
		buf_add_char(url, i ? '&' : '?');
		uri_encode(url, call->query[i].name, false);
		buf_add_char(url, '=');
		uri_encode(url, call->query[i].value, false);
	}
}

static int64_t now_for(struct aws_client *client)
{
	int64_t skew;

	pthread_mutex_lock(&client->lock);
	skew = client->skew_s;
	pthread_mutex_unlock(&client->lock);
	return client->timing.wall_s(client->timing.context) + skew;
}

/* Fills in what the keys and the clock give: Authorization and its kin. */
static int sign_attempt(struct attempt *attempt, struct str path, struct err *err)
{
	struct aws_client     *client = attempt->client;
	const struct aws_call *call = attempt->call;
	struct aws_keys	       keys;
	struct aws_request     request = { .method = call->method,
					   .host = str_of(client->endpoint.host),
					   .path = path,
					   .query = call->query,
					   .query_count = call->query_count,
					   .headers = call->headers,
					   .header_count = call->header_count,
					   .body = call->body };
	struct aws_scope       scope = { .region = str_of(client->endpoint.region),
					 .service = str_of(aws_service_name(client->service)) };
	int		       result;

	if (client->keys.keys && client->keys.keys(client->keys.context, &keys, err) < 0)
		return -1;
	scope.now = attempt->sent_s = now_for(client);
	if (!client->keys.keys)
		return 0;
	snprintf(attempt->access_key, sizeof(attempt->access_key), "%.*s",
		 STR_ARG(keys.access_key));
	result = aws_sign_headers(&request, &keys, &scope, &attempt->signed_headers, err);
	client->keys.release(client->keys.context, &keys);
	return result;
}

/* Cuts the signer's lines into strings and puts the call's own before them: lines[HEADERS_MAX], NULL ends. */
static int list_headers(struct attempt *attempt, struct buf *own, const char **lines,
			struct err *err)
{
	const struct aws_call *call = attempt->call;
	size_t		       count = 0;
	char		      *at;

	for (size_t i = 0; i < call->header_count; i++) {
		buf_add_str(own, call->headers[i].name);
		buf_add_text(own, ": ");
		buf_add_str(own, call->headers[i].value);
		buf_add_char(own, '\n');
	}
	buf_add_str(own, buf_str(&attempt->signed_headers));
	if (own->overflow || attempt->signed_headers.overflow)
		return err_set(err, ERR_INPUT, "headers of more than %d bytes", SIGNED_MAX);
	for (at = own->data; *at; at++) {
		char *end = strchr(at, '\n');

		if (count == HEADERS_MAX - 1)
			return err_set(err, ERR_INPUT, "more than %d headers", HEADERS_MAX - 1);
		lines[count++] = at;
		*end = '\0';
		at = end;
	}
	lines[count] = NULL;
	return 0;
}

static int take_xml(void *context, const void *bytes, size_t len, struct err *err)
{
	return xml_reader_feed(context, bytes, len, err);
}

/* Sends; attempt->failure and attempt->err say what came of it, before the answer is looked at. */
static void send_attempt(struct attempt *attempt, struct aws_http *http)
{
	const struct aws_call *call = attempt->call;
	auto_buf struct buf    path = buf_make(strlen(attempt->client->endpoint.path) +
					       call->path.len + 1);
	auto_secret struct buf own = secret_buf_make(2 * SIGNED_MAX);
	const char	      *lines[HEADERS_MAX];
	struct aws_exchange    exchange = { .method = call->method,
					    .body = call->body,
					    .headers = lines,
					    .timeout_ms = WHOLE_MS,
					    .stall_ms = STALL_MS,
					    .once = call->once,
					    .answer_max = call->root ? (size_t)XML_MAX
								     : call->answer_max };

	attempt->failure = AWS_FAILURE_OTHER;
	buf_add_text(&path, attempt->client->endpoint.path);
	buf_add_str(&path, call->path);
	build_url(attempt, buf_str(&path));
	if (sign_attempt(attempt, buf_str(&path), &attempt->err) < 0 ||
	    list_headers(attempt, &own, lines, &attempt->err) < 0 ||
	    (call->begin && call->begin(call->context, &attempt->err) < 0))
		return;
	exchange.url = attempt->url.data;
	if (call->root) {
		attempt->reply.xml = xml_reader_new(NULL);
		exchange.take = take_xml;
		exchange.take_context = attempt->reply.xml;
	} else {
		exchange.take = call->take;
		exchange.take_context = call->context;
	}
	attempt->failure = AWS_FAILURE_NONE;
	attempt->is_sent = true;
	if (aws_http(http, &exchange, &attempt->reply.answer, &attempt->err) < 0)
		attempt->failure = aws_http_failure(http);
}

/* The end of the XML, and whether it is the document that was asked for. */
static void read_reply(struct attempt *attempt)
{
	struct aws_reply *reply = &attempt->reply;

	if (reply->answer.status < 200 || reply->answer.status > 299) {
		aws_fault_read(&reply->answer, &reply->fault);
		aws_fault_err(&reply->fault, &attempt->err);
		return;
	}
	if (!attempt->call->root)
		return;
	reply->root = xml_reader_end(reply->xml, &attempt->err);
	if (reply->root && !str_is(reply->root->name, attempt->call->root)) {
		err_set(&attempt->err, ERR_REMOTE, "an answer of <%.*s> where <%s> is expected",
			STR_ARG(reply->root->name), attempt->call->root);
		reply->root = NULL;
	}
}

static enum aws_fate fate_of(const struct attempt *attempt)
{
	int status = attempt->reply.answer.status;

	/* XML that is none: cut off on the way, or a page from something in between. */
	if (attempt->call->root && (attempt->failure == AWS_FAILURE_TAKE ||
				    (attempt->failure == AWS_FAILURE_NONE && status < 300)))
		return AWS_FATE_TRANSIENT;
	return aws_fate_of(attempt->failure, status, str_of(attempt->reply.fault.code));
}

/* Of an attempt that failed: whether the service may have done all the same what it was asked for. */
static bool is_in_doubt(const struct attempt *attempt)
{
	switch (attempt->failure) {
	case AWS_FAILURE_DNS:
	case AWS_FAILURE_CONNECT:
	case AWS_FAILURE_TLS:
		return false;
	case AWS_FAILURE_NONE:
		return attempt->reply.answer.status < 300 ||
		       (attempt->reply.answer.status >= 500 &&
			fate_of(attempt) != AWS_FATE_THROTTLED);
	case AWS_FAILURE_RESET:
	case AWS_FAILURE_TIMEOUT:
	case AWS_FAILURE_TOO_LARGE:
	case AWS_FAILURE_TAKE:
	case AWS_FAILURE_OTHER:
	case AWS_FAILURE_COUNT:
		break;
	}
	return attempt->is_sent;
}

/*
 * True when the refusal may be our clock's fault and the server's Date tells another time than we sent: the
 * next attempt is signed with the server's.  Once for a call; what it has learnt stays with the client.
 */
static bool correct_skew(const struct attempt *attempt)
{
	struct aws_client *client = attempt->client;
	int64_t		   theirs = aws_http_date(attempt->reply.answer.date);
	int64_t		   off = theirs - attempt->sent_s;

	if (attempt->failure != AWS_FAILURE_NONE || theirs < 0 ||
	    !aws_fault_may_be_skew(&attempt->reply.fault) ||
	    (off < SKEW_MIN_S && off > -SKEW_MIN_S))
		return false;
	pthread_mutex_lock(&client->lock);
	client->skew_s = theirs - client->timing.wall_s(client->timing.context);
	pthread_mutex_unlock(&client->lock);
	return true;
}

/* Keys may end before their time: a role's sessions are revoked, an instance gets another role. */
static bool renew_keys(const struct attempt *attempt)
{
	const struct aws_keys_source *keys = &attempt->client->keys;

	if (attempt->failure != AWS_FAILURE_NONE || !keys->expired || !attempt->access_key[0] ||
	    !aws_fault_is_expired(&attempt->reply.fault))
		return false;
	return keys->expired(keys->context, str_of(attempt->access_key));
}

static void attempt_done(struct attempt *attempt)
{
	aws_reply_done(&attempt->reply);
	buf_done(&attempt->url);
	secret_buf_done(&attempt->signed_headers);
}

static void make_attempt(struct attempt *attempt, struct aws_http *http)
{
	struct aws_client *client = attempt->client;
	uint64_t	   began;

	attempt->url = buf_make(8192);
	attempt->signed_headers = secret_buf_make(SIGNED_MAX);
	began = aws_rate_begin(client->rate);
	send_attempt(attempt, http);
	if (attempt->failure != AWS_FAILURE_NONE)
		return;
	read_reply(attempt);
	aws_rate_learn(client->rate, began, fate_of(attempt) == AWS_FATE_THROTTLED);
}

static void count(struct aws_client *client, const struct aws_client_stats *more)
{
	pthread_mutex_lock(&client->lock);
	client->stats.calls += more->calls;
	client->stats.retries += more->retries;
	client->stats.throttled += more->throttled;
	client->stats.paused_ms += more->paused_ms;
	pthread_mutex_unlock(&client->lock);
}

/* What an attempt leaves to the caller. */
static int settle(struct attempt *attempt, unsigned attempts, bool in_doubt,
		  struct aws_reply *reply, struct err *err)
{
	const struct aws_client *client = attempt->client;
	bool			 good = attempt->err.kind == ERR_NONE;

	if (good) {
		aws_reply_done(reply);
		*reply = attempt->reply;
		attempt->reply = (struct aws_reply){ 0 };
	} else {
		*err = attempt->err;
		err_wrap(err, "%s %s in %s%s", aws_service_name(client->service),
			 attempt->call->action, client->endpoint.region,
			 attempts > 1 ? ", tried again in vain" : "");
		reply->fault = attempt->reply.fault;
	}
	reply->attempts = attempts;
	reply->in_doubt = in_doubt;
	attempt_done(attempt);
	return good ? 0 : -1;
}

static struct aws_retry retry_of(struct aws_client *client)
{
	struct aws_retry retry = client->retry;

	pthread_mutex_lock(&client->lock);
	retry.random = client->seed++ * UINT64_C(0x9e3779b97f4a7c15);
	pthread_mutex_unlock(&client->lock);
	return retry;
}

int aws_call(struct aws_client *client, struct aws_http *http, const struct aws_call *call,
	     struct aws_reply *reply, struct err *err)
{
	struct aws_retry retry = retry_of(client);
	bool		 corrected = false, renewed = false, in_doubt = false;
	unsigned	 attempts = 0;

	count(client, &(struct aws_client_stats){ .calls = 1 });
	for (;;) {
		struct attempt attempt = { .client = client, .call = call };
		enum aws_fate  fate;
		uint64_t       delay_ms = 0;

		make_attempt(&attempt, http);
		attempts++;
		if (attempt.err.kind == ERR_NONE)
			return settle(&attempt, attempts, in_doubt, reply, err);
		in_doubt |= is_in_doubt(&attempt);
		fate = fate_of(&attempt);
		if (!corrected && correct_skew(&attempt))
			corrected = true;
		else if (!renewed && renew_keys(&attempt))
			renewed = true;
		else if ((call->once && in_doubt) ||
			 !aws_retry_next(&retry, fate, aws_retry_after_ms(&attempt.reply.answer),
					 &delay_ms))
			return settle(&attempt, attempts, in_doubt, reply, err);
		attempt_done(&attempt);
		count(client, &(struct aws_client_stats){ .retries = 1,
							  .throttled = fate == AWS_FATE_THROTTLED,
							  .paused_ms = delay_ms });
		client->timing.pause(client->timing.context, delay_ms * NS_PER_MS);
	}
}

void aws_reply_done(struct aws_reply *reply)
{
	aws_answer_done(&reply->answer);
	xml_reader_free(reply->xml);
	*reply = (struct aws_reply){ 0 };
}
