/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/where_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

int where_fail(struct err *err, uint32_t column, const char *format, ...)
{
	char	text[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err_set(err, ERR_USAGE, "column %u: %.*s", column, (int)sizeof(text) - 32, text);
	err->column = column;
	return -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == ',' || c == '\'' || c == '"' ||
	       c == '=' || c == '<' || c == '>' || c == '!';
}

/* Longer ones first. */
static const struct {
	const char   *text;
	enum where_op op;
} operators[] = {
	{ "!=", WHERE_NE }, { "<>", WHERE_NE }, { "<=", WHERE_LE }, { ">=", WHERE_GE },
	{ "==", WHERE_EQ }, { "=", WHERE_EQ },	{ "<", WHERE_LT },  { ">", WHERE_GT },
};

static int scan_quoted(struct where_scan *scan, struct str rest, struct err *err)
{
	char   quote = rest.ptr[0];
	size_t len = 1;

	while (len < rest.len &&
	       (rest.ptr[len] != quote || (len + 1 < rest.len && rest.ptr[len + 1] == quote)))
		len += rest.ptr[len] == quote ? 2 : 1;
	if (len >= rest.len)
		return where_fail(err, scan->now.column, "the quote %c is never closed", quote);
	scan->now.kind = WHERE_TOKEN_QUOTED;
	scan->now.quote = quote;
	scan->now.text = str_head(str_skip(rest, 1), len - 1);
	scan->at += len + 1;
	return 0;
}

static void scan_word(struct where_scan *scan, struct str rest)
{
	size_t len = 0;

	while (len < rest.len && !ends_word(rest.ptr[len]))
		len++;
	scan->now.kind = WHERE_TOKEN_WORD;
	scan->now.text = str_head(rest, len);
	scan->at += len;
}

int where_scan_next(struct where_scan *scan, struct err *err)
{
	struct str rest;

	while (scan->at < scan->text.len && is_blank(scan->text.ptr[scan->at]))
		scan->at++;
	rest = str_skip(scan->text, scan->at);
	scan->now = (struct where_token){ .column = (uint32_t)scan->at + 1 };
	if (rest.len == 0)
		return 0;
	if (rest.ptr[0] == '\'' || rest.ptr[0] == '"')
		return scan_quoted(scan, rest, err);
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (!str_starts(rest, operators[i].text))
			continue;
		scan->now.kind = WHERE_TOKEN_OP;
		scan->now.op = operators[i].op;
		scan->now.text = str_head(rest, str_of(operators[i].text).len);
		scan->at += scan->now.text.len;
		return 0;
	}
	if (!ends_word(rest.ptr[0])) {
		scan_word(scan, rest);
		return 0;
	}
	if (rest.ptr[0] == '!')
		return where_fail(err, scan->now.column, "'!' alone, expected != or not");
	scan->now.kind = rest.ptr[0] == '('   ? WHERE_TOKEN_OPEN
			 : rest.ptr[0] == ')' ? WHERE_TOKEN_CLOSE
					      : WHERE_TOKEN_COMMA;
	scan->now.text = str_head(rest, 1);
	scan->at++;
	return 0;
}

int where_scan_start(struct where_scan *scan, struct str text, struct err *err)
{
	*scan = (struct where_scan){ .text = text };
	return where_scan_next(scan, err);
}

bool where_scan_is(const struct where_scan *scan, const char *keyword)
{
	struct str text = scan->now.text;

	return scan->now.kind == WHERE_TOKEN_WORD && text.len == str_of(keyword).len &&
	       strncasecmp(text.ptr, keyword, text.len) == 0;
}

bool where_scan_is_keyword(const struct where_scan *scan)
{
	static const char *const keywords[] = { "and", "or", "not", "in", "like" };

	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (where_scan_is(scan, keywords[i]))
			return true;
	return false;
}

void where_token_print(const struct where_token *token, struct buf *out)
{
	if (token->kind == WHERE_TOKEN_END)
		buf_add_text(out, "the end");
	else
		buf_printf(out, "'%.*s'", STR_ARG(token->text));
}
