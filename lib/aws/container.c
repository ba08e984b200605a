/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/container.h"

#include <stdlib.h>

#include "lib/aws/secret.h"

enum { URL_MAX = 2048, TOKEN_MAX = 16000, TIMEOUT_MS = 2000, ATTEMPTS = 3, ANSWER_MAX = 64 << 10 };

static struct str environment(const char *name)
{
	return str_of(getenv(name));
}

/* "127.0.0.1" of "http://127.0.0.1:80/x"; IPv6 without its brackets. */
static struct str host_of(struct str rest)
{
	struct str host;

	if (str_starts(rest, "[")) {
		rest = str_skip(rest, 1);
		return str_cut(&rest, ']');
	}
	host = str_cut(&rest, '/');
	host = str_cut(&host, '?');
	return str_cut(&host, ':');
}

/* 127.0.0.0/8 in four decimal numbers; other ways to write it are not taken. */
static bool is_loopback(struct str host)
{
	uint64_t number;

	if (str_is(host, "localhost") || str_is(host, "::1"))
		return true;
	for (int i = 0; i < 4; i++) {
		struct str part = str_cut(&host, '.');

		if (part.len > 3 || str_u64(part, 255, &number) < 0 || (i == 0 && number != 127))
			return false;
	}
	return host.len == 0;
}

bool container_may_ask(struct str uri)
{
	static const char *const hosts[] = { "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
	struct str		 host;

	/* "http://169.254.170.2@elsewhere/" is elsewhere. */
	if (str_find(uri, '@') < uri.len || str_find(uri, '\\') < uri.len)
		return false;
	if (str_starts(uri, "https://"))
		return true;
	if (!str_starts(uri, "http://"))
		return false;
	host = host_of(str_skip(uri, 7));
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (str_is(host, hosts[i]))
			return true;
	return is_loopback(host);
}

static int find_url(struct buf *url, struct err *err)
{
	struct str relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");

	if (relative.len) {
		buf_add_text(url, relative.ptr[0] == '/' ? "http://169.254.170.2"
							 : "http://169.254.170.2/");
		buf_add_str(url, relative);
	} else {
		buf_add_str(url, environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
	}
	if (url->len == 0)
		return err_set(
			err, ERR_REMOTE,
			"neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor …_FULL_URI is set");
	if (url->overflow || !container_may_ask(buf_str(url)))
		return err_set(
			err, ERR_REMOTE,
			"AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this host");
	return 0;
}

/* "Authorization: …" when there is a token. */
static int add_authorization(struct buf *header, struct err *err)
{
	struct str	       file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	struct str	       token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	auto_secret struct buf text = { 0 };

	if (file.len) {
		int found = secret_read(file.ptr, TOKEN_MAX, &text, err);

		if (found <= 0)
			return found < 0 ? -1
					 : err_at(err, file.ptr, 0, 0, "there is no such file");
		token = str_trim(buf_str(&text));
	}
	if (token.len == 0)
		return 0;
	for (size_t i = 0; i < token.len; i++)
		if ((unsigned char)token.ptr[i] < ' ')
			return err_set(err, ERR_REMOTE,
				       "the container's authorization token has a line break");
	buf_add_text(header, "Authorization: ");
	buf_add_str(header, token);
	return 0;
}

int container_keys(struct aws_http *http, struct held_keys *out, struct err *err)
{
	auto_buf struct buf		  url = buf_make(URL_MAX);
	auto_secret struct buf		  header = secret_buf_make(TOKEN_MAX + 64);
	const char			 *headers[] = { NULL, NULL };
	auto_aws_answer struct aws_answer answer = { 0 };
	struct aws_exchange		  request = {
			      .method = str_of("GET"),
			      .headers = headers,
			      .timeout_ms = TIMEOUT_MS,
			      .no_proxy = true,
			      .answer_max = ANSWER_MAX,
	};
	int status = -1;

	if (find_url(&url, err) < 0 || add_authorization(&header, err) < 0)
		return -1;
	request.url = url.data;
	headers[0] = header.len ? header.data : NULL;
	for (int i = 0; i < ATTEMPTS && (status < 0 || answer.status >= 500); i++)
		status = aws_http(http, &request, &answer, err);
	if (status < 0)
		return -1;
	if (answer.status != 200)
		return err_set(err, ERR_REMOTE, "%s: HTTP status %d", url.data, answer.status);
	return held_keys_parse(buf_str(&answer.body), "the container's credentials",
			       KEYS_OF_SERVICE, out, err);
}
