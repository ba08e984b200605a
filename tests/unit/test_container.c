/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/container.h"
#include "tests/unit/unit.h"

TEST(a_full_uri_may_be_asked_with_tls_or_on_this_host)
{
	static const char *const good[] = {
		"https://anywhere.example/x",
		"http://127.0.0.1/x",
		"http://127.9.8.7:8080",
		"http://localhost:1/x?y=http:",
		"http://[::1]:80/x",
		"http://169.254.170.2/v2",
		"http://169.254.170.23/v1/creds",
		"http://[fd00:ec2::23]/v1",
		"http://127.0.0.1?x",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK(container_may_ask(str_of(good[i])));
}

TEST(a_full_uri_that_leaves_the_host_in_the_clear_may_not)
{
	static const char *const bad[] = {
		"",
		"http://",
		"http://10.0.0.1/x",
		"http://169.254.169.254/x",
		"http://127.0.0.1.example/x",
		"http://localhost.example/x",
		"http://127.0.0.1@example/x",
		"http://127.0.0.1\\@example/x",
		"http://127.1/x",
		"http://0x7f.0.0.1/x",
		"http://127.0.0.0001/x",
		"http://127.0.0.256/x",
		"http://[::2]/x",
		"HTTP://127.0.0.1/x",
		"ftp://127.0.0.1/x",
		"file:///etc/passwd",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!container_may_ask(str_of(bad[i])));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_uri_may_be_asked_with_tls_or_on_this_host),
		cmocka_unit_test(a_full_uri_that_leaves_the_host_in_the_clear_may_not),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
