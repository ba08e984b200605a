/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/xml.h"

#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

static const struct xml_limits usual_limits = { .bytes = 64 << 20,
						.nodes = 4 << 20,
						.text = 1 << 20 };

enum {
	/*
	 * expat looks at a tag or comment again from its beginning each time that bytes are fed which do not
	 * end it; older ones do so without bound (CVE-2023-52425).
	 */
	MARKUP_MAX = 256 << 10,
	CHUNK_MAX = 1 << 20, /* expat counts in int */
	START_MAX = 64,
};

/* What expat puts between a namespace and a name; no namespace can contain it. */
#define SEPARATOR '\n'

struct xml_reader {
	XML_Parser	  parser;
	struct xml_limits limits;
	struct arena	  arena;
	struct map	  name_ids; /* each name is kept once */
	struct str	 *names;
	size_t		  name_count, name_capacity;
	struct xml_node	 *root;
	struct xml_node	 *open[XML_DEPTH_MAX]; /* from the root to the element being read */
	struct xml_node **tail[XML_DEPTH_MAX]; /* where the next child of each goes */
	size_t		  depth, nodes, bytes;
	struct buf	  text;
	struct buf	  start; /* of the document, to know a page by */
	size_t	   unfinished;	 /* bytes fed since expat last finished a piece of markup or text */
	bool	   failed;
	struct err err;
};

/* The first error stays; expat is told to hand out nothing more. */
static void PRINTF_LIKE(2, 3) refuse(struct xml_reader *reader, const char *format, ...)
{
	auto_buf struct buf text = buf_make(sizeof(reader->err.text) - 1);
	char		    what[256];
	va_list		    args;

	if (reader->failed)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	buf_add_visible(&text, str_of(what));
	err_set(&reader->err, ERR_REMOTE, "%s", text.data);
	reader->failed = true;
	XML_StopParser(reader->parser, XML_FALSE);
}

static struct str intern(struct xml_reader *reader, struct str name)
{
	uint32_t id;

	if (map_get(&reader->name_ids, name, &id))
		return reader->names[id];
	reader->names = mem_grow(reader->names, reader->name_count, &reader->name_capacity,
				 sizeof(*reader->names));
	id = (uint32_t)reader->name_count++;
	reader->names[id] = arena_str(&reader->arena, name);
	map_put(&reader->name_ids, reader->names[id], id);
	return reader->names[id];
}

static struct str local_name(const XML_Char *name)
{
	const char *separator = strrchr(name, SEPARATOR);

	return str_of(separator ? separator + 1 : name);
}

/* Gives the open element the text that was collected for it, unless it has some already. */
static void keep_text(struct xml_reader *reader)
{
	struct xml_node *node = reader->open[reader->depth - 1];

	if (!node->first && reader->text.len)
		node->text = arena_str(&reader->arena, buf_str(&reader->text));
	buf_clear(&reader->text);
}

static void on_start(void *user, const XML_Char *full_name, const XML_Char **attributes)
{
	struct xml_reader *reader = user;
	struct str	   name = local_name(full_name);
	struct xml_node	  *node;

	(void)attributes;
	if (reader->failed)
		return;
	reader->unfinished = 0;
	if (reader->depth == 0 && name.len == 4 && strncasecmp(name.ptr, "html", 4) == 0) {
		refuse(reader, "an HTML page where XML is expected");
		return;
	}
	if (reader->depth == XML_DEPTH_MAX) {
		refuse(reader, "XML with elements more than %d deep", XML_DEPTH_MAX);
		return;
	}
	if (reader->nodes++ == reader->limits.nodes) {
		refuse(reader, "XML of more than %zu elements", reader->limits.nodes);
		return;
	}
	node = arena_alloc(&reader->arena, sizeof(*node));
	node->name = intern(reader, name);
	if (reader->depth) {
		if (str_trim(buf_str(&reader->text)).len == 0)
			buf_clear(&reader->text);
		keep_text(reader);
		*reader->tail[reader->depth - 1] = node;
		reader->tail[reader->depth - 1] = &node->next;
	} else {
		reader->root = node;
	}
	reader->open[reader->depth] = node;
	reader->tail[reader->depth++] = &node->first;
}

static void on_end(void *user, const XML_Char *name)
{
	struct xml_reader *reader = user;

	(void)name;
	if (reader->failed) /* expat still ends an empty element whose start stopped it */
		return;
	reader->unfinished = 0;
	keep_text(reader);
	reader->depth--;
}

static void on_text(void *user, const XML_Char *bytes, int len)
{
	struct xml_reader *reader = user;

	if (reader->failed)
		return;
	reader->unfinished = 0;
	if (reader->open[reader->depth - 1]->first)
		return;
	buf_add(&reader->text, bytes, (size_t)len);
	if (reader->text.overflow)
		refuse(reader, "XML with a text of more than %zu bytes in <%.*s>",
		       reader->limits.text, STR_ARG(reader->open[reader->depth - 1]->name));
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
		       const XML_Char *public_id, int has_subset)
{
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	if (strcasecmp(name, "html") == 0)
		refuse(user, "an HTML page where XML is expected");
	else
		refuse(user, "XML with a DOCTYPE, which is refused");
}

static void on_declaration(void *user, const XML_Char *version, const XML_Char *encoding,
			   int standalone)
{
	(void)version;
	(void)standalone;
	if (encoding && strcasecmp(encoding, "UTF-8") != 0)
		refuse(user, "XML in the encoding '%s', expected UTF-8", encoding);
}

static void on_comment(void *user, const XML_Char *text)
{
	struct xml_reader *reader = user;

	(void)text;
	reader->unfinished = 0;
}

static void on_instruction(void *user, const XML_Char *target, const XML_Char *text)
{
	(void)target;
	on_comment(user, text);
}

struct xml_reader *xml_reader_new(const struct xml_limits *limits)
{
	struct xml_reader *reader = mem_alloc(sizeof(*reader));

	reader->limits = limits ? *limits : usual_limits;
	reader->text = buf_make(reader->limits.text);
	reader->start = buf_make(START_MAX);
	reader->parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
	if (!reader->parser)
		mem_exhausted();
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	XML_SetXmlDeclHandler(reader->parser, on_declaration);
	XML_SetCommentHandler(reader->parser, on_comment);
	XML_SetProcessingInstructionHandler(reader->parser, on_instruction);
	return reader;
}

/* "<!doctype html>" in lower case is no XML at all, and the usual beginning of a proxy's page. */
static bool is_page(const struct xml_reader *reader)
{
	static const struct str page = { "<!doctype html", 14 };
	struct str		start = str_head(str_trim(buf_str(&reader->start)), page.len);

	return start.len > 2 && strncasecmp(start.ptr, page.ptr, start.len) == 0;
}

/* What expat found, unless one of our own limits stopped it. */
static void refuse_malformed(struct xml_reader *reader)
{
	enum XML_Error code = XML_GetErrorCode(reader->parser);

	if (code == XML_ERROR_NO_MEMORY)
		mem_exhausted();
	if (is_page(reader))
		refuse(reader, "an HTML page where XML is expected");
	refuse(reader, "XML that is not well-formed at line %lu, column %lu: %s",
	       (unsigned long)XML_GetCurrentLineNumber(reader->parser),
	       (unsigned long)XML_GetCurrentColumnNumber(reader->parser) + 1,
	       XML_ErrorString(code));
}

static int fail(const struct xml_reader *reader, struct err *err)
{
	*err = reader->err;
	return -1;
}

int xml_reader_feed(struct xml_reader *reader, const void *bytes, size_t len, struct err *err)
{
	const char *at = bytes;

	if (!reader->failed && len > reader->limits.bytes - reader->bytes)
		refuse(reader, "XML of more than %zu bytes", reader->limits.bytes);
	while (!reader->failed && len) {
		size_t chunk = len < CHUNK_MAX ? len : CHUNK_MAX;

		reader->unfinished += chunk;
		buf_add_str(&reader->start,
			    str_head((struct str){ at, chunk }, START_MAX - reader->start.len));
		if (memchr(at, '\0', chunk)) /* expat would take UTF-16 for it */
			refuse(reader, "XML that is not UTF-8");
		else if (XML_Parse(reader->parser, at, (int)chunk, 0) != XML_STATUS_OK)
			refuse_malformed(reader);
		else if (reader->unfinished > MARKUP_MAX + chunk)
			refuse(reader, "XML with a tag or comment of more than %d bytes",
			       MARKUP_MAX);
		reader->bytes += chunk;
		at += chunk;
		len -= chunk;
	}
	return reader->failed ? fail(reader, err) : 0;
}

const struct xml_node *xml_reader_end(struct xml_reader *reader, struct err *err)
{
	if (!reader->failed && reader->bytes == 0)
		refuse(reader, "an empty answer where XML is expected");
	if (!reader->failed && XML_Parse(reader->parser, "", 0, 1) != XML_STATUS_OK)
		refuse_malformed(reader);
	if (!reader->failed)
		return reader->root;
	fail(reader, err);
	return NULL;
}

void xml_reader_free(struct xml_reader *reader)
{
	if (!reader)
		return;
	XML_ParserFree(reader->parser);
	map_done(&reader->name_ids);
	free(reader->names);
	buf_done(&reader->text);
	buf_done(&reader->start);
	arena_done(&reader->arena);
	free(reader);
}

void xml_reader_free_at(struct xml_reader **place)
{
	xml_reader_free(*place);
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
	for (const struct xml_node *child = node ? node->first : NULL; child; child = child->next)
		if (str_is(child->name, name))
			return child;
	return NULL;
}

struct str xml_text(const struct xml_node *node, const char *name)
{
	const struct xml_node *child = xml_child(node, name);

	return child ? child->text : (struct str){ 0 };
}
