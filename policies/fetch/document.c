/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/document.h"

#include <assert.h>
#include <stdio.h>

enum { TAIL_MAX = 1 << 20, RESULT_MAX = 80 };

/* Members of every answer, which say nothing about the network. */
static const char *const frame[] = { "requestId", "nextToken", "NextMarker" };

/* ELBv2 wraps its answers once more: <DescribeRulesResponse><DescribeRulesResult>. */
static const struct xml_node *answer_of(const struct fetch_call *call, const struct xml_node *root)
{
	char name[RESULT_MAX];

	if (call->service == AWS_EC2)
		return root;
	snprintf(name, sizeof(name), "%sResult", call->action);
	return xml_child(root, name);
}

static void put_name(struct convert *convert, struct str name)
{
	convert_line(convert);
	convert_text(convert->out, name);
	buf_add_text(convert->out, ": ");
}

void document_begin(struct document *document, struct buf *out, const char *parameter,
		    struct str id)
{
	struct convert *convert = &document->convert;

	convert->action = document->call->action;
	convert->out = out;
	convert->depth = 1;
	document->tail = buf_make(TAIL_MAX);
	buf_add_char(out, '{');
	if (parameter) {
		put_name(convert, str_of(parameter));
		convert_text(out, id);
		buf_add_char(out, ',');
	}
	if (document->shape->inner->type == SHAPE_LIST) {
		put_name(convert, document->shape->inner->json);
		buf_add_char(out, '[');
	}
}

static void note_unknown(struct document *document, const struct xml_node *answer)
{
	for (const struct xml_node *child = answer->first; child; child = child->next) {
		auto_buf struct buf place = buf_make(RESULT_MAX * 2);
		bool		    is_known = shape_member(document->shape, child->name);

		for (size_t i = 0; i < sizeof(frame) / sizeof(frame[0]); i++)
			is_known = is_known || str_is(child->name, frame[i]);
		if (is_known)
			continue;
		buf_printf(&place, "%s: ", document->call->action);
		buf_add_visible(&place, child->name);
		left_out_add(document->convert.left_out, buf_str(&place));
	}
}

static int put_rows(struct document *document, const struct xml_node *list, struct err *err)
{
	struct convert	   *convert = &document->convert;
	const struct shape *shape = document->shape->inner;

	convert->depth = 2;
	convert->way[0] = shape;
	convert->way_count = 1;
	for (const struct xml_node *row = list ? list->first : NULL; row; row = row->next) {
		if (document->row && !document->row(document->row_context, row))
			continue;
		buf_add_text(convert->out, document->rows++ ? "," : "");
		convert_line(convert);
		if (convert_value(convert, shape->inner, row, err) < 0)
			return -1;
	}
	return 0;
}

/* The members beside the list; a document of one object has only such. */
static int put_tail(struct document *document, const struct shape *first,
		    const struct xml_node *answer, struct err *err)
{
	struct convert convert = document->convert;

	convert.out = &document->tail;
	convert.depth = 1;
	buf_clear(&document->tail);
	for (const struct shape *member = first; member; member = member->next) {
		const struct xml_node *node = answer->first;

		while (node && !str_eq(node->name, member->xml))
			node = node->next;
		if (!node)
			continue;
		if (first != document->shape->inner || document->tail.len)
			buf_add_char(&document->tail, ',');
		put_name(&convert, member->json);
		convert.way[0] = member;
		convert.way_count = 1;
		if (convert_value(&convert, member, node, err) < 0)
			return -1;
	}
	return 0;
}

int document_page(struct document *document, const struct xml_node *root, struct err *err)
{
	const struct xml_node *answer = answer_of(document->call, root), *list;
	const struct shape    *first = document->shape->inner;

	if (!answer)
		return err_set(err, ERR_REMOTE, "%s: the answer has no %sResult",
			       document->call->action, document->call->action);
	if (first->type == SHAPE_LIST) {
		list = answer->first;
		while (list && !str_eq(list->name, first->xml))
			list = list->next;
		if (put_rows(document, list, err) < 0)
			return -1;
		first = first->next;
	}
	if (put_tail(document, first, answer, err) < 0)
		return -1;
	note_unknown(document, answer);
	if (document->tail.overflow || document->convert.out->overflow)
		return err_set(err, ERR_REMOTE, "%s: an answer that is too large",
			       document->call->action);
	return 0;
}

void document_end(struct document *document)
{
	struct convert *convert = &document->convert;

	convert->depth = 1;
	if (document->shape->inner->type == SHAPE_LIST) {
		if (document->rows)
			convert_line(convert);
		buf_add_char(convert->out, ']');
	}
	buf_add_str(convert->out, buf_str(&document->tail));
	buf_add_text(convert->out, "\n}\n");
}

void document_done(struct document *document)
{
	buf_done(&document->tail);
}

struct str document_token(const struct fetch_call *call, const struct xml_node *root)
{
	const struct xml_node *answer = answer_of(call, root);

	return xml_text(answer, call->service == AWS_EC2 ? "nextToken" : "NextMarker");
}

struct str document_row_text(const struct shape *shape, const struct xml_node *row,
			     const char *json)
{
	const struct shape *members = shape->inner->inner;

	assert(shape->inner->type == SHAPE_LIST && members->type == SHAPE_MEMBERS);
	for (const struct shape *member = members->inner; member; member = member->next)
		for (const struct xml_node *node = row->first; node; node = node->next)
			if (str_is(member->json, json) && str_eq(node->name, member->xml))
				return node->text;
	return (struct str){ 0 };
}
