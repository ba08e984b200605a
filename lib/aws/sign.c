/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sign.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/aws/secret.h"
#include "lib/aws/uri.h"
#include "lib/base/mem.h"

enum { MAC_SIZE = 32, FIXED_TEXT_MAX = 512 };

static void print_hex(const unsigned char bytes[static MAC_SIZE], char out[static AWS_HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < MAC_SIZE; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * MAC_SIZE] = '\0';
}

/* OpenSSL's own failures here are want of memory, or a library without SHA-256. */
void aws_hash(struct str bytes, char out[static AWS_HASH_SIZE])
{
	unsigned char digest[MAC_SIZE];
	size_t	      len = 0;

	if (!EVP_Q_digest(NULL, "SHA256", NULL, bytes.ptr ? bytes.ptr : "", bytes.len, digest,
			  &len) ||
	    len != MAC_SIZE)
		mem_exhausted();
	print_hex(digest, out);
}

static void mac(struct str key, struct str text, unsigned char out[static MAC_SIZE])
{
	size_t len = 0;

	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.ptr, key.len,
		       (const unsigned char *)text.ptr, text.len, out, MAC_SIZE, &len) ||
	    len != MAC_SIZE)
		mem_exhausted();
}

/* HMAC over HMAC: secret, day, region, service, a constant, and then the text. */
static void sign_text(const struct aws_keys *keys, struct str day, const struct aws_scope *scope,
		      struct str text, char out[static AWS_HASH_SIZE])
{
	const struct str steps[] = { day, scope->region, scope->service, str_of("aws4_request"),
				     text };
	auto_secret struct buf first = secret_buf_make(keys->secret_key.len + 4);
	unsigned char	       key[MAC_SIZE], next[MAC_SIZE];
	struct str	       with = { 0 };

	buf_add_text(&first, "AWS4");
	buf_add_str(&first, keys->secret_key);
	with = buf_str(&first);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		mac(with, steps[i], next);
		memcpy(key, next, sizeof(key));
		with = (struct str){ (const char *)key, sizeof(key) };
	}
	print_hex(key, out);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(next, sizeof(next));
}

static void add_to_sign(struct aws_signature *out)
{
	char hash[AWS_HASH_SIZE];

	aws_hash(buf_str(&out->canonical.text), hash);
	out->to_sign = buf_make(FIXED_TEXT_MAX + out->canonical.scope.len);
	buf_printf(&out->to_sign, "AWS4-HMAC-SHA256\n%s\n", out->canonical.stamp);
	buf_add_str(&out->to_sign, out->canonical.scope);
	buf_printf(&out->to_sign, "\n%s", hash);
}

static void add_authorization(struct buf *out, const struct canonical *canonical,
			      struct str access_key, const char *signature)
{
	buf_add_text(out, "AWS4-HMAC-SHA256 Credential=");
	buf_add_str(out, access_key);
	buf_add_char(out, '/');
	buf_add_str(out, canonical->scope);
	buf_add_text(out, ", SignedHeaders=");
	buf_add_str(out, canonical->signed_headers);
	buf_printf(out, ", Signature=%s", signature);
}

/* A token that is not signed comes behind the signature. */
static void add_presigned(struct buf *out, const struct canonical *canonical, struct str late_token,
			  const char *signature)
{
	buf_add_str(out, buf_str(&canonical->query));
	buf_printf(out, "&X-Amz-Signature=%s", signature);
	if (late_token.len) {
		buf_add_text(out, "&X-Amz-Security-Token=");
		uri_encode(out, late_token, false);
	}
}

int aws_signature_make(const struct aws_signing *signing, const struct aws_keys *keys,
		       const struct aws_scope *scope, struct aws_signature *out, struct err *err)
{
	char	   signature[AWS_HASH_SIZE];
	struct str late_token = signing->token_unsigned ? keys->token : (struct str){ 0 };

	if (canonical_make(signing, keys, scope, &out->canonical, err) < 0)
		return -1;
	add_to_sign(out);
	sign_text(keys, str_head(str_of(out->canonical.stamp), 8), scope, buf_str(&out->to_sign),
		  signature);
	out->text = secret_buf_make(out->canonical.text.max + FIXED_TEXT_MAX);
	if (signing->presigned)
		add_presigned(&out->text, &out->canonical, late_token, signature);
	else
		add_authorization(&out->text, &out->canonical, keys->access_key, signature);
	assert(!out->to_sign.overflow && !out->text.overflow);
	return 0;
}

void aws_signature_done(struct aws_signature *signature)
{
	canonical_done(&signature->canonical);
	buf_done(&signature->to_sign);
	secret_buf_done(&signature->text);
}

bool aws_is_s3(struct str service)
{
	return str_is(service, "s3") || str_is(service, "s3express") ||
	       str_is(service, "s3-outposts");
}

static void add_header(struct buf *out, const char *name, struct str value)
{
	buf_add_text(out, name);
	buf_add_str(out, value);
	buf_add_char(out, '\n');
}

static int sign_request(const struct aws_signing *signing, const struct aws_keys *keys,
			const struct aws_scope *scope, struct buf *out, struct err *err)
{
	struct aws_signature signature;

	if (aws_signature_make(signing, keys, scope, &signature, err) < 0)
		return -1;
	add_header(out, "Authorization: ", buf_str(&signature.text));
	add_header(out, "X-Amz-Date: ", str_of(signature.canonical.stamp));
	if (keys->token.len)
		add_header(out, "X-Amz-Security-Token: ", keys->token);
	if (signing->payload_header)
		add_header(out, "X-Amz-Content-Sha256: ", signing->payload_hash);
	aws_signature_done(&signature);
	return out->overflow ? err_set(err, ERR_INPUT, "headers longer than %zu bytes", out->max)
			     : 0;
}

int aws_sign_headers(const struct aws_request *request, const struct aws_keys *keys,
		     const struct aws_scope *scope, struct buf *out, struct err *err)
{
	bool			   s3 = aws_is_s3(scope->service);
	char			   hash[AWS_HASH_SIZE];
	auto_buf struct buf	   path = buf_make(3 * request->path.len + 1);
	auto_free struct aws_pair *headers = mem_resize(NULL, request->header_count + 1,
							sizeof(*headers));
	struct aws_signing	   signing = {
			.method = request->method,
			.query = request->query,
			.query_count = request->query_count,
			.headers = headers,
			.header_count = request->header_count + 1,
			.normalize = !s3,
			.encode_path = !s3,
			.payload_header = s3,
	};

	if (request->host.len == 0)
		return err_set(err, ERR_INPUT, "no host to send to");
	uri_encode(&path, request->path, true);
	aws_hash(request->body, hash);
	if (request->header_count)
		memcpy(headers + 1, request->headers, request->header_count * sizeof(*headers));
	headers[0] = (struct aws_pair){ .name = str_of("host"), .value = request->host };
	signing.path = buf_str(&path);
	signing.payload_hash = str_of(hash);
	return sign_request(&signing, keys, scope, out, err);
}
