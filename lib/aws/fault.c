/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/fault.h"

#include <stdio.h>
#include <string.h>

#include "lib/aws/xml.h"
#include "lib/base/json.h"

static const struct xml_limits limits = { .bytes = 1 << 18, .nodes = 1000, .text = 1 << 16 };

/* The first size - 1 bytes, made harmless for a terminal. */
static void keep(char *out, size_t size, struct str text)
{
	auto_buf struct buf visible = buf_make(size - 1);

	buf_add_visible(&visible, text);
	snprintf(out, size, "%s", visible.data);
}

/* Where a text begins in another, or its length. */
static size_t find_text(struct str text, const char *what)
{
	for (size_t i = 0; i < text.len; i++)
		if (str_starts(str_skip(text, i), what))
			return i;
	return text.len;
}

/*
 * Logs answers a wrong signature with the canonical request as it should have been, session token and all;
 * EC2 adds a kilobyte in base64 to a refusal.
 */
static struct str message_head(struct str message)
{
	message = str_head(message, str_find(message, '\n'));
	message = str_head(message, find_text(message, "The Canonical String"));
	message = str_head(message, find_text(message, "Encoded authorization failure message"));
	return str_trim(message);
}

static void keep_message(struct aws_fault *fault, struct str message)
{
	keep(fault->message, sizeof(fault->message), message_head(message));
}

static void read_xml(const struct xml_node *root, struct aws_fault *fault)
{
	const struct xml_node *error = xml_child(root, "Error"); /* STS, ELBv2 */
	struct str	       id = xml_text(root, "RequestID"); /* EC2 */

	if (str_is(root->name, "Error")) /* S3 */
		error = root;
	if (!error)
		error = xml_child(xml_child(root, "Errors"), "Error"); /* EC2 */
	if (id.len == 0)
		id = xml_text(root, "RequestId");
	keep(fault->code, sizeof(fault->code), str_trim(xml_text(error, "Code")));
	keep_message(fault, xml_text(error, "Message"));
	if (id.len)
		keep(fault->request_id, sizeof(fault->request_id), str_trim(id));
}

/* "com.amazonaws.logs#ThrottlingException:http://…" → "ThrottlingException" */
static struct str plain_code(struct str type)
{
	size_t hash = str_find(type, '#');

	if (hash < type.len)
		type = str_skip(type, hash + 1);
	return str_head(type, str_find(type, ':'));
}

static int read_json_item(void *context, const struct json_item *item, struct err *err)
{
	struct aws_fault *fault = context;
	struct str text = str_of(item->kind == JSON_MEMBER ? item->value->valuestring : NULL);

	(void)err;
	if (str_is(item->key, "__type"))
		keep(fault->code, sizeof(fault->code), plain_code(text));
	else if (str_is(item->key, "message") || str_is(item->key, "Message"))
		keep_message(fault, text);
	return 0;
}

static void read_body(struct str body, struct aws_fault *fault)
{
	auto_xml_reader struct xml_reader *reader = NULL;
	const struct xml_node		  *root;
	struct err			   err;

	if (str_starts(str_trim(body), "{")) {
		/* What was read before a mistake in the document is as good as nothing. */
		if (json_each(body, "answer", read_json_item, fault, &err) < 0)
			fault->code[0] = fault->message[0] = '\0';
		return;
	}
	reader = xml_reader_new(&limits);
	if (xml_reader_feed(reader, body.ptr, body.len, &err) < 0)
		return;
	root = xml_reader_end(reader, &err);
	if (root)
		read_xml(root, fault);
}

void aws_fault_read(const struct aws_answer *answer, struct aws_fault *fault)
{
	struct str type = aws_answer_header(answer, "x-amzn-ErrorType");

	*fault = (struct aws_fault){ .status = answer->status };
	keep(fault->request_id, sizeof(fault->request_id), answer->request_id);
	keep(fault->bucket_region, sizeof(fault->bucket_region),
	     aws_answer_header(answer, "x-amz-bucket-region"));
	read_body(buf_str(&answer->body), fault);
	if (!fault->code[0])
		keep(fault->code, sizeof(fault->code), plain_code(type));
}

static bool is_one_of(const struct aws_fault *fault, const char *const *codes)
{
	for (; *codes; codes++)
		if (strcmp(fault->code, *codes) == 0)
			return true;
	return false;
}

bool aws_fault_is_denied(const struct aws_fault *fault)
{
	static const char *const codes[] = { "UnauthorizedOperation", "AccessDenied",
					     "AccessDeniedException", "UnauthorizedAccess", NULL };

	return is_one_of(fault, codes);
}

bool aws_fault_is_expired(const struct aws_fault *fault)
{
	static const char *const codes[] = { "ExpiredToken", "ExpiredTokenException",
					     "RequestExpired", NULL };

	return is_one_of(fault, codes);
}

bool aws_fault_may_be_skew(const struct aws_fault *fault)
{
	static const char *const codes[] = { "RequestExpired",
					     "RequestTimeTooSkewed",
					     "RequestInTheFuture",
					     "SignatureDoesNotMatch",
					     "InvalidSignatureException",
					     "AuthFailure",
					     NULL };

	return is_one_of(fault, codes);
}

int aws_fault_err(const struct aws_fault *fault, struct err *err)
{
	auto_buf struct buf text = buf_make(sizeof(err->text) - 1);

	buf_add_text(&text, fault->code);
	if (!fault->code[0])
		buf_printf(&text, "status %d and no error document", fault->status);
	if (fault->message[0])
		buf_printf(&text, ": %s", fault->message);
	if (fault->request_id[0])
		buf_printf(&text, " (request %s)", fault->request_id);
	return err_set(err, ERR_REMOTE, "%s", text.data);
}
