/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/output.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/str.h"

static const struct output_format *find_format(const struct output_format *formats, struct str name)
{
	for (; formats->name; formats++)
		if (str_is(name, formats->name))
			return formats;
	return NULL;
}

int output_check(const struct cli_list *specs, const struct output_format *formats, struct err *err)
{
	auto_buf struct buf known = buf_make(256);

	for (const struct output_format *format = formats; format->name; format++)
		buf_printf(&known, "%s%s", known.len ? ", " : "", format->name);
	for (size_t i = 0; i < specs->count; i++) {
		struct str rest = str_of(specs->items[i]), name = str_cut(&rest, '=');

		if (!find_format(formats, name))
			return err_set(err, ERR_USAGE, "--output '%.*s': expected one of %s",
				       STR_ARG(name), known.data);
		if (name.len + 1 == str_of(specs->items[i]).len)
			return err_set(err, ERR_USAGE, "--output '%s': expected a file after '='",
				       specs->items[i]);
	}
	return 0;
}

bool output_has(const struct cli_list *specs, const char *name)
{
	for (size_t i = 0; i < specs->count; i++) {
		struct str rest = str_of(specs->items[i]);

		if (str_is(str_cut(&rest, '='), name))
			return true;
	}
	return false;
}

static const char *path_of(struct str spec)
{
	size_t equals = str_find(spec, '=');

	return equals < spec.len ? spec.ptr + equals + 1 : "-";
}

int output_write(const struct cli_list *specs, const struct output_format *formats,
		 const void *answer, struct err *err)
{
	struct file_draft drafts[CLI_LIST_MAX];
	size_t		  opened = 0;
	int		  result = 0;

	if (specs->count == 0) {
		formats[0].print(answer, stdout);
		return 0;
	}
	for (; result == 0 && opened < specs->count; opened++) {
		struct str rest = str_of(specs->items[opened]);

		result = file_draft_open(&drafts[opened], path_of(rest), err);
		if (result < 0)
			break;
		find_format(formats, str_cut(&rest, '='))->print(answer, drafts[opened].stream);
	}
	for (size_t i = 0; result == 0 && i < opened; i++)
		result = file_draft_commit(&drafts[i], err);
	for (size_t i = 0; result < 0 && i < opened; i++)
		file_draft_drop(&drafts[i]);
	return result;
}
