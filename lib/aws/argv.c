/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/argv.h"

/* Rules of a POSIX shell (and Python's shlex): in double quotes a backslash only quotes itself and the quote. */
struct splitter {
	struct str rest;
	char	  *end; /* of the word being written */
	char	   quote;
	bool	   in_word;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char take(struct splitter *splitter)
{
	char c = splitter->rest.ptr[0];

	splitter->rest = str_skip(splitter->rest, 1);
	return c;
}

static bool escapes(const struct splitter *splitter)
{
	char next = splitter->rest.len ? splitter->rest.ptr[0] : '\0';

	return !splitter->quote || next == '"' || next == '\\';
}

/* The next word; NULL at the end. */
static char *next_word(struct splitter *splitter, struct err *err, int *status)
{
	char *word = splitter->end;

	splitter->in_word = false;
	while (splitter->rest.len) {
		char c = take(splitter);

		if (!splitter->quote && is_blank(c)) {
			if (splitter->in_word)
				break;
			continue;
		}
		splitter->in_word = true;
		if (splitter->quote == c) {
			splitter->quote = '\0';
		} else if (!splitter->quote && (c == '"' || c == '\'')) {
			splitter->quote = c;
		} else if (c == '\\' && splitter->quote != '\'' && escapes(splitter)) {
			if (splitter->rest.len == 0) {
				*status = err_set(err, ERR_INPUT, "a backslash at the end");
				return NULL;
			}
			*splitter->end++ = take(splitter);
		} else {
			*splitter->end++ = c;
		}
	}
	if (splitter->quote) {
		*status = err_set(err, ERR_INPUT, "a quote that is not closed");
		return NULL;
	}
	*splitter->end++ = '\0';
	return splitter->in_word ? word : NULL;
}

int argv_split(struct str text, struct arena *arena, struct argv *out, struct err *err)
{
	/* A word needs a byte and a blank; each has a NUL behind it, and so has the end. */
	struct splitter splitter = { .rest = text, .end = arena_alloc(arena, 2 * text.len + 2) };
	struct argv	argv = { .words = arena_alloc(arena, (text.len / 2 + 2) * sizeof(char *)) };
	int		status = 0;

	for (;;) {
		char *word = next_word(&splitter, err, &status);

		if (status < 0)
			return -1;
		if (!word)
			break;
		argv.words[argv.count++] = word;
	}
	*out = argv;
	return 0;
}
