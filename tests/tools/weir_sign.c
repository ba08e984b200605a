/* SPDX-License-Identifier: Apache-2.0 */
/* The signer alone, for suites that others wrote: a request on standard input, the section asked for on output. */
#include "lib/aws/sign.h"
#include "lib/base/cli.h"
#include "lib/base/file.h"
#include "tests/tools/sign_input.h"

enum { INPUT_MAX = 64 << 20 };

struct sign_args {
	bool canonical_request, string_to_sign, authorization, query;
};

static const struct opt opts[] = {
	OPT_FLAG(0, "canonical-request", struct sign_args, canonical_request,
		 "print the canonical request"),
	OPT_FLAG(0, "string-to-sign", struct sign_args, string_to_sign, "print the string to sign"),
	OPT_FLAG(0, "authorization", struct sign_args, authorization,
		 "print the value of the Authorization header"),
	OPT_FLAG(0, "query", struct sign_args, query, "print the query of a presigned URL"),
	OPT_END,
};

static const char examples[] =
	"  printf '%s\\n' 'access_key AKIDEXAMPLE' 'secret_key "
	"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' \\\n"
	"    'region us-east-1' 'service service' 'date 20150830T123600Z' 'method GET' 'path /' "
	"\\\n"
	"    'header Host:example.amazonaws.com' | weir-sign --authorization\n"
	"\n"
	"Lines of the request, `key value`; header and query may come again:\n"
	"  access_key, secret_key, token, region, service\n"
	"  token_unsigned   true: the token is added after signing\n"
	"  date             20150830T123600Z, 2015-08-30T12:36:00Z or seconds since 1970\n"
	"  mode             header (also without this line) or query: a presigned URL\n"
	"  expires          seconds, in mode query\n"
	"  normalize        false: the path keeps its dots and slashes (S3, also without this "
	"line)\n"
	"  encode_path      false: the path is not encoded once more (S3, also without this line)\n"
	"  payload_header   true: X-Amz-Content-Sha256 goes along (S3, also without this line)\n"
	"  method, path     the path as it goes over the wire; a query may follow it\n"
	"  query            NAME=VALUE or NAME VALUE; %XX stands for its byte\n"
	"  header           NAME:VALUE or NAME VALUE\n"
	"  body_hex         the body, two digits a byte\n"
	"  payload_hash     instead of the body's: 64 digits, or UNSIGNED-PAYLOAD\n";

static void print(struct buf *out, const struct buf *section)
{
	if (out->len)
		buf_add_char(out, '\n');
	buf_add_str(out, buf_str(section));
}

/* The sections as they are signed, without a line's end behind the last: they can be hashed and compared. */
static int print_sections(const struct sign_args *args, const struct sign_input *input,
			  struct err *err)
{
	struct aws_signature signature;
	auto_buf struct buf  out = buf_make(SIZE_MAX / 2);

	if (args->authorization && input->signing.presigned)
		return err_set(err, ERR_USAGE,
			       "--authorization is for mode header; --query for mode query");
	if (args->query && !input->signing.presigned)
		return err_set(err, ERR_USAGE,
			       "--query is for mode query; --authorization for mode header");
	if (aws_signature_make(&input->signing, &input->keys, &input->scope, &signature, err) < 0)
		return -1;
	if (args->canonical_request)
		print(&out, &signature.canonical.text);
	if (args->string_to_sign)
		print(&out, &signature.to_sign);
	if (args->authorization || args->query)
		print(&out, &signature.text);
	aws_signature_done(&signature);
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

static int run(const void *args_, char **operands, struct err *err)
{
	const struct sign_args *args = args_;
	auto_buf struct buf	text = buf_make(INPUT_MAX);
	struct arena		arena = { 0 };
	struct sign_input	input = { .mode = str_of(args->query ? "query" : "") };
	int			status = -1;

	(void)operands;
	if (!args->canonical_request && !args->string_to_sign && !args->authorization &&
	    !args->query)
		return err_set(err, ERR_USAGE,
			       "which section? --canonical-request, --string-to-sign, "
			       "--authorization or --query");
	if (file_read("-", INPUT_MAX, &text, err) == 0 &&
	    sign_input_parse(buf_str(&text), &arena, &input, err) == 0)
		status = print_sections(args, &input, err);
	arena_done(&arena);
	return status;
}

int main(int argc, char **argv)
{
	static const struct cmd cmd = {
		.name = "weir-sign",
		.summary = "sign one request to AWS and show how",
		.examples = examples,
		.opts = opts,
		.args_size = sizeof(struct sign_args),
		.run = run,
	};

	return cli_single(&cmd, argc, argv);
}
