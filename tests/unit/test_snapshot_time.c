/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "simulator/flows/snapshot_time.h"

static void make_file(const char *folder, const char *name, int64_t modified_s)
{
	struct timespec times[2] = { { .tv_sec = modified_s }, { .tv_sec = modified_s } };
	char		path[256];
	int		fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && futimens(fd, times) == 0);
	close(fd);
}

static void remove_file(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

TEST(of_a_folder_the_newest_document_tells)
{
	char		     folder[] = "/tmp/weir-snapshot-XXXXXX", file[256];
	struct snapshot_time time;
	struct err	     err;

	CHECK(mkdtemp(folder));
	make_file(folder, "a.json", 1000);
	make_file(folder, "b.json", 3000);
	make_file(folder, "c.json", 2000);
	make_file(folder, "README.md", 9000);
	CHECK(snapshot_time_open(NULL, folder, &time, &err) == 0);
	CHECK(time.source == SNAPSHOT_TIME_FILES && time.s == 3000);
	snprintf(file, sizeof(file), "%s/README.md", folder);
	CHECK(snapshot_time_open(NULL, file, &time, &err) == 0);
	CHECK(time.source == SNAPSHOT_TIME_FILES && time.s == 9000);
	remove_file(folder, "a.json");
	remove_file(folder, "b.json");
	remove_file(folder, "c.json");
	remove_file(folder, "README.md");
	rmdir(folder);
}

TEST(what_was_given_is_believed)
{
	struct snapshot_time time;
	struct err	     err;

	CHECK(snapshot_time_open("2026-10-02", "/nonexistent", &time, &err) == 0);
	CHECK(time.source == SNAPSHOT_TIME_GIVEN && time.s == 1790899200);
	CHECK(snapshot_time_open("then", "/nonexistent", &time, &err) == -1);
	CHECK(err.kind == ERR_USAGE && time.s == 1790899200);
}

TEST(of_standard_input_nothing_is_known)
{
	struct snapshot_time time = { .s = 77 };
	struct err	     err;

	CHECK(snapshot_time_open(NULL, "-", &time, &err) == 0);
	CHECK(time.source == SNAPSHOT_TIME_UNKNOWN && time.s == 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_folder_the_newest_document_tells),
		cmocka_unit_test(what_was_given_is_believed),
		cmocka_unit_test(of_standard_input_nothing_is_known),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
