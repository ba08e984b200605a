/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sts.h"

#include "lib/aws/form.h"
#include "lib/aws/secret.h"
#include "lib/base/clock.h"

enum { FORM_MAX = 64 << 10, TOKEN_MAX = 20000, SESSION_MAX = 64 };

/* STS is asked in the Region of the role's partition that answers for all of it. */
static struct str region_for(const struct sts *sts, const struct creds_role *role)
{
	if (sts->region.len)
		return sts->region;
	if (str_starts(role->arn, "arn:aws-cn:"))
		return str_of("cn-north-1");
	return str_of(str_starts(role->arn, "arn:aws-us-gov:") ? "us-gov-west-1" : "us-east-1");
}

static void add_role(struct buf *form, const struct creds_role *role)
{
	auto_buf struct buf session = buf_make(SESSION_MAX), seconds = buf_make(SESSION_MAX);

	if (role->session_name.len)
		buf_add_str(&session, role->session_name);
	else
		buf_printf(&session, "weir-%lld", (long long)clock_seconds(clock_now().wall));
	aws_form_add(form, "RoleArn", role->arn);
	aws_form_add(form, "RoleSessionName", buf_str(&session));
	if (role->external_id.len)
		aws_form_add(form, "ExternalId", role->external_id);
	if (role->duration_s) {
		buf_add_u64(&seconds, role->duration_s);
		aws_form_add(form, "DurationSeconds", buf_str(&seconds));
	}
}

/* <ActionResponse><ActionResult><Credentials>… */
static int read_keys(const struct xml_node *root, const char *result, struct held_keys *out,
		     struct err *err)
{
	const struct xml_node *node = xml_child(xml_child(root, result), "Credentials");
	struct aws_keys keys = { xml_text(node, "AccessKeyId"), xml_text(node, "SecretAccessKey"),
				 xml_text(node, "SessionToken") };
	int64_t		expires;

	if (stamp_parse(xml_text(node, "Expiration"), &expires) < 0 || keys.token.len == 0)
		return err_set(err, ERR_REMOTE, "an answer without a token or its end");
	return held_keys_set(out, &keys, expires, err);
}

static int give_keys(void *context, struct aws_keys *out, struct err *err)
{
	(void)err;
	*out = *(const struct aws_keys *)context;
	return 0;
}

/* They are the caller's, who wipes them. */
static void keep_keys(void *context, struct aws_keys *keys)
{
	(void)context;
	(void)keys;
}

struct question {
	const char		*action, *root, *result;
	struct aws_keys		*keys; /* NULL: not signed */
	const struct sts	*sts;
	const struct creds_role *role;
};

static int ask(const struct question *question, const struct buf *form, struct held_keys *out,
	       struct err *err)
{
	struct aws_client_options options = {
		.service = AWS_STS,
		.region = region_for(question->sts, question->role),
		.endpoint = question->sts->endpoint,
	};
	struct aws_call call = aws_form_call(question->action, question->root, form);
	auto_aws_client struct aws_client *client = NULL;
	auto_aws_reply struct aws_reply	   reply = { 0 };

	if (question->keys)
		options.keys = (struct aws_keys_source){ .keys = give_keys,
							 .release = keep_keys,
							 .context = question->keys };
	client = aws_client_new(&options, err);
	if (form->overflow)
		return err_set(err, ERR_INPUT, "a form of more than %d bytes", FORM_MAX);
	if (!client || aws_call(client, question->sts->http, &call, &reply, err) < 0 ||
	    read_keys(reply.root, question->result, out, err) < 0)
		return err_wrap(err, "role %.*s", STR_ARG(question->role->arn));
	return 0;
}

int sts_assume_role(const struct sts *sts, const struct aws_keys *keys,
		    const struct creds_role *role, struct held_keys *out, struct err *err)
{
	struct aws_keys own = *keys;
	struct question question = {
		"AssumeRole", "AssumeRoleResponse", "AssumeRoleResult", &own, sts, role
	};
	auto_buf struct buf form = buf_make(FORM_MAX);

	aws_form_begin(&form, AWS_STS, question.action);
	add_role(&form, role);
	return ask(&question, &form, out, err);
}

int sts_web_identity(const struct sts *sts, const char *token_file, const struct creds_role *role,
		     struct held_keys *out, struct err *err)
{
	struct question	       question = { "AssumeRoleWithWebIdentity",
					    "AssumeRoleWithWebIdentityResponse",
					    "AssumeRoleWithWebIdentityResult",
					    NULL,
					    sts,
					    role };
	auto_secret struct buf form = secret_buf_make(FORM_MAX);
	auto_secret struct buf token = { 0 };
	int		       found = secret_read(token_file, TOKEN_MAX, &token, err);

	if (found <= 0)
		return found < 0 ? -1 : err_at(err, token_file, 0, 0, "there is no such file");
	aws_form_begin(&form, AWS_STS, question.action);
	add_role(&form, role);
	aws_form_add(&form, "WebIdentityToken", str_trim(buf_str(&token)));
	return ask(&question, &form, out, err);
}
