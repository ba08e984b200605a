/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of cli_config_parse: values lie in the text, end in NUL and are not empty; numbers are in their range; what
 * is printed of it reads the same; an error has a line inside the text.
 */
#include "lib/base/cli_config.h"
#include "tests/fuzz/fuzz.h"

struct args {
	bool		flag;
	const char     *text, *config;
	struct cli_list list;
	uint64_t	number;
};

static const struct opt opts[] = {
	OPT_FLAG('f', "flag", struct args, flag, ""),
	OPT_STR('t', "text", struct args, text, "TEXT", ""),
	OPT_CONFIG("config", struct args, config, "FILE", ""),
	OPT_LIST('l', "list", struct args, list, "ITEM", ""),
	OPT_U64('n', "number", struct args, number, "N", 3, 70000, ""),
	OPT_END,
};
static const struct cmd cmd = { .name = "fuzz", .opts = opts, .args_size = sizeof(struct args) };

enum { FLAG, TEXT, CONFIG, LIST, NUMBER, COUNT };

static void check_value(const char *value, const struct buf *text)
{
	PROPERTY(value >= text->data && value < text->data + text->len);
	PROPERTY(value[0] && !strchr(value, '\n'));
}

static void print(const struct args *args, const bool *given, struct buf *out)
{
	if (given[FLAG])
		buf_printf(out, "flag = %s\n", args->flag ? "yes" : "no");
	if (given[TEXT])
		buf_printf(out, "text = %s\n", args->text);
	for (size_t i = 0; i < args->list.count; i++)
		buf_printf(out, "list = %s\n", args->list.items[i]);
	if (given[NUMBER])
		buf_printf(out, "number = %llu\n", (unsigned long long)args->number);
}

static void check_again(const struct buf *printed)
{
	auto_buf struct buf copy = buf_make(CLI_CONFIG_MAX * 2),
			    again = buf_make(CLI_CONFIG_MAX * 2);
	struct args	  args = { 0 };
	bool		  given[COUNT + 1] = { false };
	struct cli_values values = { .args = (char *)&args, .given = given };
	struct err	  err;

	buf_add_str(&copy, buf_str(printed));
	PROPERTY(cli_config_parse(&cmd, &copy, "printed", &values, &err) == 0);
	print(&args, given, &again);
	PROPERTY(str_eq(buf_str(printed), buf_str(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf text = buf_make(size), printed = buf_make(CLI_CONFIG_MAX * 2);
	struct args	    args = { 0 };
	bool		    given[COUNT + 1] = { false };
	struct cli_values   values = { .args = (char *)&args, .given = given };
	struct err	    err = { 0 };
	uint32_t	    lines = 1;

	if (size > CLI_CONFIG_MAX)
		return 0;
	buf_add(&text, data, size);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (cli_config_parse(&cmd, &text, "input", &values, &err) < 0) {
		PROPERTY(err.kind == ERR_INPUT && err.text[0] && err.line >= 1 &&
			 err.line <= lines);
		return 0;
	}
	PROPERTY(!given[CONFIG]);
	if (given[TEXT])
		check_value(args.text, &text);
	for (size_t i = 0; i < args.list.count; i++)
		check_value(args.list.items[i], &text);
	if (given[NUMBER])
		PROPERTY(args.number >= 3 && args.number <= 70000);
	print(&args, given, &printed);
	check_again(&printed);
	return 0;
}
