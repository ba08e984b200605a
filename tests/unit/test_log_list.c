/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/flow/log_list.h"

enum { NAME_MAX_LEN = 300, OPERANDS_MAX = 4 /* and NULL behind them */ };

/* A folder with what a bucket has after `aws s3 sync`, in the layouts of AWS, and what is beside it. */
static const struct {
	const char *name, *text;
} files[] = {
	{ "b.log", "22" },
	{ "a.log.gz", "1" },
	{ ".hidden", "no" },
	{ "AWSLogs/1/vpcflowlogs/us-east-1/2026/10/02/x.log.gz", "333" },
	{ "AWSLogs/1/vpcflowlogs/us-east-1/2026/10/01/y.log.gz", "4444" },
	{ "AWSLogs/1/vpcflowlogs/us-east-1/2026/10/01/08/z.log.gz", "5" },
	{ "AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=us-east-1/year=2026/"
	  "month=10/day=02/hour=08/h",
	  "66" },
	{ "AWSLogs/1/vpcflowlogs/us-east-1/empty", "" },
	{ "export/aws-logs-write-test", "Permission Check Successful" },
	{ "export/0/000000.gz", "7" },
	{ "odd[1].log", "8" },
};

static char *make_folder(char path[static NAME_MAX_LEN])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, NAME_MAX_LEN, "%s/weir-logs-XXXXXX", base && *base ? base : "/tmp");
	CHECK(mkdtemp(path) != NULL && chdir(path) == 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char  name[NAME_MAX_LEN];
		FILE *out;

		snprintf(name, sizeof(name), "%s", files[i].name);
		for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
			*slash = '\0';
			mkdir(name, 0700);
			*slash = '/';
		}
		out = fopen(name, "w");
		CHECK(out && fputs(files[i].text, out) >= 0 && fclose(out) == 0);
	}
	CHECK(symlink("b.log", "link.log") == 0);
	CHECK(symlink("..", "AWSLogs/up") == 0);
	return path;
}

static void remove_folder(const char *path)
{
	CHECK(unlink("link.log") == 0 && unlink("AWSLogs/up") == 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char  name[NAME_MAX_LEN];
		char *slash;

		snprintf(name, sizeof(name), "%s", files[i].name);
		CHECK(unlink(name) == 0);
		while ((slash = strrchr(name, '/'))) {
			*slash = '\0';
			if (rmdir(name) < 0)
				break;
		}
	}
	CHECK(chdir("/") == 0 && rmdir(path) == 0);
}

/* The operands are only read; a command line has them as char *. */
static int open_list(struct log_list *list, const char *const *operands, struct err *err)
{
	return log_list_open(list, (char **)(uintptr_t)operands, err);
}

TEST(log_list_has_the_files_that_operands_name_once_and_in_order)
{
#define LOGS "AWSLogs/1/vpcflowlogs/us-east-1/2026/10"
#define HIVE                                                                                       \
	"AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=us-east-1/year=2026/"         \
	"month=10/"                                                                                \
	"day=02/hour=08/h"
	static const struct {
		const char *operands[OPERANDS_MAX + 1];
		const char *paths;
		uint64_t    bytes;
	} cases[] = {
		{ { "b.log" }, "b.log", 2 },
		{ { "b.log", "a.log.gz" }, "b.log a.log.gz", 3 },
		{ { "b.log", "b.log", "./b.log" }, "b.log", 2 },
		{ { "link.log", "b.log" }, "link.log", 2 },
		{ { "*.log", "a.log.gz" }, "b.log odd[1].log a.log.gz", 4 },
		{ { "odd[1].log" }, "odd[1].log", 1 },
		{ { "AWSLogs/" },
		  LOGS "/01/08/z.log.gz " LOGS "/01/y.log.gz " LOGS "/02/x.log.gz " HIVE,
		  10 },
		{ { "AWSLogs/1/*/*/2026/*/02", "AWSLogs/1" },
		  LOGS "/02/x.log.gz " LOGS "/01/08/z.log.gz " LOGS "/01/y.log.gz",
		  8 },
		{ { "AWSLogs/*=1" }, HIVE, 2 },
		{ { "export" }, "export/0/000000.gz", 1 },
		{ { "export/aws-logs-write-test" }, "export/aws-logs-write-test", 27 },
		{ { "AWSLogs/1/vpcflowlogs/us-east-1/empty" },
		  "AWSLogs/1/vpcflowlogs/us-east-1/empty",
		  0 },
		{ { "/dev/null" }, "/dev/null", 0 },
	};
	char folder[NAME_MAX_LEN];

	make_folder(folder);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_log_list struct log_list list = { 0 };
		char			      paths[2000] = "";
		struct err		      err;
		size_t			      len = 0;

		CHECK(open_list(&list, cases[i].operands, &err) == 0);
		for (size_t j = 0; j < list.count; j++)
			len += (size_t)snprintf(paths + len, sizeof(paths) - len, "%s%s",
						j ? " " : "", list.paths[j]);
		CHECK_TEXT(paths, cases[i].paths);
		CHECK(list.total_bytes == cases[i].bytes);
	}
	remove_folder(folder);
}

TEST(log_list_takes_standard_input_once)
{
	auto_log_list struct log_list list = { 0 };
	const char		     *operands[OPERANDS_MAX + 1] = { "-", "/dev/zero", "-" };
	struct err		      err;

	CHECK(open_list(&list, operands, &err) == 0);
	CHECK(list.count == 2);
	CHECK_TEXT(list.paths[0], "-");
}

TEST(log_list_says_what_it_cannot_find_or_does_not_read)
{
	static const struct {
		const char   *operand;
		enum err_kind kind;
		const char   *words;
	} cases[] = {
		{ "/nonexistent/logs", ERR_INPUT, "cannot be opened" },
		{ "/nonexistent/*.gz", ERR_INPUT, "matches no file" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct log_list list = { .count = 77 };
		const char     *operands[OPERANDS_MAX + 1] = { cases[i].operand };
		struct err	err = { 0 };

		CHECK(open_list(&list, operands, &err) == -1);
		CHECK(err.kind == cases[i].kind && list.count == 77);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s", err.text);
	}
}

TEST(log_list_says_that_a_folder_has_no_logs)
{
	char folder[NAME_MAX_LEN];

	make_folder(folder);
	CHECK(mkdir("none", 0700) == 0);
	for (int i = 0; i < 2; i++) {
		struct log_list list = { 0 };
		const char     *operands[OPERANDS_MAX + 1] = { i ? "no*" : "none" };
		struct err	err = { 0 };

		CHECK(open_list(&list, operands, &err) == -1);
		CHECK_TEXT(err.text, "has no flow logs in it");
	}
	CHECK(rmdir("none") == 0);
	remove_folder(folder);
}

TEST(what_cannot_be_read_does_not_keep_the_rest)
{
	static const struct {
		const char *about, *operands[OPERANDS_MAX + 1];
		size_t	    files, unread;
		const char *first; /* of unread */
	} cases[] = {
		{ "an operand that is not there", { "b.log", "no-such.log" }, 1, 1, "no-such.log" },
		{ "before what is", { "no-such.log", "b.log" }, 1, 1, "no-such.log" },
		{ "a pattern that matches nothing", { "*.none", "b.log" }, 1, 1, "*.none" },
		{ "a folder that a pattern looks into", { "*/0/*.gz" }, 1, 1, "round/0" },
		{ "it alone", { "round*/0/*.gz", "b.log" }, 1, 1, "round/0" },
		{ "where a name follows", { "round/?/x.log", "b.log" }, 1, 1, "round/0" },
	};
	char path[NAME_MAX_LEN];

	make_folder(path);
	/* A folder that nobody can open, root neither. */
	CHECK(mkdir("round", 0700) == 0 && symlink("0", "round/0") == 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct log_list list = { 0 };
		struct err	err;

		CHECK(open_list(&list, cases[i].operands, &err) == 0);
		if (list.count != cases[i].files || list.unread.total != cases[i].unread ||
		    strcmp(list.unread.items[0].source, cases[i].first) != 0)
			fail_msg("%s: %zu files, %u unread, the first %s", cases[i].about,
				 list.count, list.unread.total, list.unread.items[0].source);
		log_list_close(&list);
	}
	CHECK(unlink("round/0") == 0 && rmdir("round") == 0);
	remove_folder(path);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_list_has_the_files_that_operands_name_once_and_in_order),
		cmocka_unit_test(log_list_takes_standard_input_once),
		cmocka_unit_test(log_list_says_what_it_cannot_find_or_does_not_read),
		cmocka_unit_test(log_list_says_that_a_folder_has_no_logs),
		cmocka_unit_test(what_cannot_be_read_does_not_keep_the_rest),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
