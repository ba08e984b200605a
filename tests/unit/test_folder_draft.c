/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "policies/fetch/folder_draft.h"

/* A folder of its own for each test, below $TMPDIR; the draft's place is "snap" in it. */
struct scene {
	char folder[256], place[300];
};

static struct scene scene_make(void)
{
	struct scene scene;
	const char  *base = getenv("TMPDIR");

	snprintf(scene.folder, sizeof(scene.folder), "%s/weir-draft-XXXXXX",
		 base && *base ? base : "/tmp");
	CHECK(mkdtemp(scene.folder) != NULL);
	snprintf(scene.place, sizeof(scene.place), "%s/snap", scene.folder);
	return scene;
}

static uint64_t put(const struct folder_draft *draft, const char *name, const char *text)
{
	struct err err;
	uint64_t   size = 0;
	FILE	  *file = folder_draft_file(draft, name, &err);

	CHECK(file != NULL && fputs(text, file) >= 0);
	CHECK(folder_draft_file_done(draft, file, &size, &err) == 0);
	return size;
}

/* What lies beside each other in the scene's folder, whatever its name. */
static unsigned count_entries(const struct scene *scene)
{
	DIR		    *folder = opendir(scene->folder);
	const struct dirent *entry;
	unsigned	     count = 0;

	CHECK(folder != NULL);
	while ((entry = readdir(folder)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return count;
}

static void check_file(const struct scene *scene, const char *name, const char *text)
{
	auto_buf struct buf bytes = buf_make(100);
	char		    path[400];
	struct err	    err;

	snprintf(path, sizeof(path), "%s/%s", scene->place, name);
	if (text) {
		CHECK(file_read(path, 100, &bytes, &err) == 0);
		CHECK_TEXT(bytes.data, text);
	} else {
		CHECK(access(path, F_OK) < 0);
	}
}

TEST(folder_draft_appears_whole_when_it_is_committed)
{
	struct scene	    scene = scene_make();
	struct folder_draft draft;
	struct err	    err;

	CHECK(folder_draft_open(&draft, scene.place, "mark", &err) == 0);
	CHECK(put(&draft, "mark", "1") == 1);
	CHECK(put(&draft, "a/b/c.json", "{}") == 2);
	CHECK(access(scene.place, F_OK) < 0);
	CHECK(folder_draft_commit(&draft, &err) == 0);
	check_file(&scene, "mark", "1");
	check_file(&scene, "a/b/c.json", "{}");
	CHECK(count_entries(&scene) == 1);
}

TEST(folder_draft_takes_the_place_of_an_older_one_and_of_all_that_was_in_it)
{
	struct scene scene = scene_make();
	char	     with_slashes[310];
	struct err   err;

	snprintf(with_slashes, sizeof(with_slashes), "%s//", scene.place);
	for (int round = 0; round < 3; round++) {
		struct folder_draft draft;

		CHECK(folder_draft_open(&draft, with_slashes, "mark", &err) == 0);
		put(&draft, "mark", "x");
		put(&draft, round == 0 ? "old" : "new", "y");
		CHECK(folder_draft_commit(&draft, &err) == 0);
	}
	check_file(&scene, "old", NULL);
	check_file(&scene, "new", "y");
	CHECK(count_entries(&scene) == 1);
}

TEST(folder_draft_that_is_dropped_leaves_nothing_and_the_old_one_whole)
{
	struct scene	    scene = scene_make();
	struct folder_draft draft;
	struct err	    err;
	FILE		   *file;

	CHECK(folder_draft_open(&draft, scene.place, "mark", &err) == 0);
	put(&draft, "mark", "first");
	CHECK(folder_draft_commit(&draft, &err) == 0);
	folder_draft_drop(&draft);
	CHECK(folder_draft_open(&draft, scene.place, "mark", &err) == 0);
	put(&draft, "mark", "second");
	file = folder_draft_file(&draft, "a/half", &err);
	CHECK(file != NULL);
	folder_draft_file_drop(&draft, file, "a/half");
	folder_draft_drop(&draft);
	check_file(&scene, "mark", "first");
	CHECK(count_entries(&scene) == 1);
}

TEST(folder_draft_does_not_replace_what_no_draft_has_made)
{
	struct scene	    scene = scene_make();
	struct folder_draft draft;
	struct err	    err;
	char		    path[400];
	FILE		   *file;

	CHECK(mkdir(scene.place, 0777) == 0);
	CHECK(folder_draft_open(&draft, scene.place, "mark", &err) ==
	      0); /* an empty folder is fine */
	folder_draft_drop(&draft);
	snprintf(path, sizeof(path), "%s/thesis", scene.place);
	file = fopen(path, "w");
	CHECK(file && fclose(file) == 0);
	CHECK(folder_draft_open(&draft, scene.place, "mark", &err) == -1);
	CHECK(err.kind == ERR_USAGE);
	CHECK(folder_draft_open(&draft, path, "mark", &err) == -1);
	CHECK(strstr(err.text, "is a file, expected a folder") != NULL);
	snprintf(path, sizeof(path), "%s/nowhere/snap", scene.folder);
	CHECK(folder_draft_open(&draft, path, "mark", &err) == -1);
	CHECK(err.kind == ERR_SYSTEM);
	CHECK(count_entries(&scene) == 1);
}

TEST(folder_draft_writes_each_file_once)
{
	struct scene	    scene = scene_make();
	struct folder_draft draft;
	struct err	    err;

	CHECK(folder_draft_open(&draft, scene.place, "mark", &err) == 0);
	put(&draft, "mark", "1");
	CHECK(folder_draft_file(&draft, "mark", &err) == NULL);
	CHECK(strstr(err.text, "File exists") != NULL);
	folder_draft_drop(&draft);
	CHECK(count_entries(&scene) == 0);
}

TEST(folder_draft_sweep_removes_what_was_left_under_way_and_nothing_else)
{
	struct scene	    scene = scene_make();
	struct folder_draft drafts[2]; /* the first one's fetch was killed */
	struct err	    err;
	char		    other[400];

	for (unsigned i = 0; i < 2; i++) {
		CHECK(folder_draft_open(&drafts[i], scene.place, "mark", &err) == 0);
		put(&drafts[i], "a/b.json", "{}");
		put(&drafts[i], "mark", "");
	}
	CHECK(folder_draft_commit(&drafts[1], &err) == 0);
	snprintf(other, sizeof(other), "%s/.snapshot", scene.folder);
	CHECK(mkdir(other, 0700) == 0);
	CHECK(count_entries(&scene) == 3);
	folder_draft_sweep(scene.place);
	CHECK(count_entries(&scene) == 2);
	check_file(&scene, "a/b.json", "{}");
	CHECK(access(other, F_OK) == 0);
	folder_draft_drop(&drafts[0]);
	CHECK(count_entries(&scene) == 2);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder_draft_appears_whole_when_it_is_committed),
		cmocka_unit_test(
			folder_draft_takes_the_place_of_an_older_one_and_of_all_that_was_in_it),
		cmocka_unit_test(folder_draft_that_is_dropped_leaves_nothing_and_the_old_one_whole),
		cmocka_unit_test(folder_draft_does_not_replace_what_no_draft_has_made),
		cmocka_unit_test(folder_draft_writes_each_file_once),
		cmocka_unit_test(
			folder_draft_sweep_removes_what_was_left_under_way_and_nothing_else),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
