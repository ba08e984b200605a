/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/base/mem.h"

enum {
	TIMEOUT_MS = 60000,
	CONNECT_TIMEOUT_MS = 10000,
	ANSWER_MAX = 1 << 20,
	HEAD_MAX = 64 << 10, /* all header lines of an answer */
};

struct aws_http {
	CURL		*curl;
	char		 text[CURL_ERROR_SIZE]; /* curl's own words; no header is ever in them */
	enum aws_failure failure;
};

/* An exchange under way. */
struct transfer {
	CURL			  *curl;
	const struct aws_exchange *exchange;
	size_t			   max, len; /* bytes of body, given to take() */
	struct aws_answer	   answer;
	bool			   too_large, refused;
	struct err		   refusal; /* what take() said */
};

static void init_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		mem_exhausted();
}

struct aws_http *aws_http_new(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct aws_http	     *http = mem_alloc(sizeof(*http));

	pthread_once(&once, init_curl);
	http->curl = curl_easy_init();
	if (!http->curl)
		mem_exhausted();
	return http;
}

void aws_http_free(struct aws_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	free(http);
}

void aws_http_free_at(struct aws_http **place)
{
	aws_http_free(*place);
}

enum aws_failure aws_http_failure(const struct aws_http *http)
{
	return http->failure;
}

/* A header line, the status line and the empty one at the end included. */
static size_t take_head(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	struct str	 line = { bytes, size * count };
	struct buf	*head = &transfer->answer.head;

	if (str_starts(line, "HTTP/"))
		buf_clear(head); /* "100 Continue" came before */
	else if (str_trim(line).len) {
		buf_add_str(head, str_trim(line));
		buf_add_char(head, '\n');
	}
	transfer->too_large |= head->overflow;
	return head->overflow ? 0 : line.len;
}

static bool is_success(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
	struct transfer		  *transfer = user;
	const struct aws_exchange *exchange = transfer->exchange;
	size_t			   len = size * count;

	if (!exchange->take || !is_success(transfer->curl)) {
		buf_add(&transfer->answer.body, bytes, len);
		transfer->too_large = transfer->answer.body.overflow;
		return transfer->too_large ? 0 : len;
	}
	if (len > transfer->max - transfer->len) {
		transfer->too_large = true;
		return 0;
	}
	transfer->len += len;
	if (exchange->take(exchange->take_context, bytes, len, &transfer->refusal) < 0) {
		transfer->refused = true;
		return 0;
	}
	return len;
}

/* A value with a line break in it would be another header. */
static int check_headers(const struct aws_exchange *exchange, struct err *err)
{
	for (const char *const *line = exchange->headers; line && *line; line++)
		if (strpbrk(*line, "\r\n"))
			return err_set(err, ERR_INPUT, "the header '%.*s' has a line break",
				       (int)strcspn(*line, ":"), *line);
	return 0;
}

/* What curl adds by itself and is not asked for is taken out again: "Name:". */
static struct curl_slist *header_list(const struct aws_exchange *exchange)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	bool		   typed = false;

	list = curl_slist_append(list, "Accept:");
	for (const char *const *line = exchange->headers; line && *line; line++) {
		list = curl_slist_append(list, *line);
		typed |= strncasecmp(*line, "Content-Type:", 13) == 0;
	}
	return typed ? list : curl_slist_append(list, "Content-Type:");
}

/* Headers hold tokens: curl's copies of them do not stay in memory. */
static void wipe_header_list(struct curl_slist *list)
{
	for (struct curl_slist *line = list; line; line = line->next)
		OPENSSL_cleanse(line->data, strlen(line->data));
	curl_slist_free_all(list);
}

static void set_method(CURL *curl, const struct aws_exchange *exchange, char *method)
{
	if (str_is(exchange->method, "HEAD")) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
		return;
	}
	/* A length is said for these even when it is 0; servers want it. */
	if (exchange->body.len || str_is(exchange->method, "POST") ||
	    str_is(exchange->method, "PUT")) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
				 exchange->body.len ? exchange->body.ptr : "");
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(CURL *curl, const struct aws_exchange *exchange)
{
	long total = exchange->timeout_ms ? exchange->timeout_ms : TIMEOUT_MS;

	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, total);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			 total < CONNECT_TIMEOUT_MS ? total : (long)CONNECT_TIMEOUT_MS);
	if (exchange->stall_ms) {
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (exchange->stall_ms + 999L) / 1000);
	}
}

static void set_trust(CURL *curl)
{
	const char *bundle = getenv("AWS_CA_BUNDLE");

	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (bundle && bundle[0])
		curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
}

static void set_options(struct aws_http *http, struct transfer *transfer)
{
	CURL *curl = http->curl;

	curl_easy_setopt(curl, CURLOPT_URL, transfer->exchange->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* the path that was signed */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)transfer->exchange->once);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->text);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	if (transfer->exchange->no_proxy)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	set_limits(curl, transfer->exchange);
	set_trust(curl);
}

/* A connection that broke off during the handshake says nothing about trust; curl tells only in words. */
static bool broke_in_handshake(CURLcode code, const char *text)
{
	return code == CURLE_SSL_CONNECT_ERROR &&
	       (strstr(text, "reset by peer") || strstr(text, "SSL_ERROR_SYSCALL") ||
		strstr(text, "unexpected eof"));
}

static enum aws_failure failure_of(CURLcode code, const struct transfer *transfer, const char *text)
{
	if (transfer->too_large)
		return AWS_FAILURE_TOO_LARGE;
	if (transfer->refused)
		return AWS_FAILURE_TAKE;
	if (code == CURLE_OK)
		return AWS_FAILURE_NONE;
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return AWS_FAILURE_DNS;
	if (code == CURLE_COULDNT_CONNECT)
		return AWS_FAILURE_CONNECT;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return AWS_FAILURE_TIMEOUT;
	if (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
	    code == CURLE_PARTIAL_FILE || broke_in_handshake(code, text))
		return AWS_FAILURE_RESET;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM ||
	    code == CURLE_SSL_CIPHER || code == CURLE_SSL_ISSUER_ERROR)
		return AWS_FAILURE_TLS;
	if (code == CURLE_OUT_OF_MEMORY)
		mem_exhausted();
	return AWS_FAILURE_OTHER;
}

/* Host and port; what stands before an @ is a secret. */
static struct str authority_of(const char *url)
{
	const char *start = strstr(url, "://");
	struct str  rest = str_of(start ? start + 3 : url);

	rest = str_head(rest, strcspn(rest.ptr, "/?#"));
	while (str_find(rest, '@') < rest.len)
		str_cut(&rest, '@');
	return rest;
}

/* curl repeats a proxy that it does not understand, password and all. */
static const char *words_of(const struct aws_http *http, CURLcode code)
{
	return http->text[0] && !strchr(http->text, '@') ? http->text : curl_easy_strerror(code);
}

static int fail(const struct aws_http *http, const struct transfer *transfer, const char *words,
		struct err *err)
{
	struct str  host = authority_of(transfer->exchange->url);
	struct err *to = err;

	switch (http->failure) {
	case AWS_FAILURE_DNS:
		return err_set(to, ERR_REMOTE, "cannot find '%.*s': %s", STR_ARG(host), words);
	case AWS_FAILURE_CONNECT:
		return err_set(to, ERR_REMOTE, "cannot connect to '%.*s': %s", STR_ARG(host),
			       words);
	case AWS_FAILURE_RESET:
		return err_set(to, ERR_REMOTE, "'%.*s' broke the connection off: %s", STR_ARG(host),
			       words);
	case AWS_FAILURE_TIMEOUT:
		return err_set(to, ERR_REMOTE, "no answer from '%.*s' in time: %s", STR_ARG(host),
			       words);
	case AWS_FAILURE_TLS:
		return err_set(to, ERR_REMOTE, "no trusted connection to '%.*s': %s", STR_ARG(host),
			       words);
	case AWS_FAILURE_TOO_LARGE:
		return err_set(to, ERR_REMOTE,
			       "the answer of '%.*s' has more than %zu bytes, or %d of headers",
			       STR_ARG(host), transfer->max, HEAD_MAX);
	case AWS_FAILURE_TAKE:
		*err = transfer->refusal;
		return err_wrap(err, "'%.*s'", STR_ARG(host));
	case AWS_FAILURE_NONE:
	case AWS_FAILURE_OTHER:
	case AWS_FAILURE_COUNT:
		break;
	}
	return err_set(to, ERR_REMOTE, "no exchange with '%.*s': %s", STR_ARG(host), words);
}

static void finish_answer(CURL *curl, struct aws_answer *answer)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	answer->status = (int)status;
	answer->retry_after = aws_answer_header(answer, "Retry-After");
	answer->date = aws_answer_header(answer, "Date");
	answer->request_id = aws_answer_header(answer, "x-amzn-RequestId");
	if (answer->request_id.len == 0)
		answer->request_id = aws_answer_header(answer, "x-amz-request-id");
}

/*
 * A TLS library may write to a connection that the server has closed, and the signal for that would end the program.
 * It is kept from this thread, and one that came is taken, as curl itself must not do among threads.
 */
static CURLcode perform_without_sigpipe(CURL *curl)
{
	static const struct timespec at_once = { 0 };
	sigset_t		     pipe_signal, before, pending;
	CURLcode		     code;
	bool			     was_pending;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	code = curl_easy_perform(curl);
	if (!was_pending)
		while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

/* Performs what is set; curl lets go of all that it borrowed. */
static CURLcode perform(struct aws_http *http, const struct aws_exchange *exchange,
			struct transfer *transfer)
{
	struct curl_slist  *headers = header_list(exchange);
	auto_buf struct buf method = buf_make(exchange->method.len);
	CURLcode	    code;

	buf_add_str(&method, exchange->method);
	http->text[0] = '\0';
	set_options(http, transfer);
	set_method(http->curl, exchange, method.data);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
	code = perform_without_sigpipe(http->curl);
	if (code == CURLE_OK)
		finish_answer(http->curl, &transfer->answer);
	curl_easy_reset(http->curl); /* connections stay */
	wipe_header_list(headers);
	return code;
}

int aws_http(struct aws_http *http, const struct aws_exchange *exchange, struct aws_answer *out,
	     struct err *err)
{
	struct transfer transfer = { .curl = http->curl,
				     .exchange = exchange,
				     .max = exchange->answer_max ? exchange->answer_max
								 : ANSWER_MAX };
	CURLcode	code;

	http->failure = AWS_FAILURE_OTHER;
	if (check_headers(exchange, err) < 0)
		return -1;
	/* Beside take() only error documents are kept. */
	transfer.answer.body = buf_make(exchange->take ? (size_t)ANSWER_MAX : transfer.max);
	transfer.answer.head = buf_make(HEAD_MAX);
	code = perform(http, exchange, &transfer);
	http->failure = failure_of(code, &transfer, http->text);
	if (http->failure != AWS_FAILURE_NONE) {
		aws_answer_done(&transfer.answer);
		return fail(http, &transfer, words_of(http, code), err);
	}
	aws_answer_done(out);
	*out = transfer.answer;
	return 0;
}

struct str aws_answer_header(const struct aws_answer *answer, const char *name)
{
	struct str rest = buf_str(&answer->head);
	size_t	   len = strlen(name);

	while (rest.len) {
		struct str line = str_cut(&rest, '\n');

		if (line.len > len && line.ptr[len] == ':' && strncasecmp(line.ptr, name, len) == 0)
			return str_trim(str_skip(line, len + 1));
	}
	return (struct str){ 0 };
}

void aws_answer_done(struct aws_answer *answer)
{
	if (answer->body.capacity)
		OPENSSL_cleanse(answer->body.data, answer->body.capacity);
	buf_done(&answer->body);
	buf_done(&answer->head);
	*answer = (struct aws_answer){ 0 };
}
