/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document of a snapshot, made of the pages of one call: `{"Vpcs": [...]}` as the AWS CLI prints it, with the rows
 * of all pages in one list.
 */
#pragma once

#include "policies/fetch/calls.h"
#include "policies/fetch/convert.h"

/* Whether a row belongs into the document; sees each row of each page once. */
typedef bool document_row_fn(void *context, const struct xml_node *row);

struct document {
	const struct fetch_call *call;
	const struct shape	*shape; /* of the answer */
	document_row_fn		*row;	/* NULL: all belong */
	void			*row_context;
	uint64_t		 rows;
	/* Its own. */
	struct convert convert;
	struct buf     tail; /* members beside the list, as the last page has them */
};

/*
 * Appends to out, which may be emptied between two pages; what is written between begin and end is one document
 * once it is joined.  parameter and id say whose the rows are; parameter NULL: nobody's.
 */
void document_begin(struct document *document, struct buf *out, const char *parameter,
		    struct str id);
int document_page(struct document *document, const struct xml_node *root, struct err *err) MUST_USE;
void document_end(struct document *document);
void document_done(struct document *document);

/* The token of the next page; empty: this was the last. */
struct str document_token(const struct fetch_call *call, const struct xml_node *root);

/* The text of a row's member, by its name in JSON. */
struct str document_row_text(const struct shape *shape, const struct xml_node *row,
			     const char *json);
