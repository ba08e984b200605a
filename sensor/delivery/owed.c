/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/owed.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mark.h"

/* What a record has that is of no flow. */
static const enum field kept[] = { FIELD_VERSION,   FIELD_ACCOUNT_ID,  FIELD_VPC_ID,
				   FIELD_SUBNET_ID, FIELD_INSTANCE_ID, FIELD_REGION,
				   FIELD_AZ_ID };

static struct owed_span *span_of(struct owed *owed, struct str eni)
{
	eni = str_head(eni, OWED_ENI_SIZE - 1);
	for (size_t i = 0; i < owed->count; i++)
		if (str_is(eni, owed->spans[i].eni))
			return &owed->spans[i];
	if (owed->count == OWED_MAX)
		return &owed->spans[OWED_MAX - 1];
	memset(&owed->spans[owed->count], 0, sizeof(owed->spans[owed->count]));
	if (eni.len)
		memcpy(owed->spans[owed->count].eni, eni.ptr, eni.len);
	return &owed->spans[owed->count++];
}

void owed_add(struct owed *owed, const struct record *refused, uint32_t interval_s)
{
	struct owed_span *span = span_of(owed, refused->text[FIELD_INTERFACE_ID]);
	int64_t		  start_s = (int64_t)(refused->start - refused->start % interval_s);
	int64_t end_s = (int64_t)(refused->end - refused->end % interval_s) + interval_s - 1;
	bool	is_new = span->end_s == 0;

	span->start_s = is_new || start_s < span->start_s ? start_s : span->start_s;
	span->end_s = is_new || end_s > span->end_s ? end_s : span->end_s;
	owed->common = (struct record){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (!record_has(refused, kept[i]))
			continue;
		owed->common.text[kept[i]] = refused->text[kept[i]];
		record_set(&owed->common, kept[i]);
	}
}

bool owed_first(const struct owed *owed, struct record *out)
{
	const struct owed_span *span = &owed->spans[0];

	if (!owed->count)
		return false;
	*out = owed->common;
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
