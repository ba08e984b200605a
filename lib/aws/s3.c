/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/s3.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/aws/client.h"
#include "lib/aws/uri.h"
#include "lib/base/mem.h"

enum {
	REGIONS_MAX = 4, /* the chain's, the bucket's, and what an odd server says */
	KEY_MAX = 1024,	 /* S3's limit, in bytes */
	TOKEN_MAX = 4096,
	HASH_BYTES = 32,
	HASH_TEXT_SIZE = 45, /* of SHA-256 in base64 */
	WRITE_HEADERS_MAX = 7,
};

struct aws_s3 {
	struct aws_creds_chain *chain;
	struct buf		bucket;
	pthread_mutex_t		lock; /* of what follows; clients stay until the end */
	struct aws_client      *clients[REGIONS_MAX];
	size_t			client_count; /* the last one is the one to ask */
};

struct aws_s3 *aws_s3_open(struct aws_creds_chain *chain, struct str bucket, struct err *err)
{
	struct str     region = aws_creds_region(chain);
	struct aws_s3 *s3;

	if (bucket.len == 0) {
		err_set(err, ERR_USAGE, "'' is no bucket");
		return NULL;
	}
	s3 = mem_alloc(sizeof(*s3));
	s3->chain = chain;
	s3->bucket = buf_make(bucket.len);
	buf_add_str(&s3->bucket, bucket);
	pthread_mutex_init(&s3->lock, NULL);
	s3->clients[0] = aws_client_open_bucket(chain, bucket,
						region.len ? region : str_of("us-east-1"), err);
	if (!s3->clients[0]) {
		aws_s3_close(s3);
		return NULL;
	}
	s3->client_count = 1;
	return s3;
}

void aws_s3_close(struct aws_s3 *s3)
{
	if (!s3)
		return;
	for (size_t i = 0; i < s3->client_count; i++)
		aws_client_free(s3->clients[i]);
	pthread_mutex_destroy(&s3->lock);
	buf_done(&s3->bucket);
	free(s3);
}

static struct aws_client *client_now(struct aws_s3 *s3)
{
	struct aws_client *client;

	pthread_mutex_lock(&s3->lock);
	client = s3->clients[s3->client_count - 1];
	pthread_mutex_unlock(&s3->lock);
	return client;
}

/*
 * After a refusal that names the bucket's Region: true when the next call goes there.  Another thread may
 * have been told so before.
 */
static bool follow_bucket(struct aws_s3 *s3, const struct aws_client *asked,
			  const struct aws_fault *fault)
{
	struct str	   region = str_of(fault->bucket_region);
	struct aws_client *client;
	struct err	   err;
	bool		   follows = false;

	if (region.len == 0 || str_is(region, aws_client_endpoint(asked)->region))
		return false;
	pthread_mutex_lock(&s3->lock);
	if (s3->clients[s3->client_count - 1] != asked) {
		follows = true;
	} else if (s3->client_count < REGIONS_MAX) {
		client = aws_client_open_bucket(s3->chain, buf_str(&s3->bucket), region, &err);
		if (client)
			s3->clients[s3->client_count++] = client;
		follows = client != NULL;
	}
	pthread_mutex_unlock(&s3->lock);
	return follows;
}

static int call_bucket(struct aws_s3 *s3, struct aws_http *http, const struct aws_call *call,
		       struct aws_reply *reply, struct err *err)
{
	for (;;) {
		struct aws_client *client = client_now(s3);
		struct err	   why;

		if (aws_call(client, http, call, reply, &why) == 0)
			return 0;
		if (!follow_bucket(s3, client, &reply->fault)) {
			*err = why;
			return -1;
		}
	}
}

/* encoding-type=url writes a space as +, a plus as %2B. */
static void decode_key(struct buf *out, struct str text)
{
	while (text.len) {
		struct str word = str_head(text, str_find(text, '+'));

		uri_decode(out, word);
		text = str_skip(text, word.len);
		if (text.len)
			buf_add_char(out, ' ');
		text = str_skip(text, 1);
	}
}

static int visit_object(const struct xml_node *node, bool encoded,
			const struct aws_s3_visitor *visitor, struct err *err)
{
	auto_buf struct buf  key = buf_make(KEY_MAX);
	struct aws_s3_object object = { .etag = xml_text(node, "ETag") };

	if (encoded)
		decode_key(&key, xml_text(node, "Key"));
	else
		buf_add_str(&key, xml_text(node, "Key"));
	if (key.len == 0 || key.overflow ||
	    str_u64(xml_text(node, "Size"), UINT64_MAX, &object.size) < 0)
		return err_set(err, ERR_REMOTE, "S3 lists an object without a key or a size");
	object.key = buf_str(&key);
	return visitor->visit(visitor->context, &object, err);
}

static int visit_page(const struct xml_node *root, const struct aws_s3_visitor *visitor,
		      struct err *err)
{
	bool encoded = str_is(xml_text(root, "EncodingType"), "url");

	for (const struct xml_node *node = root->first; node; node = node->next)
		if (str_is(node->name, "Contents") && visit_object(node, encoded, visitor, err) < 0)
			return -1;
	return 0;
}

/* What comes after this page: *token becomes empty at the end. */
static int next_token(const struct xml_node *root, struct buf *token, struct err *err)
{
	struct str next = xml_text(root, "NextContinuationToken");

	if (!str_is(xml_text(root, "IsTruncated"), "true"))
		next = (struct str){ 0 };
	else if (next.len == 0 || next.len > TOKEN_MAX || str_eq(next, buf_str(token)))
		return err_set(err, ERR_REMOTE, "S3's listing does not get on");
	buf_clear(token);
	buf_add_str(token, next);
	return 0;
}

int aws_s3_list(struct aws_s3 *s3, struct aws_http *http, struct str prefix,
		const struct aws_s3_visitor *visitor, struct err *err)
{
	auto_buf struct buf token = buf_make(TOKEN_MAX);

	do {
		auto_aws_reply struct aws_reply reply = { 0 };
		const struct aws_pair		query[] = {
				  { { "list-type", 9 }, { "2", 1 } },
				  { { "encoding-type", 13 }, { "url", 3 } },
				  { { "prefix", 6 }, prefix },
				  { { "continuation-token", 18 }, buf_str(&token) },
		};
		const struct aws_call call = { .action = "ListObjectsV2",
					       .root = "ListBucketResult",
					       .method = { "GET", 3 },
					       .path = { "/", 1 },
					       .query = query,
					       .query_count = ARRAY_LEN(query) - !token.len };

		if (call_bucket(s3, http, &call, &reply, err) < 0 ||
		    visit_page(reply.root, visitor, err) < 0 ||
		    next_token(reply.root, &token, err) < 0)
			return -1;
	} while (token.len);
	return 0;
}

static int make_path(struct str key, struct buf *out, struct err *err)
{
	buf_add_char(out, '/');
	buf_add_str(out, key);
	return out->overflow ? err_set(err, ERR_INPUT, "a key of more than %d bytes", KEY_MAX) : 0;
}

static int begin_part(void *context, struct err *err)
{
	(void)err;
	buf_clear(context);
	return 0;
}

static int take_part(void *context, const void *bytes, size_t len, struct err *err)
{
	struct buf *out = context;

	buf_add(out, bytes, len);
	return out->overflow ? err_set(err, ERR_REMOTE, "more than was asked for") : 0;
}

/* A server that knows no ranges sends the object from its beginning. */
static bool is_part(const struct aws_answer *answer, const struct aws_s3_part *part)
{
	char start[48];

	snprintf(start, sizeof(start), "bytes %" PRIu64 "-", part->offset);
	if (answer->status == 206)
		return str_starts(aws_answer_header(answer, "Content-Range"), start);
	return answer->status == 200 && part->offset == 0;
}

int aws_s3_read(struct aws_s3 *s3, struct aws_http *http, const struct aws_s3_part *part,
		struct buf *out, struct err *err)
{
	auto_aws_reply struct aws_reply reply = { 0 };
	auto_buf struct buf		path = buf_make(KEY_MAX + 1);
	char				range[64];
	struct err			why;
	struct aws_pair			headers[2] = { { { "Range", 5 }, { range, 0 } } };
	struct aws_call			call = { .action = "GetObject",
						 .method = { "GET", 3 },
						 .headers = headers,
						 .header_count = 1,
						 .answer_max = part->len,
						 .take = take_part,
						 .begin = begin_part,
						 .context = out };

	if (make_path(part->key, &path, err) < 0)
		return -1;
	call.path = buf_str(&path);
	headers[0].value.len = (size_t)snprintf(range, sizeof(range), "bytes=%" PRIu64 "-%" PRIu64,
						part->offset, part->offset + part->len - 1);
	if (part->etag && part->etag->len)
		headers[call.header_count++] = (struct aws_pair){ { "If-Match", 8 },
								  buf_str(part->etag) };
	if (call_bucket(s3, http, &call, &reply, &why) < 0) {
		if (strcmp(reply.fault.code, "InvalidRange") == 0) {
			buf_clear(out); /* nothing is that far: the end */
			return 0;
		}
		*err = why;
		return err_wrap(err, "'%.*s'", STR_ARG(part->key));
	}
	if (!is_part(&reply.answer, part))
		return err_set(err, ERR_REMOTE, "'%.*s': S3 answers with another part",
			       STR_ARG(part->key));
	if (part->etag && !part->etag->len)
		buf_add_str(part->etag, aws_answer_header(&reply.answer, "ETag"));
	return 0;
}

static void hash_text(struct str body, char out[static HASH_TEXT_SIZE])
{
	unsigned char digest[HASH_BYTES];
	size_t	      len = 0;

	if (!EVP_Q_digest(NULL, "SHA256", NULL, body.ptr ? body.ptr : "", body.len, digest, &len) ||
	    len != HASH_BYTES)
		mem_exhausted();
	EVP_EncodeBlock((unsigned char *)out, digest, HASH_BYTES);
}

/* The hash lets S3 refuse what was damaged on the way, and is asked for where objects are locked. */
static size_t list_write_headers(const struct aws_s3_new *object, const char *hash,
				 struct aws_pair out[static WRITE_HEADERS_MAX])
{
	size_t count = 0;

	out[count++] = (struct aws_pair){ { "Content-Type", 12 }, object->content_type };
	out[count++] = (struct aws_pair){ { "If-None-Match", 13 }, { "*", 1 } };
	out[count++] = (struct aws_pair){ { "x-amz-sdk-checksum-algorithm", 28 }, { "SHA256", 6 } };
	out[count++] = (struct aws_pair){ { "x-amz-checksum-sha256", 21 }, str_of(hash) };
	if (object->owner_full_control)
		out[count++] = (struct aws_pair){ { "x-amz-acl", 9 },
						  str_of("bucket-owner-full-control") };
	if (object->kms_key.len) {
		out[count++] = (struct aws_pair){ { "x-amz-server-side-encryption", 28 },
						  { "aws:kms", 7 } };
		out[count++] = (struct aws_pair){
			{ "x-amz-server-side-encryption-aws-kms-key-id", 43 }, object->kms_key
		};
	}
	return count;
}

int aws_s3_create(struct aws_s3 *s3, struct aws_http *http, const struct aws_s3_new *object,
		  struct aws_s3_outcome *outcome, struct err *err)
{
	auto_aws_reply struct aws_reply reply = { 0 };
	auto_buf struct buf		path = buf_make(KEY_MAX + 1);
	char				hash[HASH_TEXT_SIZE];
	struct aws_pair			headers[WRITE_HEADERS_MAX];
	struct err			why;
	struct aws_call			call = { .action = "PutObject",
						 .once = true,
						 .method = { "PUT", 3 },
						 .headers = headers,
						 .body = object->body };
	int				result;

	*outcome = (struct aws_s3_outcome){ 0 };
	if (make_path(object->key, &path, err) < 0)
		return -1;
	call.path = buf_str(&path);
	hash_text(object->body, hash);
	call.header_count = list_write_headers(object, hash, headers);
	result = call_bucket(s3, http, &call, &reply, &why);
	outcome->in_doubt = reply.in_doubt;
	outcome->fault = reply.fault;
	if (result == 0)
		return 0;
	if (strcmp(reply.fault.code, "PreconditionFailed") == 0) {
		outcome->fate = AWS_S3_TAKEN;
		return 0;
	}
	*err = why;
	return err_wrap(err, "'%.*s'", STR_ARG(object->key));
}
