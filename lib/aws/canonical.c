/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/canonical.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/aws/secret.h"
#include "lib/aws/uri.h"

enum { PAIRS_MAX = 10000, PAIRS_OURS = 8, FIXED_TEXT_MAX = 4096 };

/* A list of pairs in the arena, in the order of the canonical request once it is sorted. */
struct pairs {
	struct aws_pair *items;
	size_t		 count;
};

static void pairs_add(struct pairs *pairs, struct str name, struct str value)
{
	pairs->items[pairs->count++] = (struct aws_pair){ .name = name, .value = value };
}

/* Values of one header keep their order; the place in the array tells it. */
static int compare_names(const void *a, const void *b)
{
	const struct aws_pair *const *x = a, *const *y = b;
	int			      order = str_cmp((*x)->name, (*y)->name);

	return order ? order : (*x > *y) - (*x < *y);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct aws_pair *const *x = a, *const *y = b;
	int			      order = str_cmp((*x)->name, (*y)->name);

	return order ? order : str_cmp((*x)->value, (*y)->value);
}

static const struct aws_pair **sorted(struct arena *arena, const struct pairs *pairs,
				      int (*compare)(const void *, const void *))
{
	const struct aws_pair **order = arena_alloc(arena, (pairs->count + 1) * sizeof(*order));

	for (size_t i = 0; i < pairs->count; i++)
		order[i] = &pairs->items[i];
	qsort(order, pairs->count, sizeof(*order), compare);
	return order;
}

static struct str lower(struct arena *arena, struct str name)
{
	char *text = arena_copy(arena, name.ptr, name.len + !name.len);

	for (size_t i = 0; i < name.len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] + ('a' - 'A'));
	return (struct str){ text, name.len };
}

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r' || text.ptr[i] == '\0')
			return true;
	return false;
}

/* Names are tokens (RFC 9110, 5.6.2) as far as the canonical request depends on it. */
static bool is_header_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == ':' || name.ptr[i] == ';' ||
		    name.ptr[i] == ',' || name.ptr[i] == 0x7f)
			return false;
	return name.len > 0;
}

static int check(const struct aws_signing *signing, const struct aws_keys *keys,
		 const struct aws_scope *scope, struct err *err)
{
	if (keys->access_key.len == 0 || keys->secret_key.len == 0)
		return err_set(err, ERR_REMOTE, "credentials without an access key or its secret");
	if (has_control(keys->access_key) || has_control(keys->secret_key) ||
	    has_control(keys->token))
		return err_set(err, ERR_REMOTE, "credentials with a line break or NUL in them");
	if (scope->region.len == 0 || has_control(scope->region) || has_control(scope->service))
		return err_set(err, ERR_USAGE, "no region to sign for");
	if (scope->now < 0 || scope->now > 253402300799) /* the end of year 9999 */
		return err_set(err, ERR_INPUT, "a time outside of years 1970 to 9999");
	if (!is_header_name(signing->method) || has_control(signing->path) ||
	    has_control(signing->payload_hash))
		return err_set(err, ERR_INPUT, "a line break or NUL in the request");
	if (signing->header_count > PAIRS_MAX || signing->query_count > PAIRS_MAX)
		return err_set(err, ERR_INPUT, "more than %d headers or parameters", PAIRS_MAX);
	for (size_t i = 0; i < signing->header_count; i++)
		if (!is_header_name(signing->headers[i].name) ||
		    has_control(signing->headers[i].value))
			return err_set(err, ERR_INPUT,
				       "header %zu is not a name and a value of one line", i + 1);
	return 0;
}

/* Those that proxies and clients change (botocore's list), and those that the signature is in. */
static bool is_never_signed(struct str name)
{
	static const char *const names[] = { "authorization", "expect", "user-agent",
					     "x-amzn-trace-id" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static bool sends_token(const struct aws_signing *signing, const struct aws_keys *keys)
{
	return keys->token.len && !signing->token_unsigned;
}

/* All headers to sign: those given with names in small letters, less those that are ours to make, and ours. */
static struct pairs collect_headers(struct canonical *out, const struct aws_signing *signing,
				    const struct aws_keys *keys)
{
	struct pairs all = { .count = 0 };

	all.items = arena_alloc(&out->arena,
				(signing->header_count + PAIRS_OURS) * sizeof(*all.items));
	for (size_t i = 0; i < signing->header_count; i++) {
		struct str name = lower(&out->arena, signing->headers[i].name);

		if (is_never_signed(name) || str_is(name, "x-amz-date") ||
		    (keys->token.len && str_is(name, "x-amz-security-token")) ||
		    (signing->payload_header && str_is(name, "x-amz-content-sha256")))
			continue;
		pairs_add(&all, name, signing->headers[i].value);
	}
	if (!signing->presigned)
		pairs_add(&all, str_of("x-amz-date"), str_of(out->stamp));
	if (!signing->presigned && sends_token(signing, keys))
		pairs_add(&all, str_of("x-amz-security-token"), keys->token);
	if (signing->payload_header)
		pairs_add(&all, str_of("x-amz-content-sha256"), signing->payload_hash);
	return all;
}

void canonical_value(struct buf *out, struct str value)
{
	bool space = false, begun = false;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			space = begun;
			continue;
		}
		if (space)
			buf_add_char(out, ' ');
		buf_add_char(out, c);
		space = false;
		begun = true;
	}
}

/* "host;x-amz-date": each name once. */
static struct str list_names(struct arena *arena, const struct aws_pair *const *order, size_t count,
			     size_t room)
{
	auto_buf struct buf names = buf_make(room);

	for (size_t i = 0; i < count; i++) {
		if (i && str_eq(order[i]->name, order[i - 1]->name))
			continue;
		buf_add_text(&names, i ? ";" : "");
		buf_add_str(&names, order[i]->name);
	}
	return arena_str(arena, buf_str(&names));
}

/* One line a name; the values of a name that comes again are joined by commas. */
static void add_headers(struct buf *out, const struct aws_pair *const *order, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i && str_eq(order[i]->name, order[i - 1]->name)) {
			buf_add_char(out, ',');
		} else {
			buf_add_text(out, i ? "\n" : "");
			buf_add_str(out, order[i]->name);
			buf_add_char(out, ':');
		}
		canonical_value(out, order[i]->value);
	}
	buf_add_text(out, count ? "\n" : "");
}

/* Encodes a parameter behind out->query and keeps where it is: that buffer does not move. */
static void add_parameter(struct canonical *out, struct pairs *encoded, struct str name,
			  struct str value)
{
	struct buf *query = &out->query;
	size_t	    name_at, value_at;

	buf_add_text(query, query->len ? "&" : "");
	name_at = query->len;
	uri_encode(query, name, false);
	buf_add_char(query, '=');
	value_at = query->len;
	uri_encode(query, value, false);
	pairs_add(encoded, (struct str){ query->data + name_at, value_at - 1 - name_at },
		  (struct str){ query->data + value_at, query->len - value_at });
}

/* The parameters of a presigned request, in the order of AWS's own examples. */
static void add_own_parameters(struct canonical *out, struct pairs *encoded,
			       const struct aws_signing *signing, const struct aws_keys *keys)
{
	auto_buf struct buf credential = buf_make(keys->access_key.len + out->scope.len + 1);
	char		    expires[STR_U64_SIZE];

	buf_add_str(&credential, keys->access_key);
	buf_add_char(&credential, '/');
	buf_add_str(&credential, out->scope);
	add_parameter(out, encoded, str_of("X-Amz-Algorithm"), str_of("AWS4-HMAC-SHA256"));
	add_parameter(out, encoded, str_of("X-Amz-Credential"), buf_str(&credential));
	add_parameter(out, encoded, str_of("X-Amz-Date"), str_of(out->stamp));
	add_parameter(out, encoded, str_of("X-Amz-SignedHeaders"), out->signed_headers);
	if (signing->expires_s)
		add_parameter(out, encoded, str_of("X-Amz-Expires"),
			      (struct str){ expires, str_print_u64(signing->expires_s, expires) });
	if (sends_token(signing, keys))
		add_parameter(out, encoded, str_of("X-Amz-Security-Token"), keys->token);
}

/* Sorted by encoded name, then by encoded value. */
static void add_query(struct canonical *out, const struct aws_signing *signing,
		      const struct aws_keys *keys)
{
	struct pairs		encoded = { .count = 0 };
	const struct aws_pair **order;

	encoded.items = arena_alloc(&out->arena,
				    (signing->query_count + PAIRS_OURS) * sizeof(*encoded.items));
	for (size_t i = 0; i < signing->query_count; i++)
		add_parameter(out, &encoded, signing->query[i].name, signing->query[i].value);
	if (signing->presigned)
		add_own_parameters(out, &encoded, signing, keys);
	order = sorted(&out->arena, &encoded, compare_pairs);
	for (size_t i = 0; i < encoded.count; i++) {
		buf_add_text(&out->text, i ? "&" : "");
		buf_add_str(&out->text, order[i]->name);
		buf_add_char(&out->text, '=');
		buf_add_str(&out->text, order[i]->value);
	}
	buf_add_char(&out->text, '\n');
}

/* S3 signs the path as it is sent; the other services make it short and encode it once more. */
static void add_path(struct buf *out, const struct aws_signing *signing)
{
	auto_buf struct buf path = buf_make(signing->path.len + 1);

	if (signing->normalize)
		uri_normalize(&path, signing->path);
	else
		buf_add_str(&path, signing->path.len ? signing->path : str_of("/"));
	if (signing->encode_path)
		uri_encode(out, buf_str(&path), true);
	else
		buf_add_str(out, buf_str(&path));
	buf_add_char(out, '\n');
}

/* More than any section needs: whatever is encoded twice becomes at most nine times as long. */
static size_t room_for(const struct aws_signing *signing, const struct aws_keys *keys,
		       const struct aws_scope *scope)
{
	size_t bytes = signing->method.len + signing->path.len + signing->payload_hash.len +
		       keys->access_key.len + keys->token.len + scope->region.len +
		       scope->service.len;

	for (size_t i = 0; i < signing->query_count; i++)
		bytes += signing->query[i].name.len + signing->query[i].value.len + 2;
	for (size_t i = 0; i < signing->header_count; i++)
		bytes += signing->headers[i].name.len + signing->headers[i].value.len + 2;
	return FIXED_TEXT_MAX + 9 * bytes;
}

static struct str scope_text(struct canonical *out, const struct aws_scope *scope)
{
	auto_buf struct buf text = buf_make(FIXED_TEXT_MAX + scope->region.len +
					    scope->service.len);

	buf_add(&text, out->stamp, 8);
	buf_add_char(&text, '/');
	buf_add_str(&text, scope->region);
	buf_add_char(&text, '/');
	buf_add_str(&text, scope->service);
	buf_add_text(&text, "/aws4_request");
	return arena_str(&out->arena, buf_str(&text));
}

int canonical_make(const struct aws_signing *signing, const struct aws_keys *keys,
		   const struct aws_scope *scope, struct canonical *out, struct err *err)
{
	size_t			room;
	struct pairs		headers;
	const struct aws_pair **order;

	if (check(signing, keys, scope, err) < 0)
		return -1;
	room = room_for(signing, keys, scope);
	*out = (struct canonical){ .text = secret_buf_make(room), .query = secret_buf_make(room) };
	stamp_print(scope->now, out->stamp);
	out->scope = scope_text(out, scope);
	headers = collect_headers(out, signing, keys);
	order = sorted(&out->arena, &headers, compare_names);
	out->signed_headers = list_names(&out->arena, order, headers.count, room);

	buf_add_str(&out->text, signing->method);
	buf_add_char(&out->text, '\n');
	add_path(&out->text, signing);
	add_query(out, signing, keys);
	add_headers(&out->text, order, headers.count);
	buf_add_char(&out->text, '\n');
	buf_add_str(&out->text, out->signed_headers);
	buf_add_char(&out->text, '\n');
	buf_add_str(&out->text, signing->payload_hash);
	assert(!out->text.overflow && !out->query.overflow);
	return 0;
}

void canonical_done(struct canonical *canonical)
{
	secret_buf_done(&canonical->text);
	secret_buf_done(&canonical->query);
	arena_done(&canonical->arena);
}
