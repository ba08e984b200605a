/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/top.h"

#include "lib/flow/words.h"
#include "simulator/report/amount.h"

static bool is_time(struct subject subject)
{
	return subject.kind == SUBJECT_FIELD &&
	       (subject.field == FIELD_START || subject.field == FIELD_END);
}

void top_add_value(const struct top_answer *answer, const struct ranking_group *group, uint8_t item,
		   struct buf *out)
{
	const struct by *by = &answer->question->by;
	struct subject	 subject = by->items[item].subject;
	enum field_type	 type = subject_type(subject);
	struct by_value	 value = by_value_of(by, group->key.width, group->key.words, item);
	char		 text[CIDR_TEXT_SIZE];

	if (!value.has)
		return;
	switch (type) {
	case FIELD_TYPE_U64:
		if (is_time(subject))
			amount_add_time(out, value.number);
		else
			buf_add_u64(out, value.number);
		break;
	case FIELD_TYPE_IP:
		cidr_print_short(value.cidr, text);
		buf_add_text(out, text);
		break;
	case FIELD_TYPE_TEXT:
		buf_add_str(out, lexicon_text(answer->ranking->lexicon, (uint32_t)value.number));
		break;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		buf_add_text(out, words_of(type)->words[value.number]);
		break;
	case FIELD_TYPE_COUNT:
		break;
	}
}
