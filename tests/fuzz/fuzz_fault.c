/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of aws_fault_read: whatever the answer, what is kept ends in NUL, is UTF-8 in one line without
 * control characters, and the error made of it has a text.  The first line of the input is the error header.
 */
#include "lib/aws/fault.h"
#include "tests/fuzz/fuzz.h"

static void check_kept(const char *text, size_t size)
{
	struct str kept = { text, strnlen(text, size) };

	PROPERTY(kept.len < size);
	PROPERTY(str_is_utf8(kept));
	for (size_t i = 0; i < kept.len; i++)
		PROPERTY((unsigned char)kept.ptr[i] >= 0x20 && kept.ptr[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str			  rest = { (const char *)data, size };
	auto_aws_answer struct aws_answer answer = { .status = 400 };
	struct aws_fault		  fault;
	struct err			  err = { 0 };

	answer.head = buf_make(size + 100);
	answer.body = buf_make(size);
	buf_add_text(&answer.head, "x-amzn-ErrorType: ");
	buf_add_str(&answer.head, str_cut(&rest, '\n'));
	buf_add_char(&answer.head, '\n');
	buf_add_str(&answer.body, rest);
	aws_fault_read(&answer, &fault);
	check_kept(fault.code, sizeof(fault.code));
	check_kept(fault.message, sizeof(fault.message));
	check_kept(fault.request_id, sizeof(fault.request_id));
	PROPERTY(fault.status == 400);
	PROPERTY(aws_fault_err(&fault, &err) == -1 && err.kind == ERR_REMOTE && err.text[0]);
	return 0;
}
