/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { READ_BLOCK = 1 << 18, FOLDER_DEPTH_MAX = 16 };

/* Input errors, not system ones: the user named the file. */
static int input_sys(struct err *err, const char *path, const char *what)
{
	return err_at(err, path, 0, 0, "%s: %s", what, strerror(errno));
}

static int read_fd(int fd, const char *path, size_t max, struct buf *out, struct err *err)
{
	auto_free char *block = mem_alloc(READ_BLOCK);

	for (;;) {
		ssize_t got = read(fd, block, READ_BLOCK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return input_sys(err, path, "cannot be read");
		if (got == 0)
			return 0;
		buf_add(out, block, (size_t)got);
		if (out->overflow)
			return err_at(err, path, 0, 0, "is larger than %zu MiB", max >> 20);
	}
}

int file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	auto_close int	    fd = -1;
	auto_buf struct buf bytes = buf_make(max);
	struct stat	    info;

	if (strcmp(path, "-") == 0)
		path = "standard input";
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return input_sys(err, path, "cannot be opened");
	if (fd >= 0 && fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
		return err_at(err, path, 0, 0, "is a folder, expected a file");
	if (read_fd(fd >= 0 ? fd : STDIN_FILENO, path, max, &bytes, err) < 0)
		return -1;
	buf_done(out);
	*out = bytes;
	bytes = buf_make(0);
	return 0;
}

static void list_add(struct file_list *list, const char *path)
{
	list->paths = mem_grow(list->paths, list->count, &list->capacity, sizeof(*list->paths));
	list->paths[list->count++] = mem_copy_str(path);
}

static int list_folder(struct file_list *list, const char *path, size_t max_files, unsigned depth,
		       struct err *err);

static bool is_link(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

static int list_one(struct file_list *list, const char *path, size_t max_files, unsigned depth,
		    struct err *err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return input_sys(err, path, "cannot be opened");
	if (S_ISDIR(info.st_mode)) /* a link to a folder could lead back up */
		return depth > 0 && is_link(path) ? 0
						  : list_folder(list, path, max_files, depth, err);
	if (depth > 0 && !S_ISREG(info.st_mode))
		return 0;
	if (list->count >= max_files)
		return err_at(err, path, 0, 0, "more than %zu files", max_files);
	list_add(list, path);
	return 0;
}

static int list_folder(struct file_list *list, const char *path, size_t max_files, unsigned depth,
		       struct err *err)
{
	DIR	      *folder;
	struct dirent *entry;
	int	       result = 0;

	if (depth >= FOLDER_DEPTH_MAX)
		return err_at(err, path, 0, 0, "folders more than %d deep", FOLDER_DEPTH_MAX);
	folder = opendir(path);
	if (!folder)
		return input_sys(err, path, "cannot be opened");
	while (result == 0 && (entry = readdir(folder))) {
		auto_buf struct buf child = buf_make(4096);

		if (entry->d_name[0] == '.')
			continue;
		buf_printf(&child, "%s/%s", path, entry->d_name);
		if (child.overflow)
			result = err_at(err, path, 0, 0, "a path below it is too long");
		else
			result = list_one(list, child.data, max_files, depth + 1, err);
	}
	closedir(folder);
	return result;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list_open(struct file_list *list, const char *path, size_t max_files, struct err *err)
{
	struct file_list found = { 0 };
	size_t		 len = strlen(path);
	auto_free char	*trimmed = mem_copy_str(path);

	while (len > 1 && trimmed[len - 1] == '/')
		trimmed[--len] = '\0';
	if (strcmp(path, "-") == 0) {
		list_add(&found, path);
	} else if (list_one(&found, trimmed, max_files, 0, err) < 0) {
		file_list_close(&found);
		return -1;
	}
	if (found.count)
		qsort(found.paths, found.count, sizeof(*found.paths), compare_paths);
	*list = found;
	return 0;
}

void file_list_close(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct file_list){ 0 };
}

/* Says so and leaves nothing behind. */
static int draft_failed(struct file_draft *draft, struct err *err)
{
	err_sys(err, "cannot write '%s'", draft->path);
	file_draft_drop(draft);
	return -1;
}

int file_draft_open(struct file_draft *draft, const char *path, struct err *err)
{
	auto_buf struct buf name = buf_make(4096);
	struct stat	    info;
	int		    fd;
	mode_t		    mask;

	*draft = (struct file_draft){ 0 };
	if (strcmp(path, "-") == 0) {
		draft->stream = stdout;
		return 0;
	}
	buf_printf(&name, "%s.XXXXXX", path);
	if (name.overflow)
		return err_at(err, path, 0, 0, "is too long a path");
	if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
		draft->stream = fopen(path, "we");
		draft->path = mem_copy_str(path);
		return draft->stream ? 0 : draft_failed(draft, err);
	}
	fd = mkstemp(name.data);
	if (fd < 0)
		return err_sys(err, "cannot write '%s'", path);
	mask = umask(0);
	umask(mask);
	if (fchmod(fd, 0666 & ~mask) < 0 || !(draft->stream = fdopen(fd, "w"))) {
		err_sys(err, "cannot write '%s'", path);
		close(fd);
		unlink(name.data);
		return -1;
	}
	draft->path = mem_copy_str(path);
	draft->temporary = mem_copy_str(name.data);
	return 0;
}

int file_draft_commit(struct file_draft *draft, struct err *err)
{
	bool failed = fflush(draft->stream) != 0 || ferror(draft->stream);

	if (!draft->path) {
		draft->stream = NULL;
		return failed ? err_sys(err, "cannot write to standard output") : 0;
	}
	failed = failed || (draft->temporary && fsync(fileno(draft->stream)) < 0);
	failed = failed || (draft->temporary && rename(draft->temporary, draft->path) < 0);
	if (failed)
		return draft_failed(draft, err);
	fclose(draft->stream);
	free(draft->path);
	free(draft->temporary);
	*draft = (struct file_draft){ 0 };
	return 0;
}

void file_draft_drop(struct file_draft *draft)
{
	if (draft->path) {
		if (draft->stream)
			fclose(draft->stream);
		if (draft->temporary)
			unlink(draft->temporary);
		free(draft->path);
		free(draft->temporary);
	}
	*draft = (struct file_draft){ 0 };
}
