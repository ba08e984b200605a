/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/keys.h"

#include <openssl/crypto.h>
#include <string.h>

#include "lib/aws/secret.h"
#include "lib/base/json.h"

/* AWS gives no bound for tokens; those of today have up to some 2,000 bytes, and headers end at 16 KiB. */
enum { KEY_MAX = 4096, TOKEN_MAX = 16000 };

static bool is_sendable(struct str text, size_t max)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x21 || (unsigned char)text.ptr[i] > 0x7e)
			return false;
	return text.len <= max;
}

static struct str append(struct buf *text, struct str piece)
{
	size_t at = text->len;

	buf_add_str(text, piece);
	return (struct str){ text->data + at, piece.len };
}

int held_keys_set(struct held_keys *held, const struct aws_keys *keys, int64_t expires,
		  struct err *err)
{
	struct held_keys fresh = { .expires = expires };

	if (keys->access_key.len == 0 || keys->secret_key.len == 0)
		return err_set(err, ERR_REMOTE, "an access key or its secret is missing");
	if (!is_sendable(keys->access_key, KEY_MAX) || !is_sendable(keys->secret_key, KEY_MAX) ||
	    !is_sendable(keys->token, TOKEN_MAX))
		return err_set(err, ERR_REMOTE, "a key or token is too long, or not plain ASCII");
	fresh.text = secret_buf_make(keys->access_key.len + keys->secret_key.len + keys->token.len);
	fresh.keys.access_key = append(&fresh.text, keys->access_key);
	fresh.keys.secret_key = append(&fresh.text, keys->secret_key);
	fresh.keys.token = append(&fresh.text, keys->token);
	held_keys_done(held);
	*held = fresh;
	return 0;
}

void held_keys_done(struct held_keys *held)
{
	secret_buf_done(&held->text);
	*held = (struct held_keys){ 0 };
}

/* What a document of keys says, as far as it was read; the texts are copies that are wiped. */
struct document {
	enum keys_dialect dialect;
	const char	 *source;
	struct buf	  access_key, secret_key, token, expiration, code, message;
	bool		  has_version;
	unsigned	  ended;
};

static struct buf *place_of(struct document *document, struct str key)
{
	bool service = document->dialect == KEYS_OF_SERVICE;

	const struct {
		const char *key;
		struct buf *place;
	} places[] = {
		{ "AccessKeyId", &document->access_key },
		{ "SecretAccessKey", &document->secret_key },
		{ service ? "Token" : "SessionToken", &document->token },
		{ "Expiration", &document->expiration },
		{ "Code", service ? &document->code : NULL },
		{ "Message", service ? &document->message : NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (str_is(key, places[i].key))
			return places[i].place;
	return NULL;
}

/* Copies a member's text and wipes it in the tree, which is freed without that. */
static int read_member(void *context, const struct json_item *item, struct err *err)
{
	struct document *document = context;
	struct buf	*place = item->kind == JSON_END ? NULL : place_of(document, item->key);
	char		*text = item->value ? cJSON_GetStringValue(item->value) : NULL;

	if (item->kind == JSON_END)
		return document->ended++
			       ? err_at(err, document->source, item->line, 0, "a second document")
			       : 0;
	if (document->dialect == KEYS_OF_PROCESS && str_is(item->key, "Version")) {
		document->has_version = cJSON_IsNumber(item->value) &&
					item->value->valuedouble == 1;
		return 0;
	}
	if (!place || (item->value && cJSON_IsNull(item->value)))
		return 0;
	if (!text || item->kind != JSON_MEMBER)
		return err_at(err, document->source, item->line, 0, "%.*s is no text",
			      STR_ARG(item->key));
	secret_buf_done(place);
	*place = secret_buf_make(TOKEN_MAX);
	buf_add_text(place, text);
	OPENSSL_cleanse(text, strlen(text));
	return place->overflow ? err_at(err, document->source, item->line, 0, "%.*s is too long",
					STR_ARG(item->key))
			       : 0;
}

static int take_document(const struct document *document, struct held_keys *out, struct err *err)
{
	int64_t		expires = AWS_KEYS_FOREVER;
	struct aws_keys keys = { buf_str(&document->access_key), buf_str(&document->secret_key),
				 buf_str(&document->token) };

	if (document->code.len && !str_is(buf_str(&document->code), "Success"))
		return err_set(err, ERR_REMOTE, "%s: %s: %s", document->source, document->code.data,
			       document->message.len ? document->message.data : "no message");
	if (document->dialect == KEYS_OF_PROCESS && !document->has_version)
		return err_set(err, ERR_REMOTE, "%s: not of Version 1", document->source);
	if (document->dialect == KEYS_OF_SERVICE &&
	    (document->token.len == 0 || document->expiration.len == 0))
		return err_set(err, ERR_REMOTE, "%s: no Token or no Expiration", document->source);
	if (document->expiration.len && stamp_parse(buf_str(&document->expiration), &expires) < 0)
		return err_set(err, ERR_REMOTE, "%s: Expiration is no time", document->source);
	if (held_keys_set(out, &keys, expires, err) < 0)
		return err_wrap(err, "%s", document->source);
	return 0;
}

int held_keys_parse(struct str json, const char *source, enum keys_dialect dialect,
		    struct held_keys *out, struct err *err)
{
	struct document document = { .dialect = dialect, .source = source };
	struct buf     *texts[] = { &document.access_key, &document.secret_key, &document.token,
				    &document.expiration, &document.code,	&document.message };
	int		status = json_each(json, source, read_member, &document, err);

	if (status < 0)
		err->kind = ERR_REMOTE;
	else
		status = take_document(&document, out, err);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		secret_buf_done(texts[i]);
	return status;
}
