/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/scripted_server.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/aws/form.h"

#define XML_HEAD     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define GOOD	     XML_HEAD "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"
#define EC2_ERROR(c) "<Response><Errors><Error><Code>" c "</Code></Error></Errors></Response>"
#define THROTTLED    "HTTP/1.1 503 x\r\nConnection: close\r\n\r\n" EC2_ERROR("RequestLimitExceeded")
#define BROKEN	     "HTTP/1.1 500 x\r\nConnection: close\r\n\r\n" EC2_ERROR("InternalError")
#define DENIED	     "HTTP/1.1 403 x\r\nConnection: close\r\n\r\n" EC2_ERROR("UnauthorizedOperation")
#define PAGE	     XML_HEAD "<!DOCTYPE html><html><body>Log in to the hotel's network</body></html>"

/* Noon of 2015-08-30, a clock that only pausing moves. */
static uint64_t paused_ns;
static int64_t	wall = 1440936000;

static uint64_t fake_mono(void *context)
{
	(void)context;
	return paused_ns + 1;
}

static int64_t fake_wall(void *context)
{
	(void)context;
	return wall;
}

static void fake_pause(void *context, uint64_t ns)
{
	(void)context;
	paused_ns += ns;
}

static const struct aws_timing timing = { .mono_ns = fake_mono,
					  .wall_s = fake_wall,
					  .pause = fake_pause };

static int test_keys(void *context, struct aws_keys *out, struct err *err)
{
	if (context)
		return err_set(err, ERR_REMOTE, "no keys");
	*out = (struct aws_keys){ .access_key = str_of("AKIDEXAMPLE"),
				  .secret_key = str_of("secret-key"),
				  .token = str_of("session-token") };
	return 0;
}

static void release_keys(void *context, struct aws_keys *keys)
{
	(void)context;
	*keys = (struct aws_keys){ 0 };
}

static struct aws_client *client_of(const char *url, bool without_keys)
{
	static const char		  nothing[] = "";
	const struct aws_endpoint_options endpoint = { .url = url };
	const struct aws_client_options	  options = {
		  .service = AWS_EC2,
		  .region = { "eu-west-1", 9 },
		  .keys = { .keys = test_keys,
			    .release = release_keys,
			    .context = without_keys ? (void *)nothing : NULL },
		  .endpoint = &endpoint,
		  .timing = &timing,
		  .seed = 1,
	};
	struct err	   err;
	struct aws_client *client = aws_client_new(&options, &err);

	CHECK(client);
	return client;
}

struct played {
	int			result;
	unsigned		attempts;
	struct aws_fault	fault;
	struct err		err;
	char			root[64];
	struct scripted_server	server;
	struct aws_client_stats stats;
};

/* Calls DescribeVpcs so many times against a script. */
static struct played *play(const struct script_step *steps, size_t count, unsigned calls)
{
	static struct played		   played;
	auto_aws_http struct aws_http	  *http = aws_http_new();
	auto_aws_client struct aws_client *client = NULL;
	auto_buf struct buf		   form = buf_make(1000);
	struct aws_call			   call;

	played = (struct played){ 0 };
	paused_ns = 0;
	scripted_start(&played.server, steps, count);
	client = client_of(played.server.url, false);
	aws_form_begin(&form, AWS_EC2, "DescribeVpcs");
	call = aws_form_call("DescribeVpcs", "DescribeVpcsResponse", &form);
	for (unsigned i = 0; i < calls; i++) {
		auto_aws_reply struct aws_reply reply = { 0 };

		played.result = aws_call(client, http, &call, &reply, &played.err);
		played.attempts = reply.attempts;
		played.fault = reply.fault;
		if (reply.root)
			snprintf(played.root, sizeof(played.root), "%.*s",
				 STR_ARG(reply.root->name));
	}
	played.stats = aws_client_stats(client);
	scripted_wait(&played.server);
	return &played;
}

static struct played *play_once(struct script_step step)
{
	return play(&step, 1, 1);
}

/* The first header of that name among all that was sent. */
static struct str sent_header(struct scripted_server *server, const char *name, unsigned which)
{
	struct str rest = buf_str(&server->seen);

	while (rest.len) {
		struct str line = str_trim(str_cut(&rest, '\n'));

		if (line.len > strlen(name) && strncasecmp(line.ptr, name, strlen(name)) == 0 &&
		    line.ptr[strlen(name)] == ':' && which-- == 0)
			return str_trim(str_skip(line, strlen(name) + 1));
	}
	return (struct str){ 0 };
}

TEST(aws_call_sends_a_signed_form_and_reads_the_document)
{
	struct played	       *played = play_once((struct script_step){ GOOD, SCRIPT_CLOSE });
	struct scripted_server *server = &played->server;

	CHECK(played->result == 0);
	CHECK(played->attempts == 1);
	CHECK_TEXT(played->root, "DescribeVpcsResponse");
	CHECK(str_starts(buf_str(&server->seen), "POST / HTTP/1.1\r\n"));
	CHECK_STR(sent_header(server, "X-Amz-Date", 0), "20150830T120000Z");
	CHECK_STR(sent_header(server, "X-Amz-Security-Token", 0), "session-token");
	CHECK_STR(sent_header(server, "Content-Type", 0),
		  "application/x-www-form-urlencoded; charset=utf-8");
	CHECK(str_starts(sent_header(server, "Authorization", 0),
			 "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/ec2/"
			 "aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-"
			 "token, Signature="));
	scripted_done(server);
}

TEST(aws_call_tries_again_what_may_go_well_the_next_time)
{
	static const struct {
		struct script_step steps[4];
		size_t		   count;
	} cases[] = {
		{ { { GOOD, SCRIPT_CLOSE } }, 1 },
		{ { { BROKEN, SCRIPT_CLOSE }, { GOOD, SCRIPT_CLOSE } }, 2 },
		{ { { THROTTLED, SCRIPT_CLOSE },
		    { THROTTLED, SCRIPT_CLOSE },
		    { BROKEN, SCRIPT_CLOSE },
		    { GOOD, SCRIPT_CLOSE } },
		  4 },
		{ { { "", SCRIPT_RESET }, { GOOD, SCRIPT_CLOSE } }, 2 },
		{ { { "", SCRIPT_CLOSE }, { GOOD, SCRIPT_CLOSE } }, 2 },
		{ { { "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<DescribeVpcs", SCRIPT_CLOSE },
		    { GOOD, SCRIPT_CLOSE } },
		  2 },
		{ { { XML_HEAD "<DescribeVpcsResponse><vpc", SCRIPT_CLOSE },
		    { GOOD, SCRIPT_CLOSE } },
		  2 },
		{ { { XML_HEAD "<a></b>", SCRIPT_CLOSE }, { GOOD, SCRIPT_CLOSE } }, 2 },
		{ { { XML_HEAD, SCRIPT_CLOSE }, { GOOD, SCRIPT_CLOSE } }, 2 },
		{ { { PAGE, SCRIPT_CLOSE }, { GOOD, SCRIPT_CLOSE } }, 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct played *played = play(cases[i].steps, cases[i].count, 1);

		CHECK_TEXT(played->result == 0 ? "" : played->err.text, "");
		CHECK(played->attempts == cases[i].count);
		CHECK_TEXT(played->root, "DescribeVpcsResponse");
		CHECK(played->stats.calls == 1 && played->stats.retries == cases[i].count - 1);
		CHECK(played->stats.throttled == (cases[i].count == 4 ? 2 : 0));
		scripted_done(&played->server);
	}
}

TEST(aws_call_says_what_was_wrong_in_the_end)
{
	static const struct {
		const char *answer;
		unsigned    attempts;
		const char *text;
	} cases[] = {
		{ DENIED, 1, "ec2 DescribeVpcs in eu-west-1: UnauthorizedOperation" },
		{ BROKEN, 5, "ec2 DescribeVpcs in eu-west-1, tried again in vain: InternalError" },
		{ THROTTLED, 8,
		  "ec2 DescribeVpcs in eu-west-1, tried again in vain: RequestLimitExceeded" },
		{ "HTTP/1.1 502 x\r\nConnection: close\r\n\r\n<html>no</html>", 5,
		  "ec2 DescribeVpcs in eu-west-1, tried again in vain: status 502 and no error "
		  "document" },
		{ "HTTP/1.1 302 x\r\nLocation: http://elsewhere\r\nConnection: close\r\n\r\n", 1,
		  "ec2 DescribeVpcs in eu-west-1: status 302 and no error document" },
		{ XML_HEAD "<DescribeSubnetsResponse/>", 5,
		  "ec2 DescribeVpcs in eu-west-1, tried again in vain: an answer of "
		  "<DescribeSubnetsResponse> where <DescribeVpcsResponse> is expected" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct script_step steps[8];
		struct played	  *played;

		for (size_t k = 0; k < ARRAY_LEN(steps); k++)
			steps[k] = (struct script_step){ cases[i].answer, SCRIPT_CLOSE };
		played = play(steps, cases[i].attempts, 1);
		CHECK(played->result == -1);
		CHECK(played->err.kind == ERR_REMOTE);
		CHECK_TEXT(played->err.text, cases[i].text);
		CHECK(played->attempts == cases[i].attempts);
		scripted_done(&played->server);
	}
}

TEST(aws_call_takes_a_page_for_an_error_and_not_for_an_empty_answer)
{
	static const struct script_step page = { PAGE, SCRIPT_CLOSE };
	const struct script_step	steps[] = { page, page, page, page, page };
	struct played		       *played = play(steps, ARRAY_LEN(steps), 1);

	CHECK(played->result == -1);
	CHECK(strstr(played->err.text, "an HTML page where XML is expected"));
	scripted_done(&played->server);
}

TEST(aws_call_hands_on_the_fault_so_that_a_denied_call_can_become_a_gap)
{
	struct played *played = play_once((struct script_step){ DENIED, SCRIPT_CLOSE });

	CHECK(aws_fault_is_denied(&played->fault));
	CHECK(played->fault.status == 403);
	scripted_done(&played->server);
}

TEST(aws_call_waits_as_long_as_the_server_asks)
{
	static const struct script_step steps[] = {
		{ "HTTP/1.1 503 x\r\nRetry-After: 7\r\nConnection: close\r\n\r\n", SCRIPT_CLOSE },
		{ GOOD, SCRIPT_CLOSE },
	};
	struct played *played = play(steps, ARRAY_LEN(steps), 1);

	CHECK(played->result == 0);
	CHECK(paused_ns == UINT64_C(7000000000));
	CHECK(played->stats.paused_ms == 7000);
	scripted_done(&played->server);
}

TEST(aws_call_corrects_its_clock_once_and_remembers)
{
	static const char expired[] = "HTTP/1.1 400 x\r\nDate: Sun, 30 Aug 2015 14:00:00 GMT\r\n"
				      "Connection: close\r\n\r\n" EC2_ERROR("RequestExpired");
	static const struct script_step learns[] = { { expired, SCRIPT_CLOSE },
						     { GOOD, SCRIPT_CLOSE },
						     { GOOD, SCRIPT_CLOSE } };
	static const struct script_step in_vain[] = { { expired, SCRIPT_CLOSE },
						      { expired, SCRIPT_CLOSE } };
	struct played		       *played = play(learns, ARRAY_LEN(learns), 2);

	CHECK(played->result == 0);
	CHECK(played->attempts == 1);
	CHECK(paused_ns == 0);
	CHECK_STR(sent_header(&played->server, "X-Amz-Date", 0), "20150830T120000Z");
	CHECK_STR(sent_header(&played->server, "X-Amz-Date", 1), "20150830T140000Z");
	CHECK_STR(sent_header(&played->server, "X-Amz-Date", 2), "20150830T140000Z");
	scripted_done(&played->server);

	played = play(in_vain, ARRAY_LEN(in_vain), 1);
	CHECK(played->result == -1);
	CHECK(played->attempts == 2);
	CHECK(aws_fault_is_expired(&played->fault));
	scripted_done(&played->server);
}

TEST(aws_call_leaves_its_clock_alone_when_the_keys_have_expired)
{
	struct played *played = play_once(
		(struct script_step){ "HTTP/1.1 400 x\r\nDate: Sun, 30 Aug 2015 12:00:03 GMT\r\n"
				      "Connection: close\r\n\r\n" EC2_ERROR("RequestExpired"),
				      SCRIPT_CLOSE });

	CHECK(played->result == -1);
	CHECK(played->attempts == 1);
	scripted_done(&played->server);
}

/* A call that must not be carried out twice, against a script. */
static struct played *play_doubtful(const struct script_step *steps, size_t count, bool *in_doubt)
{
	static struct played		   played;
	auto_aws_http struct aws_http	  *http = aws_http_new();
	auto_aws_client struct aws_client *client = NULL;
	auto_aws_reply struct aws_reply	   reply = { 0 };
	const struct aws_call		   call = { .action = "PutLogEvents",
						    .method = { "POST", 4 },
						    .path = { "/", 1 },
						    .body = { "{}", 2 },
						    .once = true };

	played = (struct played){ 0 };
	scripted_start(&played.server, steps, count);
	client = client_of(played.server.url, false);
	played.result = aws_call(client, http, &call, &reply, &played.err);
	played.attempts = reply.attempts;
	*in_doubt = reply.in_doubt;
	scripted_wait(&played.server);
	return &played;
}

TEST(aws_call_that_may_have_been_carried_out_is_not_made_again_when_it_must_not_be)
{
	static const struct {
		struct script_step steps[2];
		size_t		   count;
		bool		   goes_well, in_doubt;
	} cases[] = {
		{ { { XML_HEAD "{}", SCRIPT_CLOSE } }, 1, true, false },
		{ { { THROTTLED, SCRIPT_CLOSE }, { XML_HEAD "{}", SCRIPT_CLOSE } },
		  2,
		  true,
		  false },
		{ { { DENIED, SCRIPT_CLOSE } }, 1, false, false },
		{ { { BROKEN, SCRIPT_CLOSE } }, 1, false, true },
		{ { { "", SCRIPT_RESET } }, 1, false, true },
		{ { { "", SCRIPT_CLOSE } }, 1, false, true },
		{ { { "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", SCRIPT_CLOSE } },
		  1,
		  false,
		  true },
		{ { { THROTTLED, SCRIPT_CLOSE }, { "", SCRIPT_RESET } }, 2, false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool	       in_doubt;
		struct played *played = play_doubtful(cases[i].steps, cases[i].count, &in_doubt);

		CHECK((played->result == 0) == cases[i].goes_well);
		CHECK(played->attempts == cases[i].count);
		CHECK(in_doubt == cases[i].in_doubt);
		scripted_done(&played->server);
	}
}

TEST(aws_call_that_nobody_heard_is_not_in_doubt)
{
	auto_aws_http struct aws_http	  *http = aws_http_new();
	auto_aws_client struct aws_client *client = client_of("http://127.0.0.1:1", false);
	auto_aws_reply struct aws_reply	   reply = { 0 };
	const struct aws_call		   call = {
			     .action = "PutObject", .method = { "PUT", 3 }, .path = { "/k", 2 }, .once = true
	};
	struct err err;

	CHECK(aws_call(client, http, &call, &reply, &err) == -1);
	CHECK(reply.attempts == 5 && !reply.in_doubt);
}

TEST(aws_call_without_keys_sends_nothing)
{
	auto_aws_http struct aws_http	  *http = aws_http_new();
	auto_aws_client struct aws_client *client = client_of("http://127.0.0.1:1", true);
	auto_aws_reply struct aws_reply	   reply = { 0 };
	struct aws_call			   call = { .action = "GetObject",
						    .method = { "GET", 3 },
						    .path = { "/", 1 } };
	struct err			   err;

	CHECK(aws_call(client, http, &call, &reply, &err) == -1);
	CHECK_TEXT(err.text, "ec2 GetObject in eu-west-1: no keys");
	CHECK(reply.attempts == 1);
}

/* Collects a body; forgets what a failed attempt left. */
static int begin_again(void *context, struct err *err)
{
	(void)err;
	buf_clear(context);
	return 0;
}

static int take_part(void *context, const void *bytes, size_t len, struct err *err)
{
	(void)err;
	buf_add(context, bytes, len);
	return 0;
}

TEST(aws_call_hands_out_a_body_anew_in_each_attempt)
{
	static const struct script_step steps[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", SCRIPT_CLOSE },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", SCRIPT_CLOSE },
	};
	static const struct aws_pair	   query[] = { { { "b c", 3 }, { "x/y z", 5 } },
						       { { "a", 1 }, { "", 0 } } };
	auto_aws_http struct aws_http	  *http = aws_http_new();
	auto_aws_client struct aws_client *client = NULL;
	auto_aws_reply struct aws_reply	   reply = { 0 };
	auto_buf struct buf		   body = buf_make(100);
	struct scripted_server		   server;
	struct err			   err;
	const struct aws_call		   call = { .action = "GetObject",
						    .method = { "GET", 3 },
						    .path = { "/a b/c=d", 8 },
						    .query = query,
						    .query_count = ARRAY_LEN(query),
						    .take = take_part,
						    .begin = begin_again,
						    .context = &body };

	scripted_start(&server, steps, ARRAY_LEN(steps));
	client = client_of(server.url, false);
	CHECK(aws_call(client, http, &call, &reply, &err) == 0);
	scripted_wait(&server);
	CHECK_TEXT(body.data, "123456789");
	CHECK(str_starts(buf_str(&server.seen), "GET /a%20b/c%3Dd?b%20c=x%2Fy%20z&a= HTTP/1.1"));
	scripted_done(&server);
}

TEST(aws_client_needs_a_region_and_a_sane_number_of_attempts)
{
	struct aws_client_options options = { .service = AWS_EC2, .region = { "", 0 } };
	struct err		  err;

	CHECK(!aws_client_new(&options, &err));
	CHECK_TEXT(err.text, "'' is no Region");
	options.region = str_of("eu-west-1");
	setenv("AWS_MAX_ATTEMPTS", "none", 1);
	CHECK(!aws_client_new(&options, &err));
	CHECK(err.kind == ERR_USAGE);
	unsetenv("AWS_MAX_ATTEMPTS");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_call_sends_a_signed_form_and_reads_the_document),
		cmocka_unit_test(aws_call_tries_again_what_may_go_well_the_next_time),
		cmocka_unit_test(aws_call_says_what_was_wrong_in_the_end),
		cmocka_unit_test(aws_call_takes_a_page_for_an_error_and_not_for_an_empty_answer),
		cmocka_unit_test(
			aws_call_hands_on_the_fault_so_that_a_denied_call_can_become_a_gap),
		cmocka_unit_test(aws_call_waits_as_long_as_the_server_asks),
		cmocka_unit_test(aws_call_corrects_its_clock_once_and_remembers),
		cmocka_unit_test(aws_call_leaves_its_clock_alone_when_the_keys_have_expired),
		cmocka_unit_test(
			aws_call_that_may_have_been_carried_out_is_not_made_again_when_it_must_not_be),
		cmocka_unit_test(aws_call_that_nobody_heard_is_not_in_doubt),
		cmocka_unit_test(aws_call_without_keys_sends_nothing),
		cmocka_unit_test(aws_call_hands_out_a_body_anew_in_each_attempt),
		cmocka_unit_test(aws_client_needs_a_region_and_a_sane_number_of_attempts),
	};
	static const char *const foreign[] = { "AWS_MAX_ATTEMPTS", "http_proxy", "all_proxy",
					       "ALL_PROXY" };

	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		unsetenv(foreign[i]);
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
