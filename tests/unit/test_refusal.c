/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "sensor/delivery/refusal.h"

TEST(refusals_that_somebody_can_put_right_are_not_for_good)
{
	static const struct {
		enum aws_service service;
		const char	*code;
		bool		 is_final;
	} cases[] = {
		{ AWS_S3, "EntityTooLarge", true },
		{ AWS_S3, "KeyTooLongError", true },
		{ AWS_S3, "AccessDenied", false },
		{ AWS_S3, "NoSuchBucket", false },
		{ AWS_S3, "KMS.DisabledException", false },
		{ AWS_S3, "InvalidArgument", false },
		{ AWS_S3, "BadDigest", false },
		{ AWS_S3, "", false },
		{ AWS_S3, "InvalidParameterException", false },
		{ AWS_LOGS, "InvalidParameterException", true },
		{ AWS_LOGS, "SerializationException", true },
		{ AWS_LOGS, "AccessDeniedException", false },
		{ AWS_LOGS, "ResourceNotFoundException", false },
		{ AWS_LOGS, "UnrecognizedClientException", false },
		{ AWS_LOGS, "ThrottlingException", false },
		{ AWS_LOGS, "ServiceUnavailableException", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_fault fault = { .status = 400 };

		snprintf(fault.code, sizeof(fault.code), "%s", cases[i].code);
		CHECK((refusal_find(cases[i].service, &fault) != NULL) == cases[i].is_final);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_that_somebody_can_put_right_are_not_for_good),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
