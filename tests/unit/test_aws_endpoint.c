/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/aws/endpoint.h"

static const struct str dublin = { "eu-west-1", 9 };

static void forget_environment(void)
{
	static const char *const names[] = {
		"AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_EC2",
		"AWS_ENDPOINT_URL_S3",
		"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
		"AWS_USE_FIPS_ENDPOINT",
		"AWS_USE_DUALSTACK_ENDPOINT",
		"AWS_ENDPOINT_URL_STS",
		"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
		"AWS_ENDPOINT_URL_SECURITYHUB",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

TEST(aws_endpoint_takes_the_most_specific_of_ones_own)
{
	static const struct {
		const char *flag, *of_ec2, *of_all, *profile, *ignore;
		const char *url;
	} cases[] = {
		{ "http://a", "http://b", "http://c", "http://d", "", "http://a" },
		{ NULL, "http://b", "http://c", "http://d", "", "http://b" },
		{ NULL, "", "http://c", "http://d", "", "http://c" },
		{ NULL, "", "", "http://d", "false", "http://d" },
		{ NULL, "", "", NULL, "", "https://ec2.eu-west-1.amazonaws.com" },
		{ "", "", "", "", "", "https://ec2.eu-west-1.amazonaws.com" },
		{ NULL, "http://b", "http://c", "http://d", "true",
		  "https://ec2.eu-west-1.amazonaws.com" },
		{ "http://a", "http://b", "http://c", "http://d", "TRUE", "http://a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_endpoint_options options;
		struct aws_endpoint	    endpoint;
		struct err		    err;

		setenv("AWS_ENDPOINT_URL_EC2", cases[i].of_ec2, 1);
		setenv("AWS_ENDPOINT_URL_S3", "http://other", 1);
		setenv("AWS_ENDPOINT_URL", cases[i].of_all, 1);
		setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", cases[i].ignore, 1);
		CHECK(aws_endpoint_options_init(&options, &err) == 0);
		options.url = cases[i].flag;
		options.profile_url = cases[i].profile;
		CHECK(aws_endpoint_find(AWS_EC2, dublin, &options, &endpoint, &err) == 0);
		CHECK_TEXT(endpoint.url, cases[i].url);
		CHECK_TEXT(endpoint.region, "eu-west-1");
	}
	forget_environment();
}

TEST(aws_endpoint_knows_each_service_by_its_variable)
{
	static const struct {
		enum aws_service service;
		const char	*variable;
	} cases[] = {
		{ AWS_EC2, "AWS_ENDPOINT_URL_EC2" },
		{ AWS_STS, "AWS_ENDPOINT_URL_STS" },
		{ AWS_ELB, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2" },
		{ AWS_LOGS, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS" },
		{ AWS_S3, "AWS_ENDPOINT_URL_S3" },
		{ AWS_SECURITYHUB, "AWS_ENDPOINT_URL_SECURITYHUB" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_endpoint_options options = { 0 };
		struct aws_endpoint	    endpoint;
		struct err		    err;

		setenv(cases[i].variable, "http://here", 1);
		CHECK(aws_endpoint_find(cases[i].service, dublin, &options, &endpoint, &err) == 0);
		CHECK_TEXT(endpoint.url, "http://here");
		CHECK(endpoint.custom);
		forget_environment();
	}
}

TEST(aws_endpoint_reads_a_url_of_ones_own)
{
	static const struct {
		const char *text, *url, *host, *path;
	} cases[] = {
		{ "http://127.0.0.1:4566", "http://127.0.0.1:4566", "127.0.0.1:4566", "" },
		{ "https://proxy.example/aws/", "https://proxy.example/aws", "proxy.example",
		  "/aws" },
		{ "HTTPS://h:443/", "https://h:443", "h", "" },
		{ "http://h:80", "http://h:80", "h", "" },
		{ "https://h:80", "https://h:80", "h:80", "" },
		{ "http://[::1]:9000", "http://[::1]:9000", "[::1]:9000", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_endpoint_options options = { .url = cases[i].text };
		struct aws_endpoint	    endpoint;
		struct err		    err;

		CHECK(aws_endpoint_find(AWS_EC2, dublin, &options, &endpoint, &err) == 0);
		CHECK_TEXT(endpoint.url, cases[i].url);
		CHECK_TEXT(endpoint.host, cases[i].host);
		CHECK_TEXT(endpoint.path, cases[i].path);
	}
}

TEST(aws_endpoint_refuses_what_is_no_endpoint_or_no_region)
{
	static const struct {
		const char *url, *region;
	} cases[] = {
		{ "ftp://h", "eu-west-1" },
		{ "h", "eu-west-1" },
		{ "http://", "eu-west-1" },
		{ "http:///p", "eu-west-1" },
		{ "http://:80", "eu-west-1" },
		{ "http://user:secret@h", "eu-west-1" },
		{ "http://h/?q=secret", "eu-west-1" },
		{ "http://h/?q=a@secret", "eu-west-1" },
		{ "http://user:secret?b@h", "eu-west-1" },
		{ "http://h/#f", "eu-west-1" },
		{ "http://h\r\nX: y", "eu-west-1" },
		{ "http://a b", "eu-west-1" },
		{ NULL, "" },
		{ NULL, "eu-west-1.evil.example/" },
		{ NULL, "-eu" },
		{ NULL, "eu west" },
		{ NULL, "eu_west" },
		{ NULL, "x@y" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_endpoint_options options = { .url = cases[i].url };
		struct aws_endpoint	    endpoint = { .url = "as it was" };
		struct err		    err = { 0 };

		CHECK(aws_endpoint_find(AWS_EC2, str_of(cases[i].region), &options, &endpoint,
					&err) == -1);
		CHECK(err.kind == ERR_USAGE);
		CHECK(!strstr(err.text, "secret"));
		CHECK(!cases[i].url || aws_endpoint_check(cases[i].url, &err) == -1);
		CHECK_TEXT(endpoint.url, "as it was");
	}
}

TEST(aws_endpoint_says_what_a_partition_does_not_have)
{
	static const struct {
		enum aws_service service;
		const char	*region, *text;
		bool		 fips, dual_stack;
		const char	*url;
	} cases[] = {
		{ AWS_EC2, "us-iso-east-1", "there are no dual-stack endpoints in aws-iso", false,
		  true, NULL },
		{ AWS_S3, "cn-north-1", "there are no FIPS endpoints of S3 in aws-cn", true, false,
		  NULL },
		{ AWS_EC2, "eu-west-1",
		  "AWS_USE_FIPS_ENDPOINT and an endpoint of one's own exclude each other", true,
		  false, "http://h" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_endpoint_options options = { .fips = cases[i].fips,
							.dual_stack = cases[i].dual_stack,
							.url = cases[i].url };
		struct aws_endpoint	    endpoint;
		struct err		    err;

		CHECK(aws_endpoint_find(cases[i].service, str_of(cases[i].region), &options,
					&endpoint, &err) == -1);
		CHECK_TEXT(err.text, cases[i].text);
	}
}

TEST(aws_endpoint_options_must_be_true_or_false)
{
	struct aws_endpoint_options options = { .url = "as it was" };
	struct err		    err;

	setenv("AWS_USE_FIPS_ENDPOINT", "yes", 1);
	CHECK(aws_endpoint_options_init(&options, &err) == -1);
	CHECK_TEXT(err.text, "AWS_USE_FIPS_ENDPOINT: 'yes' is neither true nor false");
	CHECK_TEXT(options.url, "as it was");
	forget_environment();
}

TEST(aws_endpoint_takes_a_bucket_into_the_host_where_the_name_can_be_one)
{
	static const struct {
		const char *bucket, *own, *url, *host, *path;
	} cases[] = {
		{ "logs", NULL, "https://logs.s3.eu-west-1.amazonaws.com",
		  "logs.s3.eu-west-1.amazonaws.com", "" },
		{ "my.logs", NULL, "https://s3.eu-west-1.amazonaws.com/my.logs",
		  "s3.eu-west-1.amazonaws.com", "/my.logs" },
		{ "Old_Logs", NULL, "https://s3.eu-west-1.amazonaws.com/Old_Logs",
		  "s3.eu-west-1.amazonaws.com", "/Old_Logs" },
		{ "logs", "http://127.0.0.1:9000/s3", "http://127.0.0.1:9000/s3/logs",
		  "127.0.0.1:9000", "/s3/logs" },
		{ "..", NULL, NULL, NULL, NULL },
		{ "a/b", NULL, NULL, NULL, NULL },
		{ "a b c", NULL, NULL, NULL, NULL },
		{ "", NULL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_endpoint_options options = { .url = cases[i].own };
		struct aws_endpoint	    endpoint;
		struct err		    err;

		CHECK(aws_endpoint_find(AWS_S3, dublin, &options, &endpoint, &err) == 0);
		if (!cases[i].url) {
			CHECK(aws_endpoint_take_bucket(&endpoint, str_of(cases[i].bucket), &err) ==
			      -1);
			CHECK(err.kind == ERR_USAGE);
			CHECK_TEXT(endpoint.path, "");
			continue;
		}
		CHECK(aws_endpoint_take_bucket(&endpoint, str_of(cases[i].bucket), &err) == 0);
		CHECK_TEXT(endpoint.url, cases[i].url);
		CHECK_TEXT(endpoint.host, cases[i].host);
		CHECK_TEXT(endpoint.path, cases[i].path);
	}
}

TEST(aws_partition_name_is_told_by_the_region)
{
	static const char *const cases[][2] = {
		{ "eu-west-1", "aws" },
		{ "cn-north-1", "aws-cn" },
		{ "us-gov-west-1", "aws-us-gov" },
		{ "us-iso-east-1", "aws-iso" },
		{ "us-isob-east-1", "aws-iso-b" },
		{ "eu-isoe-west-1", "aws-iso-e" },
		{ "eusc-de-east-1", "aws-eusc" },
		{ "nowhere", "aws" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_TEXT(aws_partition_name(str_of(cases[i][0])), cases[i][1]);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_endpoint_takes_the_most_specific_of_ones_own),
		cmocka_unit_test(aws_endpoint_knows_each_service_by_its_variable),
		cmocka_unit_test(aws_endpoint_reads_a_url_of_ones_own),
		cmocka_unit_test(aws_endpoint_refuses_what_is_no_endpoint_or_no_region),
		cmocka_unit_test(aws_endpoint_says_what_a_partition_does_not_have),
		cmocka_unit_test(aws_endpoint_options_must_be_true_or_false),
		cmocka_unit_test(
			aws_endpoint_takes_a_bucket_into_the_host_where_the_name_can_be_one),
		cmocka_unit_test(aws_partition_name_is_told_by_the_region),
	};

	forget_environment();
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
