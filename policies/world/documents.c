/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/documents.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

static bool is_named_json(const char *path)
{
	size_t len = strlen(path);

	return len >= 5 && strcmp(path + len - 5, ".json") == 0;
}

bool documents_is_json(const char *path)
{
	auto_close int fd = -1;
	char	       start[256];
	ssize_t	       got;
	struct str     text;

	if (is_named_json(path))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	got = fd < 0 ? -1 : read(fd, start, sizeof(start));
	text = str_trim((struct str){ .ptr = start, .len = got > 0 ? (size_t)got : 0 });
	return str_starts(text, "{");
}

/* The time of change too: a file that was replaced may have any time of writing. */
static uint64_t stamp_of(const char *path, const struct stat *info, uint64_t before)
{
	const uint64_t parts[] = { before,
				   map_hash(path, strlen(path)),
				   (uint64_t)info->st_dev,
				   (uint64_t)info->st_ino,
				   (uint64_t)info->st_size,
				   (uint64_t)info->st_mtim.tv_sec,
				   (uint64_t)info->st_mtim.tv_nsec,
				   (uint64_t)info->st_ctim.tv_sec,
				   (uint64_t)info->st_ctim.tv_nsec };

	return map_hash(parts, sizeof(parts));
}

int documents_look(const char *path, struct documents *out, struct err *err)
{
	auto_file_list struct file_list files = { 0 };
	struct documents		found = { 0 };
	struct stat			info;

	if (file_list_open(&files, path, DOCUMENTS_MAX, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		bool is_all = strcmp(files.paths[i], path) == 0;

		if (stat(files.paths[i], &info) < 0)
			return err_at(err, files.paths[i], 0, 0, "cannot be opened: %s",
				      strerror(errno));
		found.stamp = stamp_of(files.paths[i], &info, found.stamp);
		if (!S_ISREG(info.st_mode))
			continue;
		if ((is_all || is_named_json(files.paths[i])) &&
		    info.st_mtim.tv_sec > found.newest_s)
			found.newest_s = info.st_mtim.tv_sec;
		if (is_all || documents_is_json(files.paths[i]))
			found.bytes += (uint64_t)info.st_size;
	}
	*out = found;
	return 0;
}
