/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/snapshot_time.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "simulator/flows/period.h"

enum { FILES_MAX = 100000 };

static bool is_json(const char *path)
{
	size_t len = strlen(path);

	return len >= 5 && strcmp(path + len - 5, ".json") == 0;
}

/* Of a folder only what is named as a document: a note beside them may be edited at any time. */
static void find_newest(const struct file_list *files, const char *path, struct snapshot_time *out)
{
	struct stat info;

	for (size_t i = 0; i < files->count; i++) {
		bool named = strcmp(files->paths[i], path) == 0;

		if ((!named && !is_json(files->paths[i])) || stat(files->paths[i], &info) < 0 ||
		    !S_ISREG(info.st_mode) || info.st_mtim.tv_sec <= out->s)
			continue;
		*out = (struct snapshot_time){ .source = SNAPSHOT_TIME_FILES,
					       .s = info.st_mtim.tv_sec };
	}
}

int snapshot_time_open(const char *given, const char *path, struct snapshot_time *out,
		       struct err *err)
{
	auto_file_list struct file_list files = { 0 };
	struct snapshot_time		found = { .source = SNAPSHOT_TIME_UNKNOWN };

	if (given) {
		found.source = SNAPSHOT_TIME_GIVEN;
		if (period_moment(str_of(given), clock_seconds(clock_now().wall), &found.s) < 0)
			return err_set(err, ERR_USAGE,
				       "--snapshot-time '%s': expected a date, a time like "
				       "2026-10-02T08:00:00Z, Unix seconds, or an age like 24h",
				       given);
	} else if (strcmp(path, "-") != 0) {
		if (file_list_open(&files, path, FILES_MAX, err) < 0)
			return -1;
		find_newest(&files, path, &found);
	}
	*out = found;
	return 0;
}
