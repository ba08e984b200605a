/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/e2e/test_aws_s3.py, with the keys that the AWS CLI would find:
 *
 *	objects BUCKET list PREFIX        "SIZE ETAG KEY", NUL after each
 *	objects BUCKET read KEY BYTES     the object, read in parts of so many bytes
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/aws/s3.h"

static int print_object(void *context, const struct aws_s3_object *object, struct err *err)
{
	(void)context;
	(void)err;
	printf("%" PRIu64 " %.*s %.*s", object->size, STR_ARG(object->etag), (int)object->key.len,
	       object->key.ptr);
	putchar('\0');
	return 0;
}

static int print_parts(struct aws_s3 *s3, struct aws_http *http, const char *key, size_t len,
		       struct err *err)
{
	auto_buf struct buf out = buf_make(len), etag = buf_make(200);
	struct aws_s3_part  part = { .key = str_of(key), .len = len, .etag = &etag };

	do {
		if (aws_s3_read(s3, http, &part, &out, err) < 0)
			return -1;
		fwrite(out.data, 1, out.len, stdout);
		part.offset += out.len;
	} while (out.len == len);
	return 0;
}

static int run(struct aws_s3 *s3, char **argv, struct err *err)
{
	const struct aws_s3_visitor    visitor = { .visit = print_object };
	auto_aws_http struct aws_http *http = aws_http_new();
	uint64_t		       len;

	if (strcmp(argv[2], "list") == 0)
		return aws_s3_list(s3, http, str_of(argv[3]), &visitor, err);
	if (!argv[4] || str_u64(str_of(argv[4]), 1 << 30, &len) < 0 || len == 0)
		return err_set(err, ERR_USAGE, "read KEY BYTES");
	return print_parts(s3, http, argv[3], len, err);
}

int main(int argc, char **argv)
{
	const struct aws_creds_options options = { 0 };
	struct aws_creds_chain	      *chain = NULL;
	struct aws_s3		      *s3 = NULL;
	struct err		       err = { 0 };

	if (argc < 4)
		return 2;
	chain = aws_creds_open(&options, &err);
	if (chain)
		s3 = aws_s3_open(chain, str_of(argv[1]), &err);
	if (s3)
		run(s3, argv, &err);
	aws_s3_close(s3);
	if (chain)
		aws_creds_close(chain);
	if (err.kind == ERR_NONE)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return err_exit_status(err.kind);
}
