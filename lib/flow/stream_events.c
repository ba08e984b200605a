/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudWatch Logs events in JSON → their messages, a line for each.  An event is an element of the list `events`
 * or `logEvents` of a document, or of a list that is the document, or the document itself; an object with a
 * `message`, a list of which the last text is the message, or only that text.  So this takes what `aws logs filter-log-events` and `get-log-events` print, any
 * number of pages one after another, a --query of it, subscription payloads and one event a line.
 *
 * The outline is followed byte by byte as it comes; each value is collected, bounded, and checked by lib/base/json.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "lib/flow/stream_layer.h"

/* CloudWatch Logs takes events of up to 1 MiB; JSON's escapes make them longer. */
enum { VALUE_MAX = 1 << 22 };

enum place {
	OUTSIDE, /* of documents */
	KEY,	 /* or, at first, the end of the document */
	COLON,
	VALUE,
	AFTER_VALUE, /* ',' or '}' */
	ELEMENT,     /* or, at first, the end of the list */
	AFTER_ELEMENT,
	COLLECTING /* a key, value or element */
};

enum role { ROLE_OTHER, ROLE_KEY, ROLE_EVENT, ROLE_EVENTS, ROLE_TYPE };

struct events {
	enum place place, next; /* next: when what is being collected is whole */
	enum role  member;	/* of the value that follows the key */
	enum role  element;	/* of the elements of the list that it is in */
	enum role  role;	/* of what is being collected */
	bool	   is_first;	/* member or element: the end may stand in its place */
	bool	   is_list;	/* the document is a list */
	bool	   has_events;	/* the document has them, or room for them */
	bool	   is_control;	/* the document is a message of CloudWatch about itself */
	uint64_t   count;	/* events so far */

	unsigned   depth; /* of what is being collected */
	bool	   in_string, is_escaped;
	struct buf value; /* it, as the member of an object */
	struct buf line;
	size_t	   line_at; /* what of the line has been handed up */
};

static void *open_events(void)
{
	struct events *events = mem_alloc(sizeof(*events));

	events->value = buf_make(VALUE_MAX);
	events->line = buf_make(VALUE_MAX * 4); /* \x07 for one byte */
	return events;
}

static void close_events(void *state)
{
	struct events *events = state;

	buf_done(&events->value);
	buf_done(&events->line);
	free(events);
}

static void fail(struct layer *layer, const char *text)
{
	const struct events *events = layer->state;

	err_set(&layer->failure, ERR_INPUT, "event %llu of the JSON: %s",
		(unsigned long long)(events->count + 1), text);
}

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 && text.ptr[i] != '\t')
			return true;
	return false;
}

/*
 * One event is one line, whatever is in it: a newline inside becomes \x0a, which makes no second record and
 * hardly a good one.  At the ends it says nothing.
 */
static void put_line(struct events *events, struct str text)
{
	text = str_trim(text);
	if (events->is_control)
		text.len = 0;
	if (has_control(text))
		buf_add_visible(&events->line, text);
	else
		buf_add_str(&events->line, text);
	buf_add_char(&events->line, '\n');
}

static enum role role_of_key(const char *key)
{
	static const struct {
		const char *key;
		enum role   role;
	} keys[] = {
		{ "events", ROLE_EVENTS },
		{ "logEvents", ROLE_EVENTS },
		{ "message", ROLE_EVENT },
		{ "messageType", ROLE_TYPE },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(key, keys[i].key) == 0)
			return keys[i].role;
	return ROLE_OTHER;
}

/* What was collected has been checked and read. */
static int take_value(void *context, const struct json_item *item, struct err *err)
{
	struct events *events = context;
	const cJSON   *text = item->value;

	(void)err;
	if (item->kind == JSON_ELEMENT && events->role == ROLE_EVENT && cJSON_IsString(text)) {
		buf_clear(&events->line);
		put_line(events, str_of(text->valuestring));
	}
	if (item->kind != JSON_MEMBER)
		return 0;
	if (events->role == ROLE_EVENT && cJSON_IsObject(text))
		text = cJSON_GetObjectItemCaseSensitive(text, "message");
	if (!cJSON_IsString(text))
		return 0;
	if (events->role == ROLE_KEY)
		events->member = role_of_key(text->valuestring);
	else if (events->role == ROLE_TYPE)
		events->is_control = strcmp(text->valuestring, "CONTROL_MESSAGE") == 0;
	else if (events->role == ROLE_EVENT)
		put_line(events, str_of(text->valuestring));
	return 0;
}

/* An event without a message is shown as it is: a bad line is counted, one left out would not be. */
static void finish(struct layer *layer)
{
	struct events *events = layer->state;
	struct str     whole;
	struct err     err;

	buf_add_char(&events->value, '}');
	if (events->value.overflow) {
		fail(layer, "larger than 4 MiB");
		return;
	}
	if (json_each(buf_str(&events->value), "", take_value, events, &err) < 0) {
		buf_clear(&events->line);
		fail(layer, err.text);
		return;
	}
	if (events->role == ROLE_EVENT) {
		whole = str_skip(buf_str(&events->value), strlen("{\"\":"));
		if (events->line.len == 0)
			put_line(events, str_head(whole, whole.len - 1));
		events->count++;
		events->has_events = true;
	}
	events->place = events->next;
}

static void begin(struct events *events, enum role role, enum place next)
{
	events->role = role;
	events->next = next;
	events->place = COLLECTING;
	events->depth = 0;
	events->in_string = events->is_escaped = false;
	buf_clear(&events->value);
	buf_add_text(&events->value, "{\"\":");
}

/* Whether the value is whole with c; a number is only with what follows it, which *takes does not count. */
static bool ends(struct events *events, char c, size_t *takes)
{
	bool was_string = events->in_string;

	*takes = 1;
	if (events->is_escaped) {
		events->is_escaped = false;
	} else if (was_string) {
		events->is_escaped = c == '\\';
		events->in_string = c != '"';
		return c == '"' && events->depth == 0;
	} else if (c == '"') {
		events->in_string = true;
	} else if (c == '{' || c == '[') {
		events->depth++;
	} else if (events->depth == 0) {
		*takes = c && strchr(",]} \t\r\n", c) ? 0 : 1;
		return *takes == 0;
	} else if (c == '}' || c == ']') {
		return --events->depth == 0;
	}
	return false;
}

/* How many bytes from here neither end a string nor escape. */
static size_t text_len(struct str text)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] != '"' && text.ptr[len] != '\\')
		len++;
	return len;
}

static void collect(struct layer *layer, struct str rest)
{
	struct events *events = layer->state;
	bool	       whole = false;
	size_t	       at = 0, takes;

	while (at < rest.len && !whole) {
		whole = ends(events, rest.ptr[at], &takes);
		at += takes;
		if (events->in_string && !events->is_escaped) /* most bytes are of strings */
			at += text_len(str_skip(rest, at));
	}
	buf_add(&events->value, rest.ptr, at);
	layer->in_start += at;
	if (whole || events->value.overflow)
		finish(layer);
}

static void begin_document(struct events *events, bool is_list)
{
	events->place = is_list ? ELEMENT : KEY;
	events->is_first = true;
	events->is_list = events->has_events = is_list;
	events->element = ROLE_EVENT; /* of a document that is a list */
	events->is_control = false;
}

static void end_document(struct layer *layer)
{
	struct events *events = layer->state;

	events->place = OUTSIDE;
	if (!events->has_events)
		err_set(&layer->failure, ERR_INPUT,
			"is JSON without log events, expected what `aws logs filter-log-events` or "
			"`get-log-events` prints");
}

static void begin_list(struct events *events)
{
	events->place = ELEMENT;
	events->is_first = true;
	events->element = events->member == ROLE_EVENTS ? ROLE_EVENT : ROLE_OTHER;
	events->has_events |= events->member == ROLE_EVENTS;
}

static void end_list(struct layer *layer)
{
	struct events *events = layer->state;

	if (events->is_list)
		end_document(layer);
	else
		events->place = AFTER_VALUE;
}

/* A mark between values.  Whether it is one that may stand there. */
static bool take_mark(struct layer *layer, char c)
{
	struct events *events = layer->state;
	enum place     place = events->place;

	if (place == OUTSIDE && (c == '{' || c == '['))
		begin_document(events, c == '[');
	else if (place == COLON && c == ':')
		events->place = VALUE;
	else if (place == VALUE && c == '[')
		begin_list(events);
	else if (c == '}' && (place == AFTER_VALUE || (place == KEY && events->is_first)))
		end_document(layer);
	else if (c == ']' && (place == AFTER_ELEMENT || (place == ELEMENT && events->is_first)))
		end_list(layer);
	else if (c == ',' && (place == AFTER_VALUE || place == AFTER_ELEMENT))
		events->place = place == AFTER_VALUE ? KEY : ELEMENT;
	else
		return false;
	events->is_first = c == '{' || c == '[';
	return true;
}

/* One step from c, which is no blank. */
static void step(struct layer *layer, char c)
{
	static const char *const expected[] = {
		[OUTSIDE] = "expected '{' or '['",	 [KEY] = "expected a key",
		[COLON] = "expected ':' after a key",	 [VALUE] = "expected a value",
		[AFTER_VALUE] = "expected ',' or '}'",	 [ELEMENT] = "expected a value or ']'",
		[AFTER_ELEMENT] = "expected ',' or ']'",
	};
	struct events *events = layer->state;

	if (take_mark(layer, c))
		layer->in_start++;
	else if (events->place == KEY && c == '"')
		begin(events, ROLE_KEY, COLON);
	else if (events->place == VALUE)
		begin(events, events->member, AFTER_VALUE);
	else if (events->place == ELEMENT)
		begin(events, events->element, AFTER_ELEMENT);
	else
		fail(layer, expected[events->place]);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Goes on through what is in the buffer, at most to the end of an event. */
static void walk(struct layer *layer)
{
	struct events *events = layer->state;
	struct str     rest = layer_look(layer, 0);

	while (rest.len && !events->line.len && !layer->failure.kind) {
		if (events->place == COLLECTING)
			collect(layer, rest);
		else if (is_blank(rest.ptr[0]))
			layer->in_start++;
		else
			step(layer, rest.ptr[0]);
		rest = layer_look(layer, 0);
	}
}

static size_t hand_up(struct events *events, char *out, size_t size)
{
	struct str line = str_skip(buf_str(&events->line), events->line_at);

	if (size > line.len)
		size = line.len;
	memcpy(out, line.ptr, size);
	events->line_at += size;
	if (size == line.len) {
		buf_clear(&events->line);
		events->line_at = 0;
	}
	return size;
}

/* The events that the buffer holds; waits for more only when there are none. */
static size_t read_events(struct layer *layer, char *out, size_t size)
{
	struct events *events = layer->state;
	size_t	       given = 0;

	while (given < size && !layer->failure.kind) {
		if (events->line.len)
			given += hand_up(events, out + given, size - given);
		else if (layer_look(layer, given ? 0 : 1).len)
			walk(layer);
		else
			break;
	}
	if (given == 0 && !layer->failure.kind && events->place != OUTSIDE) {
		if (layer->below->failure.kind)
			layer->failure = layer->below->failure;
		else
			fail(layer, "the JSON ends here");
	}
	return given;
}

const struct layer_ops layer_events = {
	.name = "JSON",
	.open = open_events,
	.read = read_events,
	.close = close_events,
};
