/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/delivery/draft_keeper.h"
#include "tests/unit/unit.h"

static char folder[64], path[128];

/* A keeper of a draft in which one line stands. */
static struct draft_keeper keep_a_line(struct file_draft *draft)
{
	struct draft_keeper keeper = { -1 };
	struct err	    err;

	assert_int_equal(file_draft_open(draft, path, &err), 0);
	assert_int_equal(draft_keeper_open(&keeper, draft, &err), 0);
	assert_int_equal(write(fileno(draft->stream), "line\n", 5), 5);
	return keeper;
}

static size_t count_files(void)
{
	DIR		    *list = opendir(folder);
	const struct dirent *entry;
	size_t		     count = 0;

	assert_non_null(list);
	while ((entry = readdir(list)))
		count += entry->d_name[0] != '.';
	closedir(list);
	return count;
}

TEST(a_kept_draft_appears_whole_on_commit_and_not_before)
{
	struct file_draft   draft;
	struct draft_keeper keeper = keep_a_line(&draft);
	struct err	    err;
	auto_buf struct buf found = buf_make(64);

	CHECK(access(path, F_OK) < 0);
	assert_int_equal(draft_keeper_commit(&keeper, &err), 0);
	assert_int_equal(file_read(path, found.max, &found, &err), 0);
	CHECK_STR(buf_str(&found), "line\n");
	draft_keeper_close(&keeper);
	fclose(draft.stream);
	CHECK(count_files() == 1);
}

TEST(a_kept_draft_is_gone_when_its_keeper_was_closed)
{
	struct file_draft   draft;
	struct draft_keeper keeper = keep_a_line(&draft);

	CHECK(count_files() == 1);
	draft_keeper_close(&keeper);
	CHECK(count_files() == 0);
	fclose(draft.stream);
}

TEST(a_commit_that_fails_says_why)
{
	struct file_draft   draft;
	struct draft_keeper keeper = keep_a_line(&draft);
	struct err	    err;

	/* What has its name now cannot be replaced by a file. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(draft_keeper_commit(&keeper, &err), -1);
	CHECK(err.kind == ERR_SYSTEM && strstr(err.text, path));
	draft_keeper_close(&keeper);
	fclose(draft.stream);
	assert_int_equal(rmdir(path), 0);
	CHECK(count_files() == 0);
}

TEST(without_a_keeper_there_is_nothing_to_close)
{
	struct draft_keeper keeper = { -1 };

	draft_keeper_close(&keeper);
	CHECK(keeper.fd == -1);
}

static int make_folder(void **state)
{
	(void)state;
	/* As the sensor has it. */
	signal(SIGPIPE, SIG_IGN);
	snprintf(folder, sizeof(folder), "/tmp/weir-test-keeper-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/out", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		IN_A_FOLDER(a_kept_draft_appears_whole_on_commit_and_not_before),
		IN_A_FOLDER(a_kept_draft_is_gone_when_its_keeper_was_closed),
		IN_A_FOLDER(a_commit_that_fails_says_why),
		cmocka_unit_test(without_a_keeper_there_is_nothing_to_close),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
