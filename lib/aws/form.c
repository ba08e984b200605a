/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/form.h"

#include "lib/aws/uri.h"

/* As HTML has it, and as AWS wants it in forms: a space is +, all but A-Z a-z 0-9 - _ . ~ is %XX. */
static void add_form_text(struct buf *form, struct str text)
{
	while (text.len) {
		struct str word = str_head(text, str_find(text, ' '));

		uri_encode(form, word, false);
		text = str_skip(text, word.len);
		if (text.len)
			buf_add_char(form, '+');
		text = str_skip(text, 1);
	}
}

void aws_form_add(struct buf *form, const char *name, struct str value)
{
	if (form->len)
		buf_add_char(form, '&');
	add_form_text(form, str_of(name));
	buf_add_char(form, '=');
	add_form_text(form, value);
}

void aws_form_begin(struct buf *form, enum aws_service service, const char *action)
{
	static const char *const versions[AWS_SERVICE_COUNT] = {
		[AWS_EC2] = "2016-11-15", [AWS_STS] = "2011-06-15", [AWS_ELB] = "2015-12-01"
	};

	buf_clear(form);
	aws_form_add(form, "Action", str_of(action));
	aws_form_add(form, "Version", str_of(versions[service]));
}

struct aws_call aws_form_call(const char *action, const char *root, const struct buf *form)
{
	static const struct aws_pair type = {
		{ "Content-Type", 12 },
		{ "application/x-www-form-urlencoded; charset=utf-8", 48 },
	};

	return (struct aws_call){ .action = action,
				  .root = root,
				  .method = { "POST", 4 },
				  .path = { "/", 1 },
				  .headers = &type,
				  .header_count = 1,
				  .body = buf_str(form) };
}
