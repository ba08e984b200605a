/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/aws/fault.h"

/* The answer with that status, headers ("Name: value\n") and body. */
static struct aws_answer answer_of(int status, const char *head, const char *body)
{
	struct aws_answer answer = { .status = status,
				     .head = buf_make(2000),
				     .body = buf_make(1 << 20) };

	buf_add_text(&answer.head, head);
	buf_add_text(&answer.body, body);
	answer.request_id = aws_answer_header(&answer, "x-amzn-RequestId");
	return answer;
}

TEST(aws_fault_reads_the_error_documents_of_all_services)
{
	static const struct {
		int	    status;
		const char *head, *body, *text;
	} cases[] = {
		{ 400, "",
		  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>"
		  "InvalidVpcID.NotFound</Code><Message>The vpc ID 'vpc-1' does not exist"
		  "</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
		  "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist (request r-1)" },
		{ 403, "x-amzn-RequestId: r-2\n",
		  "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n"
		  "    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n    <Message>no &amp; no"
		  "</Message>\n  </Error>\n  <RequestId>r-2</RequestId>\n</ErrorResponse>",
		  "AccessDenied: no & no (request r-2)" },
		{ 404, "",
		  "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code><Message>"
		  "The specified key does not exist.</Message><Key>k</Key><RequestId>R3"
		  "</RequestId></Error>",
		  "NoSuchKey: The specified key does not exist. (request R3)" },
		{ 400, "x-amzn-RequestId: r-4\n",
		  "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no such group\"}",
		  "ResourceNotFoundException: no such group (request r-4)" },
		{ 400, "",
		  "{\"__type\":\"com.amazonaws.logs#ThrottlingException\",\"Message\":\"slow\"}",
		  "ThrottlingException: slow" },
		{ 400, "x-amzn-ErrorType: SerializationException:http://internal/\n", "{}",
		  "SerializationException" },
		{ 502, "", "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
		  "status 502 and no error document" },
		{ 503, "", "", "status 503 and no error document" },
		{ 500, "", "{\"__type\":\"X\",", "status 500 and no error document" },
		{ 500, "", "{\"__type\":17}", "status 500 and no error document" },
		{ 400, "", "<Response><Errors/></Response>", "status 400 and no error document" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_aws_answer struct aws_answer answer = answer_of(cases[i].status, cases[i].head,
								     cases[i].body);
		struct aws_fault		  fault;
		struct err			  err;

		aws_fault_read(&answer, &fault);
		CHECK(fault.status == cases[i].status);
		CHECK(aws_fault_err(&fault, &err) == -1);
		CHECK(err.kind == ERR_REMOTE);
		CHECK_TEXT(err.text, cases[i].text);
	}
}

TEST(aws_fault_repeats_no_token_and_no_kilobyte_of_base64)
{
	static const struct {
		const char *message, *kept;
	} cases[] = {
		{ "The request signature we calculated does not match the signature you provided."
		  " Check your AWS Secret Access Key.\\n\\nThe Canonical String for this request "
		  "should have been\\n'POST\\n/\\n\\nx-amz-security-token:SECRET\\n'",
		  "The request signature we calculated does not match the signature you provided."
		  " Check your AWS Secret Access Key." },
		{ "No match. The Canonical String for this was 'x-amz-security-token:SECRET'",
		  "No match." },
		{ "You are not authorized to perform this operation. Encoded authorization failure "
		  "message: pQ3v",
		  "You are not authorized to perform this operation." },
		{ "bell \\u0007 and escape \\u001b[2J", "bell \\x07 and escape \\x1b[2J" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf		  body = buf_make(2000);
		auto_aws_answer struct aws_answer answer = { 0 };
		struct aws_fault		  fault;

		buf_printf(&body, "{\"__type\":\"X\",\"message\":\"%s\"}", cases[i].message);
		answer = answer_of(400, "", body.data);
		aws_fault_read(&answer, &fault);
		CHECK_TEXT(fault.message, cases[i].kept);
	}
}

TEST(aws_fault_tells_denied_and_expired_apart)
{
	static const struct {
		const char *code;
		bool	    denied, expired, may_be_skew;
	} cases[] = {
		{ "UnauthorizedOperation", true, false, false },
		{ "AccessDenied", true, false, false },
		{ "AccessDeniedException", true, false, false },
		{ "ExpiredToken", false, true, false },
		{ "ExpiredTokenException", false, true, false },
		{ "RequestExpired", false, true, true },
		{ "RequestTimeTooSkewed", false, false, true },
		{ "SignatureDoesNotMatch", false, false, true },
		{ "InvalidVpcID.NotFound", false, false, false },
		{ "", false, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_fault fault = { .status = 400 };

		memcpy(fault.code, cases[i].code, strlen(cases[i].code));
		CHECK(aws_fault_is_denied(&fault) == cases[i].denied);
		CHECK(aws_fault_is_expired(&fault) == cases[i].expired);
		CHECK(aws_fault_may_be_skew(&fault) == cases[i].may_be_skew);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_fault_reads_the_error_documents_of_all_services),
		cmocka_unit_test(aws_fault_repeats_no_token_and_no_kilobyte_of_base64),
		cmocka_unit_test(aws_fault_tells_denied_and_expired_apart),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
