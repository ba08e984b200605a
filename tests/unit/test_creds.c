/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no network: tests/e2e/test_aws_creds.py has the rest. */
#include "lib/aws/creds.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

enum { THREADS = 4, ROUNDS = 500 };

static void only(const char *first, const char *second)
{
	unit_clear_environment();
	setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
	CHECK(putenv((char *)first) == 0 && putenv((char *)second) == 0);
}

static void *take_keys(void *chain)
{
	size_t good = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct aws_keys keys;
		struct err	err;

		if (aws_creds_keys(chain, &keys, &err) < 0)
			break;
		good += str_is(keys.access_key, "A") && str_is(keys.secret_key, "S") &&
			keys.token.len == 0;
		aws_creds_release(chain, &keys);
	}
	return good == ROUNDS ? chain : NULL;
}

TEST(threads_share_a_chain)
{
	struct aws_creds_options options = { 0 };
	struct err		 err;
	struct aws_creds_chain	*chain;
	pthread_t		 threads[THREADS];

	only("AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S");
	chain = aws_creds_open(&options, &err);
	CHECK(chain);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, take_keys, chain) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *good = NULL;

		CHECK(pthread_join(threads[i], &good) == 0 && good == chain);
	}
	aws_creds_close(chain);
}

TEST(what_options_point_to_is_copied)
{
	char			 region[] = "eu-west-1", arn[] = "arn:aws:iam::1:role/x";
	const char		*arns[] = { arn };
	struct aws_creds_options options = { .region = region,
					     .role_arns = arns,
					     .role_arn_count = 1 };
	auto_buf struct buf	 name = buf_make(1000);
	struct err		 err;
	struct aws_creds_chain	*chain;

	only("AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=S");
	chain = aws_creds_open(&options, &err);
	CHECK(chain);
	memset(region, 'x', sizeof(region) - 1);
	memset(arn, 'x', sizeof(arn) - 1);
	arns[0] = NULL;
	CHECK_STR(aws_creds_region(chain), "eu-west-1");
	aws_creds_name(chain, &name);
	CHECK_STR(buf_str(&name), "the environment, role arn:aws:iam::1:role/x");
	aws_creds_close(chain);
}

TEST(a_key_without_its_secret_is_an_error_of_credentials)
{
	struct aws_creds_options options = { 0 };
	struct aws_keys		 keys = { 0 };
	struct err		 err;
	struct aws_creds_chain	*chain;

	only("AWS_ACCESS_KEY_ID=A", "AWS_REGION=eu-west-1");
	chain = aws_creds_open(&options, &err);
	CHECK(chain && aws_creds_keys(chain, &keys, &err) == -1);
	CHECK(err.kind == ERR_REMOTE && keys.access_key.len == 0);
	CHECK_TEXT(err.text, "no credentials: the environment: AWS_ACCESS_KEY_ID without "
			     "AWS_SECRET_ACCESS_KEY");
	aws_creds_close(chain);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_share_a_chain),
		cmocka_unit_test(what_options_point_to_is_copied),
		cmocka_unit_test(a_key_without_its_secret_is_an_error_of_credentials),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
