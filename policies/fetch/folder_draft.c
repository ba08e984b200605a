/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/folder_draft.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum { PATH_SIZE = 4096, FDS_MAX = 16 };

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)kind;
	(void)place;
	(void)remove(path); /* what cannot be removed stays behind under its temporary name */
	return 0;
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, FDS_MAX, FTW_DEPTH | FTW_PHYS);
}

static int sync_folder(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int sync_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)place;
	return kind == FTW_D ? sync_folder(path) : 0;
}

/* The path without slashes at its end, through links when it exists. */
static char *plain_path(const char *path)
{
	char  *real = realpath(path, NULL), *copy = mem_copy_str(real ? real : path);
	size_t len = strlen(copy);

	free(real);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	return copy;
}

static bool is_empty(const char *path)
{
	DIR		    *folder = opendir(path);
	const struct dirent *entry;
	bool		     empty = folder != NULL;

	while (folder && empty && (entry = readdir(folder)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (folder)
		closedir(folder);
	return empty;
}

/* A typing error must not replace somebody's folder. */
static int check_place(const char *path, const char *mark, struct err *err)
{
	char	    marked[PATH_SIZE];
	struct stat info;

	if (stat(path, &info) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "cannot write '%s'", path);
	if (!S_ISDIR(info.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is a file, expected a folder", path);
	if (is_empty(path))
		return 0;
	if ((size_t)snprintf(marked, sizeof(marked), "%s/%s", path, mark) >= sizeof(marked) ||
	    stat(marked, &info) < 0)
		return err_set(
			err, ERR_USAGE,
			"'%s' is a folder without a %s, expected none, an empty one or what an "
			"earlier fetch wrote",
			path, mark);
	return 0;
}

/* "a/shop.snap" → "a/.shop.snap." and what mkdtemp, or a pattern, has to have in place of the rest. */
static void name_beside(const char *path, const char *rest, struct buf *out)
{
	const char *slash = strrchr(path, '/');
	size_t	    folder = slash ? (size_t)(slash - path) + 1 : 0;

	buf_add(out, path, folder);
	buf_printf(out, ".%s.%s", path + folder, rest);
}

void folder_draft_sweep(const char *path)
{
	auto_free char	   *plain = plain_path(path);
	auto_buf struct buf name = buf_make(PATH_SIZE);
	const char	   *slash;
	DIR		   *folder;

	name_beside(plain, "", &name);
	slash = strrchr(name.data, '/');
	if (name.overflow || !slash)
		return;
	name.data[slash - name.data] = '\0';
	folder = opendir(name.data[0] ? name.data : "/");
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		auto_buf struct buf left = buf_make(PATH_SIZE);

		if (!str_starts(str_of(entry->d_name), slash + 1))
			continue;
		buf_printf(&left, "%s/%s", name.data, entry->d_name);
		if (!left.overflow)
			remove_tree(left.data);
	}
	if (folder)
		closedir(folder);
}

int folder_draft_open(struct folder_draft *draft, const char *path, const char *mark,
		      struct err *err)
{
	auto_free char	   *plain = plain_path(path);
	auto_buf struct buf name = buf_make(PATH_SIZE);
	mode_t		    mask = umask(0);

	umask(mask);
	*draft = (struct folder_draft){ 0 };
	if (check_place(plain, mark, err) < 0)
		return -1;
	name_beside(plain, "XXXXXX", &name);
	if (name.overflow)
		return err_set(err, ERR_USAGE, "'%s' is too long a path", path);
	if (!mkdtemp(name.data))
		return err_sys(err, "cannot write '%s'", path);
	if (chmod(name.data, 0777 & ~mask) < 0) {
		err_sys(err, "cannot write '%s'", path);
		remove_tree(name.data);
		return -1;
	}
	draft->path = TAKE(plain);
	draft->temporary = mem_copy_str(name.data);
	return 0;
}

static int make_folders(const struct folder_draft *draft, char *path)
{
	for (char *at = path + strlen(draft->temporary) + 1; (at = strchr(at, '/')); at++) {
		int result;

		*at = '\0';
		result = mkdir(path, 0777);
		*at = '/';
		if (result < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

FILE *folder_draft_file(const struct folder_draft *draft, const char *name, struct err *err)
{
	auto_buf struct buf path = buf_make(PATH_SIZE);
	FILE		   *file = NULL;

	buf_printf(&path, "%s/%s", draft->temporary, name);
	if (path.overflow)
		errno = ENAMETOOLONG;
	else if (make_folders(draft, path.data) == 0)
		file = fopen(path.data, "wex");
	if (!file)
		err_sys(err, "cannot write '%s/%s'", draft->path, name);
	return file;
}

int folder_draft_file_done(const struct folder_draft *draft, FILE *file, uint64_t *size,
			   struct err *err)
{
	bool	    failed = fflush(file) != 0 || ferror(file) || fsync(fileno(file)) < 0;
	struct stat info;

	failed = failed || fstat(fileno(file), &info) < 0;
	if (failed)
		err_sys(err, "cannot write '%s'", draft->path);
	fclose(file);
	if (failed)
		return -1;
	*size = (uint64_t)info.st_size;
	return 0;
}

void folder_draft_file_drop(const struct folder_draft *draft, FILE *file, const char *name)
{
	auto_buf struct buf path = buf_make(PATH_SIZE);

	fclose(file);
	buf_printf(&path, "%s/%s", draft->temporary, name);
	(void)unlink(path.data);
}

/* Where the file system cannot exchange two names, there is a moment without either. */
static int swap(const struct folder_draft *draft)
{
	auto_buf struct buf old = buf_make(PATH_SIZE);

	if (renameat2(AT_FDCWD, draft->temporary, AT_FDCWD, draft->path, RENAME_EXCHANGE) == 0) {
		remove_tree(draft->temporary);
		return 0;
	}
	if (rename(draft->temporary, draft->path) == 0)
		return 0; /* there was nothing, or an empty folder */
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	buf_printf(&old, "%s.old", draft->temporary);
	if (rename(draft->path, old.data) < 0)
		return -1;
	if (rename(draft->temporary, draft->path) < 0) {
		(void)rename(old.data, draft->path);
		return -1;
	}
	remove_tree(old.data);
	return 0;
}

static void forget(struct folder_draft *draft)
{
	free(draft->path);
	free(draft->temporary);
	draft->path = draft->temporary = NULL;
}

int folder_draft_commit(struct folder_draft *draft, struct err *err)
{
	const char     *slash = strrchr(draft->path, '/');
	auto_free char *beside = mem_copy_str(slash ? draft->path : ".");

	if (slash)
		beside[slash == draft->path ? 1 : slash - draft->path] = '\0';
	if (nftw(draft->temporary, sync_one, FDS_MAX, FTW_PHYS) != 0 || swap(draft) < 0) {
		err_sys(err, "cannot write '%s'", draft->path);
		folder_draft_drop(draft);
		return -1;
	}
	(void)sync_folder(beside); /* the folder is in its place: too late to say otherwise */
	forget(draft);
	return 0;
}

void folder_draft_drop(struct folder_draft *draft)
{
	if (draft->temporary)
		remove_tree(draft->temporary);
	forget(draft);
}
