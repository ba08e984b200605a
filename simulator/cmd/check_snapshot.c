/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/table.h"
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/report/output.h"
#include "simulator/report/print_json.h"

enum { STATUS_SOUND = 0, STATUS_NOTES = 1, NOTE_MAX = 4096 };

struct check_snapshot_args {
	struct input_args input;
	struct cli_list	  output;
	bool		  quiet, no_header;
};

static const struct opt check_snapshot_opts[] = {
	OPT_ENV('s', "snapshot", struct check_snapshot_args, input.snapshot, "PATH",
		"WEIR_SNAPSHOT", "snapshot: a folder or file of what the AWS CLI prints, or -"),
	OPT_LIST('o', "output", struct check_snapshot_args, output, "FORMAT[=FILE]",
		 "text (default) or json"),
	OPT_FLAG('q', "quiet", struct check_snapshot_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-header", struct check_snapshot_args, no_header, "tables without titles"),
	OPT_END,
};

/* The answer is the world itself, and whether tables have titles. */
struct sound {
	const struct world *world;
	bool		    header;
};

static void print_text(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = { { "FAMILY", false },
						       { "OBJECTS", true },
						       { "LEFT OUT", true },
						       { "", false },
						       { NULL, false } };
	const struct sound		*answer = answer_ptr;
	const struct world		*world = answer->world;
	auto_table struct table		*table = table_new(columns);

	for (size_t i = 0; i < world->family_count; i++) {
		const struct world_family *family = &world->families[i];

		table_cell(table, family->key);
		table_cellf(table, "%u", family->objects);
		table_cellf(table, "%u", family->dead);
		table_cell(table, str_of(family->denied	    ? "not all could be read"
					 : family->modelled ? ""
							    : "not used"));
	}
	table_print(table, answer->header, out);
	for (size_t i = 0; i < world->note_count; i++) {
		auto_buf struct buf note = buf_make(NOTE_MAX);

		buf_add_visible(&note, world->notes[i]);
		fprintf(out, "%s%s\n", i ? "" : "\n", note.data);
	}
	if (world->notes_left_out)
		fprintf(out, "%llu more\n", (unsigned long long)world->notes_left_out);
}

static void print_json_answer(const void *answer_ptr, FILE *out)
{
	const struct world *world = ((const struct sound *)answer_ptr)->world;
	cJSON		   *root = cJSON_CreateObject(), *list;

	json_put_str(root, "schema", str_of("weir/check-snapshot/1"));
	list = cJSON_AddArrayToObject(root, "families");
	for (size_t i = 0; i < world->family_count; i++) {
		const struct world_family *family = &world->families[i];
		cJSON			  *item = cJSON_CreateObject();

		json_put_str(item, "key", family->key);
		json_put_u64(item, "objects", family->objects);
		json_put_u64(item, "left_out", family->dead);
		cJSON_AddBoolToObject(item, "used", family->modelled);
		cJSON_AddBoolToObject(item, "denied", family->denied);
		cJSON_AddItemToArray(list, item);
	}
	list = cJSON_AddArrayToObject(root, "notes");
	for (size_t i = 0; i < world->note_count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(world->notes[i].ptr));
	json_put_u64(root, "notes_total", world->note_count + world->notes_left_out);
	print_json(root, true, out);
}

static const struct output_format formats[] = {
	{ "text", print_text },
	{ "json", print_json_answer },
	{ NULL, NULL },
};

static int check_snapshot_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct check_snapshot_args *args = args_ptr;
	struct input_args		  input = args->input;
	auto_inputs struct inputs	  inputs = { 0 };
	struct sound			  answer = { .header = !args->no_header };

	if (operands[0])
		input.snapshot = operands[0];
	if (output_check(&args->output, formats, err) < 0 || inputs_open(&input, &inputs, err) < 0)
		return -1;
	answer.world = inputs.world;
	if (!args->quiet && output_write(&args->output, formats, &answer, err) < 0)
		return -1;
	return inputs.world->note_count ? STATUS_NOTES : STATUS_SOUND;
}

const struct cmd cmd_check_snapshot = {
	.name = "check-snapshot",
	.operands = "[PATH]",
	.summary = "what a snapshot holds, what of it is left out, and what it refers to but lacks",
	.examples = "  weir check-snapshot shop.snap\n",
	.opts = check_snapshot_opts,
	.args_size = sizeof(struct check_snapshot_args),
	.operands_max = 1,
	.statuses = { [0] = "nothing is doubtful",
		      [1] = "something is left out or refers to what is not there" },
	.run = check_snapshot_run,
};
