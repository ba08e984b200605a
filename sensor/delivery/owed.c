/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/owed.h"

#include <string.h>

#include "lib/flow/line.h"
#include "lib/flow/writer.h"

/* OWED_FIELDS as a line, which struct owed_span has to itself. */
static const struct format common_format = { .fields = { FIELD_ACCOUNT_ID, FIELD_VPC_ID,
							 FIELD_SUBNET_ID, FIELD_INSTANCE_ID,
							 FIELD_REGION, FIELD_AZ_ID },
					     .count = 6,
					     .version = 2 };

/* What finds no room there is left out as a whole. */
static void set_common(struct owed_span *span, const struct record *refused)
{
	auto_buf struct buf line = buf_make(sizeof(span->common) - 1);

	writer_add(&line, &common_format, refused);
	if (!line.overflow && line.len)
		memcpy(span->common, line.data, line.len);
}

static struct owed_span *span_of(struct owed *owed, const struct record *refused)
{
	struct str	  eni = str_head(refused->text[FIELD_INTERFACE_ID], OWED_ENI_SIZE - 1);
	struct owed_span *span;

	for (size_t i = 0; i < owed->count; i++)
		if (str_is(eni, owed->spans[i].eni))
			return &owed->spans[i];
	if (owed->count == OWED_MAX)
		return &owed->spans[OWED_MAX - 1];
	span = &owed->spans[owed->count++];
	memset(span, 0, sizeof(*span));
	if (eni.len)
		memcpy(span->eni, eni.ptr, eni.len);
	set_common(span, refused);
	return span;
}

void owed_add(struct owed *owed, const struct record *refused, uint32_t interval_s)
{
	struct owed_span *span = span_of(owed, refused);
	int64_t		  start_s = (int64_t)(refused->start - refused->start % interval_s);
	int64_t end_s = (int64_t)(refused->end - refused->end % interval_s) + interval_s - 1;
	bool	is_new = span->end_s == 0;

	span->start_s = is_new || start_s < span->start_s ? start_s : span->start_s;
	span->end_s = is_new || end_s > span->end_s ? end_s : span->end_s;
}

bool owed_record(const struct owed *owed, size_t at, struct record *out)
{
	const struct owed_span *span = &owed->spans[at];
	struct err		err;

	if (at >= owed->count)
		return false;
	/* What was left out is not known. */
	if (line_parse(str_of(span->common), &common_format, OWED_FIELDS, out, &err) != LINE_FINE)
		*out = (struct record){ 0 };
	out->start = (uint64_t)span->start_s;
	out->end = (uint64_t)span->end_s;
	out->log_status = LOG_STATUS_SKIPDATA;
	record_set(out, FIELD_START);
	record_set(out, FIELD_END);
	record_set(out, FIELD_LOG_STATUS);
	if (!span->eni[0])
		return true;
	out->text[FIELD_INTERFACE_ID] = str_of(span->eni);
	record_set(out, FIELD_INTERFACE_ID);
	return true;
}

void owed_forget_first(struct owed *owed)
{
	owed->count--;
	memmove(owed->spans, owed->spans + 1, owed->count * sizeof(*owed->spans));
}
