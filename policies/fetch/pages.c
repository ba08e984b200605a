/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/form.h"
#include "lib/base/mem.h"

enum {
	FORM_MAX = 1 << 20,
	PAGE_MAX = 128 << 20,
	PAGES_MAX = 100000,
	PARAMETER_MAX = 64,
	IDS_MAX = 1 << 20
};

/* One call while its pages come in. */
struct paging {
	const struct pages_question *question;
	struct pages_answer	    *answer;
	struct map		     tokens; /* that were sent, in the answer's arena */
	struct str		     token;
};

static void add_filter(struct buf *form, unsigned number, const char *filter,
		       const struct str *values, size_t count)
{
	char name[PARAMETER_MAX];

	snprintf(name, sizeof(name), "Filter.%u.Name", number);
	aws_form_add(form, name, str_of(filter));
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "Filter.%u.Value.%zu", number, i + 1);
		aws_form_add(form, name, values[i]);
	}
}

static void add_states(struct buf *form, unsigned number, struct str list)
{
	struct str values[4];
	size_t	   count = 0;

	while (list.len && count < 4)
		values[count++] = str_cut(&list, ',');
	add_filter(form, number, "state", values, count);
}

static void write_form(const struct paging *paging, struct buf *form)
{
	const struct pages_question *question = paging->question;
	const struct fetch_call	    *call = question->call;
	bool			     is_elb = call->service == AWS_ELB;
	char			     limit[PARAMETER_MAX];

	aws_form_begin(form, call->service, call->action);
	if (call->of_parameter && question->id.len)
		aws_form_add(form, call->of_parameter, question->id);
	if (question->filter)
		add_filter(form, 1, question->filter, question->values, question->value_count);
	if (call->state_filter)
		add_states(form, question->filter ? 2 : 1, str_of(call->state_filter));
	if (call->page_max) {
		snprintf(limit, sizeof(limit), "%u", call->page_max);
		aws_form_add(form, is_elb ? "PageSize" : "MaxResults", str_of(limit));
	}
	if (paging->token.len)
		aws_form_add(form, is_elb ? "Marker" : "NextToken", paging->token);
}

static bool is_wanted_vpc(const struct pages_question *question, struct str vpc_id)
{
	for (size_t i = 0; i < question->vpc_count; i++)
		if (str_eq(question->vpcs[i], vpc_id))
			return true;
	return question->vpc_count == 0;
}

static uint64_t count_in(const struct xml_node *row, const char *list)
{
	const struct xml_node *node = xml_child(row, list);
	uint64_t	       count = 0;

	for (node = node ? node->first : NULL; node; node = node->next)
		count++;
	return count;
}

static bool take_row(void *context, const struct xml_node *row)
{
	struct paging		    *paging = context;
	const struct pages_question *question = paging->question;
	const struct fetch_call	    *call = question->call;
	struct pages_answer	    *answer = paging->answer;
	struct str		     id;

	if (call->vpc_member &&
	    !is_wanted_vpc(question, document_row_text(question->shape, row, call->vpc_member)))
		return false;
	answer->objects += call->counted_in ? count_in(row, call->counted_in) : 1;
	if (!question->id_member || answer->id_count == IDS_MAX)
		return true;
	id = document_row_text(question->shape, row, question->id_member);
	if (id.len) {
		answer->ids = mem_grow(answer->ids, answer->id_count, &answer->id_capacity,
				       sizeof(*answer->ids));
		answer->ids[answer->id_count++] = arena_str(&answer->arena, id);
	}
	return true;
}

/* Keeps the token of the next page; empty: there is none. */
static int next_token(struct paging *paging, const struct xml_node *root, struct err *err)
{
	const struct fetch_call *call = paging->question->call;
	struct str		 token = document_token(call, root);

	if (token.len == 0) {
		paging->token = token;
		return 0;
	}
	paging->token = arena_str(&paging->answer->arena, token);
	if (!map_put(&paging->tokens, paging->token, 1))
		return err_set(err, ERR_REMOTE,
			       "%s %s: a page token came twice, its pages would never end",
			       aws_service_name(call->service), call->action);
	if (paging->tokens.count >= PAGES_MAX)
		return err_set(err, ERR_REMOTE, "%s %s: more than %d pages",
			       aws_service_name(call->service), call->action, PAGES_MAX);
	return 0;
}

struct asker {
	struct aws_client *client;
	struct aws_http	  *http;
};

static int ask_page(const struct asker *asker, struct paging *paging, struct document *document,
		    struct err *err)
{
	const struct fetch_call	       *call = paging->question->call;
	auto_aws_reply struct aws_reply reply = { 0 };
	auto_buf struct buf		form = buf_make(FORM_MAX);
	char				root[PARAMETER_MAX * 2];
	struct aws_call			sent;

	write_form(paging, &form);
	if (form.overflow)
		return err_set(err, ERR_USAGE, "%s: a question that is too long", call->action);
	snprintf(root, sizeof(root), "%sResponse", call->action);
	sent = aws_form_call(call->action, root, &form);
	if (aws_call(asker->client, asker->http, &sent, &reply, err) < 0) {
		paging->answer->fault = reply.fault;
		return -1;
	}
	if (document_page(document, reply.root, err) < 0 ||
	    paging->answer->take(paging->answer->context, buf_str(document->convert.out), err) < 0)
		return -1;
	buf_clear(document->convert.out);
	return next_token(paging, reply.root, err);
}

int pages_ask(struct aws_client *client, struct aws_http *http,
	      const struct pages_question *question, struct pages_answer *answer, struct err *err)
{
	const struct fetch_call *call = question->call;
	struct asker		 asker = { client, http };
	struct paging		 paging = { .question = question, .answer = answer };
	auto_buf struct buf	 text = buf_make(PAGE_MAX);
	struct document		 document = { .call = call,
					      .shape = question->shape,
					      .row = take_row,
					      .row_context = &paging,
					      .convert.left_out = answer->left_out };
	int			 result;

	document_begin(&document, &text, call->of_is_said ? call->of_parameter : NULL,
		       question->id);
	do
		result = ask_page(&asker, &paging, &document, err);
	while (result == 0 && paging.token.len);
	if (result == 0) {
		document_end(&document);
		result = answer->take(answer->context, buf_str(&text), err);
	}
	document_done(&document);
	map_done(&paging.tokens);
	return result;
}

void pages_answer_done(struct pages_answer *answer)
{
	free(answer->ids);
	arena_done(&answer->arena);
	answer->ids = NULL;
	answer->id_count = answer->id_capacity = 0;
}
