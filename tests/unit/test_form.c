/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/aws/form.h"

TEST(aws_form_begins_with_what_is_asked_of_which_version)
{
	static const struct {
		enum aws_service service;
		const char	*action, *text;
	} cases[] = {
		{ AWS_EC2, "DescribeVpcs", "Action=DescribeVpcs&Version=2016-11-15" },
		{ AWS_STS, "GetCallerIdentity", "Action=GetCallerIdentity&Version=2011-06-15" },
		{ AWS_ELB, "DescribeListeners", "Action=DescribeListeners&Version=2015-12-01" },
	};
	auto_buf struct buf form = buf_make(1000);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		aws_form_begin(&form, cases[i].service, cases[i].action);
		CHECK_TEXT(form.data, cases[i].text);
	}
}

TEST(aws_form_writes_a_space_as_plus_and_all_but_the_unreserved_as_hexadecimal)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{ "", "n=" },
		{ "a b", "n=a+b" },
		{ " a  b ", "n=+a++b+" },
		{ "1+1=2&3", "n=1%2B1%3D2%263" },
		{ "A-Za-z0-9-_.~*", "n=A-Za-z0-9-_.~%2A" },
		{ "caf\xc3\xa9/", "n=caf%C3%A9%2F" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf form = buf_make(1000);

		aws_form_add(&form, "n", str_of(cases[i].value));
		CHECK_TEXT(form.data, cases[i].text);
	}
}

TEST(aws_form_call_is_a_post_that_says_what_it_sends)
{
	auto_buf struct buf form = buf_make(1000);
	struct aws_call	    call;

	aws_form_begin(&form, AWS_EC2, "DescribeVpcs");
	aws_form_add(&form, "Filter.1.Name", str_of("vpc-id"));
	call = aws_form_call("DescribeVpcs", "DescribeVpcsResponse", &form);
	CHECK_STR(call.method, "POST");
	CHECK_STR(call.path, "/");
	CHECK(call.header_count == 1);
	CHECK_STR(call.headers[0].name, "Content-Type");
	CHECK_STR(call.headers[0].value, "application/x-www-form-urlencoded; charset=utf-8");
	CHECK_STR(call.body, "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=vpc-id");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_form_begins_with_what_is_asked_of_which_version),
		cmocka_unit_test(
			aws_form_writes_a_space_as_plus_and_all_but_the_unreserved_as_hexadecimal),
		cmocka_unit_test(aws_form_call_is_a_post_that_says_what_it_sends),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
