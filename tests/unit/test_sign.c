/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures themselves are judged in tests/differential: by AWS's published ones, and by botocore. */
#include "lib/aws/sign.h"
#include "tests/unit/unit.h"

enum { HEADERS_MAX = 10000 };

static struct aws_keys example_keys(void)
{
	return (struct aws_keys){
		.access_key = str_of("AKIDEXAMPLE"),
		.secret_key = str_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
	};
}

static struct aws_scope example_scope(const char *service)
{
	return (struct aws_scope){ .region = str_of("us-east-1"),
				   .service = str_of(service),
				   .now = 1440938160 };
}

static struct aws_request example_request(void)
{
	return (struct aws_request){ .method = str_of("GET"),
				     .host = str_of("example.amazonaws.com"),
				     .path = str_of("/") };
}

TEST(headers_to_send_are_the_date_and_the_authorization)
{
	struct aws_keys	    keys = example_keys();
	struct aws_scope    scope = example_scope("service");
	struct aws_request  request = example_request();
	auto_buf struct buf out = buf_make(HEADERS_MAX);
	struct err	    err;

	CHECK(aws_sign_headers(&request, &keys, &scope, &out, &err) == 0);
	CHECK_STR(
		buf_str(&out),
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
		"aws4_request, SignedHeaders=host;x-amz-date, Signature="
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31\n"
		"X-Amz-Date: 20150830T123600Z\n");
}

TEST(s3_says_what_it_has_hashed_and_a_token_goes_along)
{
	struct aws_keys	    keys = example_keys();
	struct aws_scope    scope = example_scope("s3");
	struct aws_request  request = example_request();
	auto_buf struct buf out = buf_make(HEADERS_MAX);
	struct err	    err;

	keys.token = str_of("TOKEN");
	CHECK(aws_sign_headers(&request, &keys, &scope, &out, &err) == 0);
	CHECK(strstr(out.data,
		     "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
	CHECK(strstr(out.data, "\nX-Amz-Security-Token: TOKEN\n"));
	CHECK(strstr(out.data,
		     "\nX-Amz-Content-Sha256: "
		     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"));
}

TEST(a_path_that_needs_encoding_is_encoded_once_for_s3_and_twice_for_others)
{
	static const struct {
		const char *service, *line;
	} cases[] = { { "s3", "GET\n/a%20b/../c\n" },
		      { "ec2", "GET\n/c\n" },
		      { "sts", "GET\n/c\n" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_keys	     keys = example_keys();
		struct aws_scope     scope = example_scope(cases[i].service);
		bool		     s3 = aws_is_s3(scope.service);
		struct aws_signing   signing = { .method = str_of("GET"),
						 .path = str_of("/a%20b/../c"),
						 .normalize = !s3,
						 .encode_path = !s3 };
		struct aws_signature signature;
		struct err	     err;

		CHECK(aws_signature_make(&signing, &keys, &scope, &signature, &err) == 0);
		CHECK(str_starts(buf_str(&signature.canonical.text), cases[i].line));
		aws_signature_done(&signature);
	}
}

TEST(what_would_reach_out_of_its_line_is_refused)
{
	static const struct aws_pair bad[] = {
		{ STR_LITERAL("X-A"), STR_LITERAL("a\nX-B: c") },
		{ STR_LITERAL("X-A"), STR_LITERAL("a\0b") },
		{ STR_LITERAL(""), STR_LITERAL("a") },
		{ STR_LITERAL("X A"), STR_LITERAL("a") },
		{ STR_LITERAL("X:A"), STR_LITERAL("a") },
		{ STR_LITERAL("X\r"), STR_LITERAL("a") },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct aws_keys	    keys = example_keys();
		struct aws_scope    scope = example_scope("ec2");
		struct aws_request  request = example_request();
		auto_buf struct buf out = buf_make(HEADERS_MAX);
		struct err	    err;

		request.headers = &bad[i];
		request.header_count = 1;
		CHECK(aws_sign_headers(&request, &keys, &scope, &out, &err) == -1);
		CHECK(err.kind == ERR_INPUT && out.len == 0);
	}
}

TEST(an_error_never_quotes_a_secret)
{
	static const char *const secrets[] = { "SECRET\n", "SECRET\r", "" };

	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		struct aws_keys	    keys = example_keys();
		struct aws_scope    scope = example_scope("ec2");
		struct aws_request  request = example_request();
		auto_buf struct buf out = buf_make(HEADERS_MAX);
		struct err	    err;

		keys.secret_key = str_of(secrets[i]);
		CHECK(aws_sign_headers(&request, &keys, &scope, &out, &err) == -1);
		CHECK(err.kind == ERR_REMOTE && !strstr(err.text, "SECRET"));
	}
}

TEST(no_region_no_host_and_no_room_are_named)
{
	struct aws_keys	    keys = example_keys();
	struct aws_scope    scope = example_scope("ec2");
	struct aws_request  request = example_request();
	auto_buf struct buf out = buf_make(100), roomy = buf_make(HEADERS_MAX);
	struct err	    err;

	CHECK(aws_sign_headers(&request, &keys, &scope, &out, &err) == -1);
	CHECK_TEXT(err.text, "headers longer than 100 bytes");
	scope.region = str_of("");
	CHECK(aws_sign_headers(&request, &keys, &scope, &roomy, &err) == -1);
	CHECK_TEXT(err.text, "no region to sign for");
	request.host = str_of("");
	CHECK(aws_sign_headers(&request, &keys, &scope, &roomy, &err) == -1);
	CHECK_TEXT(err.text, "no host to send to");
}

TEST(canonical_value_trims_and_folds_blanks)
{
	auto_buf struct buf out = buf_make(HEADERS_MAX);

	canonical_value(&out, str_of(" \t a  b\t\tc \r\n d "));
	CHECK_STR(buf_str(&out), "a b c d");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_to_send_are_the_date_and_the_authorization),
		cmocka_unit_test(s3_says_what_it_has_hashed_and_a_token_goes_along),
		cmocka_unit_test(
			a_path_that_needs_encoding_is_encoded_once_for_s3_and_twice_for_others),
		cmocka_unit_test(what_would_reach_out_of_its_line_is_refused),
		cmocka_unit_test(an_error_never_quotes_a_secret),
		cmocka_unit_test(no_region_no_host_and_no_room_are_named),
		cmocka_unit_test(canonical_value_trims_and_folds_blanks),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
