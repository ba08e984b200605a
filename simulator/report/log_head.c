/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/log_head.h"

#include <inttypes.h>

#include "lib/base/json.h"
#include "simulator/report/amount.h"

enum { LINE_MAX = 512 };

void log_head_print(const struct log_head *head, FILE *out)
{
	auto_buf struct buf line = buf_make(LINE_MAX);

	if (head->partial)
		buf_add_text(&line, "PARTIAL, interrupted after ");
	amount_add_of(&line, head->all.records, "record");
	buf_add_text(&line, "  ");
	amount_add_of(&line, head->files, "file");
	if (head->all.start) {
		buf_add_text(&line, "  ");
		amount_add_time(&line, head->all.start);
		buf_add_text(&line, " to ");
		amount_add_time(&line, head->all.end);
	}
	if (head->nodata || head->skipdata)
		buf_printf(&line, "  (NODATA %" PRIu64 ", SKIPDATA %" PRIu64 ")", head->nodata,
			   head->skipdata);
	if (head->bad_lines)
		buf_printf(&line, "  BAD LINES %" PRIu64 ", not judged", head->bad_lines);
	fprintf(out, "%s\n", line.data);
	if (head->outside)
		fprintf(out, "%" PRIu64 " more outside of --since and --until\n", head->outside);
	if (head->timeless)
		fprintf(out,
			"%" PRIu64 " more without start or end, left out by --since and --until\n",
			head->timeless);
	if (head->left_out)
		fprintf(out, "%" PRIu64 " LEFT OUT, not judged: no room (stderr says where)\n",
			head->left_out);
	log_head_print_unread(head->unread, out);
	if (head->all.records == 0)
		fputs("NO RECORDS: nothing was judged\n", out);
}

void log_head_print_unread(const struct err_list *unread, FILE *out)
{
	char text[LINE_MAX];

	if (unread->total == 0)
		return;
	err_print(&unread->items[0], text, sizeof(text));
	fprintf(out, "%u FILE%s NOT READ, or not to the end: %s%s\n", unread->total,
		unread->total == 1 ? "" : "S", text, unread->total == 1 ? "" : ", …");
}

void log_head_put_unread(cJSON *root, const struct err_list *unread)
{
	cJSON *list;

	json_put_u64(root, "unread_files", unread->total);
	list = cJSON_AddArrayToObject(root, "unread");
	for (uint32_t i = 0; i < unread->count; i++) {
		cJSON *item = cJSON_CreateObject();

		json_put_str(item, "file", str_of(unread->items[i].source));
		json_put_str(item, "error", str_of(unread->items[i].text));
		cJSON_AddItemToArray(list, item);
	}
}

void log_head_put_time(cJSON *object, const char *name, uint64_t time_s)
{
	if (time_s)
		json_put_u64(object, name, time_s);
	else
		cJSON_AddNullToObject(object, name);
}

/* An end of the period; null when there is none. */
static void put_moment(cJSON *root, const char *name, int64_t moment_s)
{
	if (moment_s == INT64_MIN || moment_s == INT64_MAX)
		cJSON_AddNullToObject(root, name);
	else
		json_put_u64(root, name, (uint64_t)moment_s);
}

void log_head_put(cJSON *root, const struct log_head *head, const struct period *period)
{
	json_put_u64(root, "files", head->files);
	json_put_u64(root, "records", head->all.records);
	json_put_u64(root, "bad_lines", head->bad_lines);
	json_put_u64(root, "nodata", head->nodata);
	json_put_u64(root, "skipdata", head->skipdata);
	log_head_put_time(root, "start", head->all.start);
	log_head_put_time(root, "end", head->all.end);
	put_moment(root, "since", period->since_s);
	put_moment(root, "until", period->until_s);
	json_put_u64(root, "outside_period", head->outside);
	json_put_u64(root, "without_time", head->timeless);
	json_put_u64(root, "left_out", head->left_out);
	log_head_put_unread(root, head->unread);
	cJSON_AddBoolToObject(root, "partial", head->partial || head->left_out);
}
