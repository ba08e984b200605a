/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS's answers as a tree, read while they arrive.  Strict: one document of well-formed XML in UTF-8; no
 * DOCTYPE, and so no entities but the five of XML; an HTML page is an error.  What is too deep, too long or
 * has too many elements is one as well.
 *
 * Names are without their namespace.  Attributes, comments and processing instructions are left out.
 */
#pragma once

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum { XML_DEPTH_MAX = 32 };

struct xml_node {
	struct str	 name;
	struct str	 text; /* before the first child; empty when that is only white space */
	struct xml_node *first, *next;
};

struct xml_limits {
	size_t bytes; /* of the document */
	size_t nodes; /* elements */
	size_t text;  /* bytes of one element's text */
};

struct xml_reader;

/* NULL: limits that the largest page of EC2 (1,000 instances, some 15 MB) is far below. */
struct xml_reader *xml_reader_new(const struct xml_limits *limits) MUST_USE;

/* The next bytes, cut anywhere.  After an error every further call fails with the same one. */
int xml_reader_feed(struct xml_reader *reader, const void *bytes, size_t len,
		    struct err *err) MUST_USE;

/* The root, once all is fed; it lives as long as the reader.  NULL with *err set when something is missing. */
const struct xml_node *xml_reader_end(struct xml_reader *reader, struct err *err) MUST_USE;

void xml_reader_free(struct xml_reader *reader);
void xml_reader_free_at(struct xml_reader **place);

#define auto_xml_reader __attribute__((cleanup(xml_reader_free_at)))

/* The first child of that name, or NULL; and its text, or the empty slice.  node may be NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
struct str	       xml_text(const struct xml_node *node, const char *name);
