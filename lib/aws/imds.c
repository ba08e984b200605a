/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/imds.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/aws/secret.h"
#include "lib/aws/uri.h"
#include "lib/base/clock.h"

enum {
	TOKEN_TTL_S = 21600, /* the longest */
	TOKEN_MARGIN_S = 60, /* a session this near to its end is not begun with */
	TOKEN_MAX = 4096,
	TIMEOUT_S = 1, /* the AWS CLI's, as are the attempts: one */
	TIMEOUT_MAX_S = 60,
	ATTEMPTS_MAX = 10,
	URL_MAX = 1024,
	ROLE_MAX = 256,
	ANSWER_MAX = 64 << 10,
	/* Keys that have ended are what an instance has while the service behind it is down.  AWS wants them used. */
	OUTAGE_S = 360,
};

static const char data_path[] = "/latest/meta-data/";
static const char roles_path[] = "/latest/meta-data/iam/security-credentials/";

static uint64_t number_of(const char *variable, uint64_t max, uint64_t fallback)
{
	uint64_t value = fallback;

	if (str_u64(str_of(getenv(variable)), max, &value) < 0 || value == 0)
		return fallback;
	return value;
}

static bool says(const char *variable, const char *word)
{
	const char *value = getenv(variable);

	return value && strcasecmp(value, word) == 0;
}

static const char *base(void)
{
	const char *own = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");

	if (own && *own)
		return own;
	return says("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6") ? "http://[fd00:ec2::254]"
								      : "http://169.254.169.254";
}

static void add_url(struct buf *url, const char *path, struct str name)
{
	buf_add_text(url, base());
	if (url->len && url->data[url->len - 1] == '/')
		path++;
	buf_add_text(url, path);
	buf_add_str(url, name);
}

/* A token that does not come in time, from a place where one can connect, was dropped by the hop limit. */
static int explain(const struct aws_http *http, struct err *err)
{
	enum aws_failure failure = aws_http_failure(http);

	if (failure == AWS_FAILURE_TIMEOUT)
		return err_set(err, ERR_REMOTE,
			       "%s does not answer: this is no EC2 instance, or a container whose "
			       "packets go "
			       "further than the instance lets its answers (aws ec2 "
			       "modify-instance-metadata-options --http-put-response-hop-limit 2)",
			       base());
	return err_wrap(err, "%s", base());
}

/* What one question needs. */
struct asking {
	struct imds	*imds;
	struct aws_http *http;
	int64_t		 now;
};

static int exchange(struct aws_http *http, struct aws_exchange request, struct aws_answer *answer,
		    struct err *err)
{
	uint64_t attempts = number_of("AWS_METADATA_SERVICE_NUM_ATTEMPTS", ATTEMPTS_MAX, 1);

	request.timeout_ms = 1000 * (unsigned)number_of("AWS_METADATA_SERVICE_TIMEOUT",
							TIMEOUT_MAX_S, TIMEOUT_S);
	request.no_proxy = true;
	request.answer_max = ANSWER_MAX;
	for (;; attempts--) {
		int status = aws_http(http, &request, answer, err);

		if (status < 0 && attempts == 1)
			return explain(http, err);
		if (status == 0 && (answer->status < 500 || attempts == 1))
			return 0;
	}
}

static int take_session(struct imds *imds, const struct aws_answer *answer, int64_t now,
			struct err *err)
{
	struct str token = str_trim(buf_str(&answer->body));
	uint64_t   ttl_s;

	if (answer->status == 403)
		return err_set(err, ERR_REMOTE, "%s: instance metadata is switched off", base());
	if (answer->status != 200 || token.len == 0 || token.len > TOKEN_MAX)
		return err_set(err, ERR_REMOTE,
			       "%s: no session token of version 2 (HTTP status %d)", base(),
			       answer->status);
	for (size_t i = 0; i < token.len; i++)
		if (token.ptr[i] <= ' ' || token.ptr[i] > '~')
			return err_set(err, ERR_REMOTE, "%s: a session token that is none", base());
	if (str_u64(aws_answer_header(answer, "X-aws-ec2-metadata-token-ttl-seconds"), TOKEN_TTL_S,
		    &ttl_s) < 0)
		ttl_s = 0; /* not said: one session, one question */
	secret_buf_done(&imds->token);
	imds->token = secret_buf_make(token.len);
	buf_add_str(&imds->token, token);
	imds->token_expires = now + (int64_t)ttl_s;
	return 0;
}

static int begin_session(const struct asking *asking, struct err *err)
{
	static const char *const headers[] = { "X-aws-ec2-metadata-token-ttl-seconds: 21600",
					       NULL };
	struct imds		*imds = asking->imds;
	auto_aws_answer struct aws_answer answer = { 0 };
	auto_buf struct buf		  url = buf_make(URL_MAX);
	struct aws_exchange		  request = { .method = str_of("PUT"), .headers = headers };

	if (imds->token.len && asking->now < imds->token_expires - TOKEN_MARGIN_S)
		return 0;
	imds_done(imds);
	add_url(&url, "/latest/api/token", (struct str){ 0 });
	request.url = url.data;
	if (exchange(asking->http, request, &answer, err) < 0 ||
	    take_session(imds, &answer, asking->now, err) < 0)
		return says("AWS_EC2_METADATA_V1_DISABLED", "false") ? 0 : -1;
	return 0;
}

static int get_once(const struct asking *asking, const char *url, struct aws_answer *answer,
		    struct err *err)
{
	auto_secret struct buf header = secret_buf_make(TOKEN_MAX + 64);
	const char	      *headers[] = { NULL, NULL };
	struct aws_exchange request = { .url = url, .method = str_of("GET"), .headers = headers };

	if (asking->imds->token.len) {
		buf_add_text(&header, "X-aws-ec2-metadata-token: ");
		buf_add_str(&header, buf_str(&asking->imds->token));
		headers[0] = header.data;
	}
	return exchange(asking->http, request, answer, err);
}

/* A session may end before its time, when the instance is stopped and started: then a new one, once. */
static int get(const struct asking *asking, const char *path, struct str name,
	       struct aws_answer *answer, struct err *err)
{
	auto_buf struct buf url = buf_make(URL_MAX);

	add_url(&url, path, name);
	if (begin_session(asking, err) < 0 || get_once(asking, url.data, answer, err) < 0)
		return -1;
	if (answer->status != 401)
		return 0;
	imds_done(asking->imds);
	if (begin_session(asking, err) < 0)
		return -1;
	return get_once(asking, url.data, answer, err);
}

static int get_role(const struct asking *asking, struct buf *role, struct err *err)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	struct str			  lines;

	if (get(asking, roles_path, (struct str){ 0 }, &answer, err) < 0)
		return -1;
	if (answer.status == 404)
		return err_set(err, ERR_REMOTE, "%s: the instance has no role", base());
	if (answer.status != 200)
		return err_set(err, ERR_REMOTE, "%s: no role: HTTP status %d", base(),
			       answer.status);
	lines = str_trim(buf_str(&answer.body));
	uri_encode(role, str_trim(str_cut(&lines, '\n')), false);
	if (role->len == 0 || role->overflow)
		return err_set(err, ERR_REMOTE, "%s: the instance has no role", base());
	return 0;
}

bool imds_is_disabled(void)
{
	return says("AWS_EC2_METADATA_DISABLED", "true");
}

static int check_enabled(struct err *err)
{
	if (imds_is_disabled())
		return err_set(err, ERR_REMOTE, "AWS_EC2_METADATA_DISABLED is true");
	return 0;
}

int imds_keys(struct imds *imds, struct aws_http *http, int64_t now, struct held_keys *out,
	      struct err *err)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	auto_buf struct buf		  role = buf_make(ROLE_MAX);
	const struct asking		  asking = { .imds = imds, .http = http, .now = now };

	if (check_enabled(err) < 0 || get_role(&asking, &role, err) < 0 ||
	    get(&asking, roles_path, buf_str(&role), &answer, err) < 0)
		return -1;
	if (answer.status != 200)
		return err_set(err, ERR_REMOTE, "%s: no keys of role %s: HTTP status %d", base(),
			       role.data, answer.status);
	if (held_keys_parse(buf_str(&answer.body), "instance metadata", KEYS_OF_SERVICE, out, err) <
	    0)
		return -1;
	if (out->expires <= now)
		out->expires = now + OUTAGE_S;
	return 0;
}

int imds_text(struct imds *imds, struct aws_http *http, const char *path, struct buf *out,
	      struct err *err)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	const struct asking		  asking = { .imds = imds,
						     .http = http,
						     .now = clock_seconds(clock_now().wall) };

	buf_clear(out);
	if (check_enabled(err) < 0 || get(&asking, data_path, str_of(path), &answer, err) < 0)
		return -1;
	if (answer.status == 404)
		return 0;
	if (answer.status != 200)
		return err_set(err, ERR_REMOTE, "%s: no %s: HTTP status %d", base(), path,
			       answer.status);
	buf_add_str(out, buf_str(&answer.body));
	return out->overflow
		       ? err_set(err, ERR_REMOTE, "%s: %s is longer than it can be", base(), path)
		       : 1;
}

void imds_done(struct imds *imds)
{
	secret_buf_done(&imds->token);
	*imds = (struct imds){ 0 };
}
