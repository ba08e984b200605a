/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

/* A folder of its own for each test, below $TMPDIR. */
static char *make_folder(char path[static 256])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, 256, "%s/weir-file-XXXXXX", base && *base ? base : "/tmp");
	CHECK(mkdtemp(path) != NULL);
	return path;
}

static void put(const char *folder, const char *name, const char *text)
{
	char  path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	CHECK(out != NULL);
	CHECK(fputs(text, out) >= 0 && fclose(out) == 0);
}

static const char *join(const char *folder, const char *name, char path[static 512])
{
	snprintf(path, 512, "%s/%s", folder, name);
	return path;
}

TEST(file_read_takes_the_whole_file_up_to_the_limit)
{
	auto_buf struct buf buf = buf_make(100);
	char		    folder[256], path[512];
	struct err	    err = { 0 };

	put(make_folder(folder), "a", "12345");
	join(folder, "a", path);
	CHECK(file_read(path, 5, &buf, &err) == 0);
	CHECK_TEXT(buf.data, "12345");
	CHECK(file_read(path, 4, &buf, &err) == -1);
	CHECK(err.kind == ERR_INPUT);
	CHECK_TEXT(err.source, path);
	CHECK_TEXT(buf.data, "12345");
	CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

TEST(file_read_refuses_what_is_no_file)
{
	static const char  *bad[] = { "/nonexistent/file", "/", "/dev/zero", "" };
	auto_buf struct buf buf = buf_make(100);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };

		CHECK(file_read(bad[i], 100, &buf, &err) == -1);
		CHECK(err.text[0] && buf.len == 0);
	}
}

TEST(file_list_is_sorted_and_leaves_out_hidden_names)
{
	auto_file_list struct file_list list = { 0 };
	char				folder[256], path[512];
	struct err			err;
	static const char	       *names[] = { "b.json", "sub/c.json", "a.json", ".hidden" };

	make_folder(folder);
	CHECK(mkdir(join(folder, "sub", path), 0700) == 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		put(folder, names[i], "{}");
	CHECK(file_list_open(&list, folder, 10, &err) == 0);
	CHECK(list.count == 3);
	CHECK_TEXT(list.paths[0], join(folder, "a.json", path));
	CHECK_TEXT(list.paths[1], join(folder, "b.json", path));
	CHECK_TEXT(list.paths[2], join(folder, "sub/c.json", path));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK(unlink(join(folder, names[i], path)) == 0);
	CHECK(rmdir(join(folder, "sub", path)) == 0 && rmdir(folder) == 0);
}

TEST(file_list_of_a_file_is_that_file_and_more_than_the_limit_is_an_error)
{
	auto_file_list struct file_list list = { 0 };
	struct file_list		refused = { 0 };
	char				folder[256], path[512];
	struct err			err = { 0 };

	put(make_folder(folder), "a", "");
	put(folder, "b", "");
	CHECK(file_list_open(&list, join(folder, "a", path), 1, &err) == 0);
	CHECK(list.count == 1);
	CHECK_TEXT(list.paths[0], path);
	CHECK(file_list_open(&refused, folder, 1, &err) == -1);
	CHECK(refused.count == 0 && err.text[0]);
	CHECK(file_list_open(&refused, "/nonexistent", 1, &err) == -1);
	CHECK(unlink(path) == 0 && unlink(join(folder, "b", path)) == 0 && rmdir(folder) == 0);
}

TEST(file_draft_appears_whole_on_commit_and_not_before)
{
	struct file_draft draft;
	char		  folder[256], path[512];
	struct err	  err;

	join(make_folder(folder), "out", path);
	CHECK(file_draft_open(&draft, path, &err) == 0);
	CHECK(fputs("answer\n", draft.stream) >= 0);
	CHECK(access(path, F_OK) == -1 && errno == ENOENT);
	CHECK(file_draft_commit(&draft, &err) == 0);
	CHECK(access(path, R_OK) == 0);
	file_draft_drop(&draft);
	CHECK(access(path, R_OK) == 0);
	CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

TEST(file_draft_dropped_leaves_the_old_file_and_nothing_else)
{
	auto_buf struct buf buf = buf_make(10);
	struct file_draft   draft;
	char		    folder[256], path[512];
	struct err	    err;

	put(make_folder(folder), "out", "old");
	CHECK(file_draft_open(&draft, join(folder, "out", path), &err) == 0);
	CHECK(fputs("new", draft.stream) >= 0);
	file_draft_drop(&draft);
	CHECK(file_read(path, 10, &buf, &err) == 0);
	CHECK_TEXT(buf.data, "old");
	CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

TEST(file_draft_to_standard_output_is_standard_output)
{
	struct file_draft draft;
	struct err	  err;

	CHECK(file_draft_open(&draft, "-", &err) == 0);
	CHECK(draft.stream == stdout);
	CHECK(file_draft_commit(&draft, &err) == 0);
	file_draft_drop(&draft);
}

TEST(file_draft_in_a_missing_folder_is_refused)
{
	struct file_draft draft;
	struct err	  err = { 0 };

	CHECK(file_draft_open(&draft, "/nonexistent/out", &err) == -1);
	CHECK(err.kind == ERR_SYSTEM && err.sys_errno == ENOENT);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_read_takes_the_whole_file_up_to_the_limit),
		cmocka_unit_test(file_read_refuses_what_is_no_file),
		cmocka_unit_test(file_list_is_sorted_and_leaves_out_hidden_names),
		cmocka_unit_test(
			file_list_of_a_file_is_that_file_and_more_than_the_limit_is_an_error),
		cmocka_unit_test(file_draft_appears_whole_on_commit_and_not_before),
		cmocka_unit_test(file_draft_dropped_leaves_the_old_file_and_nothing_else),
		cmocka_unit_test(file_draft_to_standard_output_is_standard_output),
		cmocka_unit_test(file_draft_in_a_missing_folder_is_refused),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
