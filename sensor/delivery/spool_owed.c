/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/spool_owed.h"

#include "lib/base/mark.h"
#include "lib/base/mem.h"
#include "lib/flow/line.h"
#include "lib/flow/writer.h"

enum { LINES_MAX = OWED_MAX * (SEGMENT_FRAME_MAX + FORMAT_LINE_MAX), RESERVED = 16 << 10 };

/* Not of the first interface: that may be another. */
static struct record record_of(const struct identity *identity)
{
	const struct {
		const char *text;
		enum field  field;
	} words[] = { { identity->account_id, FIELD_ACCOUNT_ID },
		      { identity->instance_id, FIELD_INSTANCE_ID },
		      { identity->region, FIELD_REGION },
		      { identity->az_id, FIELD_AZ_ID } };
	struct record record = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!words[i].text[0])
			continue;
		record.text[words[i].field] = str_of(words[i].text);
		record_set(&record, words[i].field);
	}
	return record;
}

void spool_owed_init(struct spool_owed *owed, const struct spool_args *args)
{
	struct err err;

	*owed = (struct spool_owed){ .interval_s = args->interval_s, .period_s = args->period_s };
	owed->is_used = args->header && args->interval_s &&
			format_parse(str_of(args->header), &owed->format, NULL, &err) == 0;
	if (args->identity)
		owed->common = record_of(args->identity);
}

void spool_owed_done(struct spool_owed *owed)
{
	if (owed->item)
		spool_item_free(owed->item);
	owed->item = NULL;
}

static void add(struct spool_owed *owed, const struct record *record)
{
	owed_add(&owed->owed, record, owed->interval_s);
	owed->is_saved = false;
}

void spool_owed_add_lines(struct spool_owed *owed, struct str lines, struct str header)
{
	struct format	    format = owed->format;
	struct segment_line line;
	struct err	    err;

	if (!owed->is_used || (header.len && format_parse(header, &format, NULL, &err) < 0))
		return;
	while (segment_next(&lines, &line)) {
		struct record record;

		/* The frame has what each line has; of the rest only what is the interface's is looked at. */
		if (line_parse(line.text, &format, OWED_FIELDS, &record, &err) != LINE_FINE)
			record = owed->common;
		record.text[FIELD_INTERFACE_ID] = line.eni;
		if (str_is(line.eni, "-"))
			record.text[FIELD_INTERFACE_ID] = (struct str){ 0 };
		record.start = (uint64_t)line.start_s;
		record.end = (uint64_t)line.end_s;
		add(owed, &record);
	}
}

void spool_owed_add_times(struct spool_owed *owed, const struct spool_folder *folder,
			  const struct spool_item *item)
{
	struct record record = owed->common;
	int64_t	      start_s = item->period_s, end_s = start_s + owed->period_s - 1;

	if (!owed->is_used)
		return;
	if (!owed->period_s) {
		start_s = item->head.oldest_s ? item->head.oldest_s : start_s;
		end_s = spool_folder_written_s(folder, item);
	}
	record.start = start_s > 0 ? (uint64_t)start_s : 0;
	record.end = end_s > start_s ? (uint64_t)end_s : record.start;
	add(owed, &record);
}

void spool_owed_add_item(struct spool_owed *owed, struct spool_folder *folder,
			 struct spool_item *item)
{
	auto_free char *text = NULL;
	struct str	lines, header;
	struct err	err;
	size_t		len;

	if (!owed->is_used)
		return;
	mem_close_at(&item->fd);
	item->fd = -1;
	if (spool_folder_load(folder, item, &text, &len, &err) < 0) {
		spool_owed_add_times(owed, folder, item);
		return;
	}
	mem_close_at(&item->fd);
	item->fd = -1;
	lines = (struct str){ text, len };
	header = spool_header_cut(&lines);
	spool_owed_add_lines(owed, lines, header);
}

static void print_line(const struct spool_owed *owed, const struct record *record, struct buf *out)
{
	segment_line_begin(out, (int64_t)record->end, (int64_t)record->start,
			   record->text[FIELD_INTERFACE_ID]);
	writer_add(out, &owed->format, record);
}

/* Without lines it is there before it is needed: a disk that is full takes no file. */
static bool have_item(struct spool_owed *owed, struct spool_folder *folder, struct clock_pair now)
{
	int64_t	   now_s = clock_seconds(now.wall);
	struct err err;

	if (owed->item)
		return true;
	owed->item = spool_folder_add(folder, now_s - now_s % 60, now, &err);
	if (owed->item)
		spool_item_reserve(owed->item, RESERVED);
	return owed->item;
}

/* A line never gets longer, and a new one comes behind the others: half way through each is the old one or the new. */
void spool_owed_save(struct spool_owed *owed, struct spool_folder *folder, struct clock_pair now)
{
	auto_buf struct buf text = buf_make(LINES_MAX);
	struct record	    record;
	struct err	    err;

	if (!owed->is_used || owed->is_saved || (owed->has_ended && !owed->owed.count) ||
	    !have_item(owed, folder, now))
		return;
	owed->item->head = (struct spool_head){ 0 };
	for (size_t i = 0; owed_record(&owed->owed, i, &record); i++) {
		struct spool_head *head = &owed->item->head;

		if (!head->lines++ || (int64_t)record.end < head->oldest_s)
			head->oldest_s = (int64_t)record.end;
		print_line(owed, &record, &text);
	}
	owed->is_saved = spool_item_put(owed->item, spool_folder_begin_size(folder), buf_str(&text),
					&err) == 0;
}

struct spool_item *spool_owed_take(struct spool_owed *owed, struct spool_folder *folder)
{
	struct spool_item *item = owed->item;
	struct err	   err;

	if (!item || !owed->owed.count || !owed->is_saved ||
	    spool_folder_seal(folder, item, &err) < 0)
		return NULL;
	owed->item = NULL;
	owed->owed.count = 0;
	owed->is_saved = false;
	return item;
}

void spool_owed_end(struct spool_owed *owed, struct spool_folder *folder)
{
	owed->has_ended = true;
	if (!owed->item || owed->owed.count)
		return;
	spool_folder_remove(folder, owed->item);
	spool_owed_done(owed);
}
