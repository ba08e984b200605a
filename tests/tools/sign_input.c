/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/sign_input.h"

#include <strings.h>

#include "lib/aws/sign.h"
#include "lib/aws/uri.h"

/* A flag that a line may set; without one the service decides. */
enum choice { CHOICE_OPEN, CHOICE_NO, CHOICE_YES };

struct reading {
	struct arena	  *arena;
	struct sign_input *out;
	struct aws_pair	  *query, *headers;
	struct str	   body, payload_hash, date;
	enum choice	   normalize, encode_path, payload_header;
	bool		   names_end_in_blanks; /* `header NAME VALUE`, not `header NAME:VALUE` */
	uint32_t	   line;
};

static int complain(const struct reading *reading, struct err *err, const char *what,
		    struct str value)
{
	return err_at(err, "-", reading->line, 0, "%s: '%.*s'", what, STR_ARG(value));
}

static int parse_choice(struct str text, enum choice *out)
{
	static const char *const yes[] = { "true", "1", "yes", "on", "double" };
	static const char *const no[] = { "false", "0", "no", "off", "single", "" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (str_is(text, yes[i])) {
			*out = CHOICE_YES;
			return 0;
		}
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (str_is(text, no[i])) {
			*out = CHOICE_NO;
			return 0;
		}
	return -1;
}

static struct str decoded(struct arena *arena, struct str text)
{
	auto_buf struct buf plain = buf_make(text.len);

	uri_decode(&plain, text);
	return arena_str(arena, buf_str(&plain));
}

static void add_parameter(struct reading *reading, struct str name, struct str value)
{
	struct aws_signing *signing = &reading->out->signing;

	reading->query[signing->query_count++] = (struct aws_pair){
		.name = decoded(reading->arena, name), .value = decoded(reading->arena, value)
	};
}

static void add_pair(struct reading *reading, struct str pair)
{
	struct str name = str_cut(&pair, '=');

	add_parameter(reading, name, pair);
}

static void add_pairs(struct reading *reading, struct str text)
{
	while (text.len) {
		struct str pair = str_cut(&text, '&');

		if (pair.len)
			add_pair(reading, pair);
	}
}

/* What `path` brings behind a question mark is as in a URL. */
static void read_path(struct reading *reading, struct str value)
{
	reading->out->signing.path = str_cut(&value, '?');
	add_pairs(reading, value);
}

static bool is_all_pairs(struct str text)
{
	while (text.len) {
		struct str pair = str_cut(&text, '&');

		if (str_find(pair, '=') == pair.len)
			return false;
	}
	return true;
}

static void read_query(struct reading *reading, struct str value, bool only)
{
	size_t equals = str_find(value, '='), blank = str_find(value, ' ');

	if (blank < equals && (reading->names_end_in_blanks || equals == value.len)) {
		struct str name = str_cut(&value, ' ');

		add_parameter(reading, name, value);
	} else if (only && is_all_pairs(value)) {
		add_pairs(reading, value);
	} else {
		add_pair(reading, value);
	}
}

static void read_header(struct reading *reading, struct str value)
{
	struct aws_signing *signing = &reading->out->signing;
	struct str	    name;

	reading->names_end_in_blanks = str_find(value, ' ') < str_find(value, ':');
	name = str_cut(&value, reading->names_end_in_blanks ? ' ' : ':');
	reading->headers[signing->header_count++] = (struct aws_pair){ .name = name,
								       .value = value };
}

/* A folded header line goes on in the next one, which begins with a blank: another value, as AWS's suite has it. */
static int read_folded(struct reading *reading, struct str line, struct err *err)
{
	auto_buf struct buf joined = buf_make(SIZE_MAX / 2);
	struct aws_pair	   *last = &reading->headers[reading->out->signing.header_count - 1];

	if (reading->out->signing.header_count == 0)
		return complain(reading, err, "a line that begins with a blank", line);
	buf_add_str(&joined, last->value);
	buf_add_char(&joined, ',');
	buf_add_str(&joined, str_trim(line));
	last->value = arena_str(reading->arena, buf_str(&joined));
	return 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_body(struct reading *reading, struct str value, struct err *err)
{
	char *bytes = arena_alloc(reading->arena, value.len / 2 + 1);

	for (size_t i = 0; i + 1 < value.len; i += 2) {
		int high = digit_of(value.ptr[i]), low = digit_of(value.ptr[i + 1]);

		if (high < 0 || low < 0)
			return complain(reading, err, "not hexadecimal", value);
		bytes[i / 2] = (char)(high << 4 | low);
	}
	if (value.len % 2)
		return complain(reading, err, "an odd number of digits", value);
	reading->body = (struct str){ bytes, value.len / 2 };
	return 0;
}

/* A number of seconds, or as AWS writes it. */
static int read_date(struct reading *reading, struct str value, struct err *err)
{
	uint64_t seconds;

	reading->date = value;
	if (str_u64(value, INT64_MAX, &seconds) == 0)
		reading->out->scope.now = (int64_t)seconds;
	else if (stamp_parse(value, &reading->out->scope.now) < 0)
		return complain(reading, err, "not a date like 20150830T123600Z", value);
	return 0;
}

static int read_expires(struct reading *reading, struct str value, struct err *err)
{
	uint64_t seconds;

	if (str_u64(value, UINT32_MAX, &seconds) < 0)
		return complain(reading, err, "not a number of seconds", value);
	reading->out->signing.expires_s = (uint32_t)seconds;
	return 0;
}

/* Whether the token of `token` is left unsigned; or that token itself. */
static void read_token_unsigned(struct reading *reading, struct str value)
{
	enum choice choice;

	if (parse_choice(value, &choice) == 0) {
		reading->out->signing.token_unsigned = choice == CHOICE_YES;
		return;
	}
	reading->out->keys.token = value;
	reading->out->signing.token_unsigned = true;
}

/* Keys whose value is kept as it is. */
static struct str *text_of(struct reading *reading, struct str key)
{
	struct sign_input *out = reading->out;

	const struct {
		const char *key;
		struct str *place;
	} texts[] = {
		{ "access_key", &out->keys.access_key }, { "secret_key", &out->keys.secret_key },
		{ "token", &out->keys.token },		 { "region", &out->scope.region },
		{ "service", &out->scope.service },	 { "mode", &out->mode },
		{ "method", &out->signing.method },	 { "payload_hash", &reading->payload_hash },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (str_is(key, texts[i].key))
			return texts[i].place;
	return NULL;
}

static enum choice *choice_of(struct reading *reading, struct str key)
{
	if (str_is(key, "normalize"))
		return &reading->normalize;
	if (str_is(key, "encode_path"))
		return &reading->encode_path;
	return str_is(key, "payload_header") ? &reading->payload_header : NULL;
}

static int read_line(struct reading *reading, struct str key, struct str value, struct err *err)
{
	struct str  *text = text_of(reading, key);
	enum choice *choice = choice_of(reading, key);

	if (text)
		*text = value;
	else if (choice && parse_choice(value, choice) < 0)
		return complain(reading, err, "not true or false", value);
	else if (str_is(key, "token_unsigned"))
		read_token_unsigned(reading, value);
	else if (str_is(key, "date"))
		return read_date(reading, value, err);
	else if (str_is(key, "expires"))
		return read_expires(reading, value, err);
	else if (str_is(key, "body_hex"))
		return read_body(reading, value, err);
	else if (str_is(key, "path"))
		read_path(reading, value);
	else if (str_is(key, "header"))
		read_header(reading, value);
	else if (!choice && !str_is(key, "query"))
		return complain(reading, err, "no such key", key);
	return 0;
}

static struct str without_blanks(struct str text)
{
	while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = str_skip(text, 1);
	return text;
}

/* What stands before the first blank, which goes too: a query's name may be empty. */
static struct str cut_key(struct str *line)
{
	struct str key = str_word(line);

	*line = str_skip(*line, 1);
	return key;
}

/* The next line without its end; a carriage return belongs to the end. */
static struct str cut_line(struct str *rest)
{
	struct str line = str_cut(rest, '\n');

	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* How a name ends is told by the headers, whose names hold neither blanks nor colons; so queries come after. */
static void read_queries(struct reading *reading, struct str text)
{
	struct str rest = text;
	size_t	   count = 0;

	for (int round = 0; round < 2; round++, rest = text)
		while (rest.len) {
			struct str value = cut_line(&rest), key = cut_key(&value);

			if (!str_is(key, "query") || value.len == 0)
				continue;
			if (round == 1)
				read_query(reading, value, count == 1);
			else
				count++;
		}
}

/* A request that says its hash in a header is taken at its word. */
static struct str given_hash(const struct reading *reading)
{
	static const char name[] = "x-amz-content-sha256";

	for (size_t i = 0; i < reading->out->signing.header_count; i++) {
		const struct aws_pair *header = &reading->headers[i];

		if (header->name.len == sizeof(name) - 1 &&
		    strncasecmp(header->name.ptr, name, sizeof(name) - 1) == 0)
			return str_trim(header->value);
	}
	return (struct str){ 0 };
}

static int finish(struct reading *reading, struct err *err)
{
	struct sign_input  *out = reading->out;
	struct aws_signing *signing = &out->signing;
	bool  s3 = aws_is_s3(out->scope.service), presigned = str_is(out->mode, "query");
	char *hash = arena_alloc(reading->arena, AWS_HASH_SIZE);

	if (!presigned && out->mode.len && !str_is(out->mode, "header"))
		return err_set(err, ERR_INPUT, "mode: neither header nor query");
	if (reading->date.len == 0)
		return err_set(err, ERR_INPUT, "no date");
	signing->presigned = presigned;
	signing->normalize = reading->normalize ? reading->normalize == CHOICE_YES : !s3;
	signing->encode_path = reading->encode_path ? reading->encode_path == CHOICE_YES : !s3;
	signing->payload_header = reading->payload_header ? reading->payload_header == CHOICE_YES
							  : s3 && !presigned;
	aws_hash(reading->body, hash);
	signing->payload_hash = reading->payload_hash.len ? reading->payload_hash
				: given_hash(reading).len ? given_hash(reading)
				: s3 && presigned	  ? str_of("UNSIGNED-PAYLOAD")
							  : str_of(hash);
	return 0;
}

/* No more pairs than lines and what separates them. */
static size_t pairs_max(struct str text)
{
	size_t count = 2;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n' || text.ptr[i] == '&' || text.ptr[i] == '?';
	return count;
}

int sign_input_parse(struct str text, struct arena *arena, struct sign_input *out, struct err *err)
{
	size_t	       max = pairs_max(text);
	struct str     rest = text;
	struct reading reading = { .arena = arena, .out = out };

	reading.query = arena_alloc(arena, max * sizeof(*reading.query));
	reading.headers = arena_alloc(arena, max * sizeof(*reading.headers));
	out->signing.query = reading.query;
	out->signing.headers = reading.headers;
	out->signing.method = str_of("GET");
	while (rest.len) {
		struct str line = cut_line(&rest), key;

		reading.line++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
			if (read_folded(&reading, line, err) < 0)
				return -1;
			continue;
		}
		key = cut_key(&line);
		if (read_line(&reading, key, without_blanks(line), err) < 0)
			return -1;
	}
	read_queries(&reading, text);
	return finish(&reading, err);
}
