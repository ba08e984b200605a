/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/log_list.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/flow/log_bucket.h"

/* A file, with what tells that two paths are one file. */
struct item {
	char	*path; /* owned */
	dev_t	 device;
	ino_t	 inode;
	uint64_t size;
	size_t	 place;				  /* among the items, as the operands have it */
	bool	 is_there, is_regular, is_object; /* of S3: inode is a hash of its name */
};

struct items {
	struct item    *items;
	size_t		count, capacity;
	struct err_list unread;
};

static void items_done(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->items[i].path);
	free(items->items);
}

/* One that is gone again is kept: opening it will say so. */
static struct item look_at(const char *path)
{
	struct stat info;
	int result = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &info) : stat(path, &info);

	if (result < 0)
		return (struct item){ 0 };
	return (struct item){ .device = info.st_dev,
			      .inode = info.st_ino,
			      .size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0,
			      .is_there = true,
			      .is_regular = S_ISREG(info.st_mode) };
}

/* Below a folder what is no log is left out; what a user names is not. */
static bool is_log(const char *path, const struct item *item)
{
	const char *name = strrchr(path, '/');

	return !(item->is_regular && item->size == 0) &&
	       !(name && strcmp(name, "/aws-logs-write-test") == 0);
}

static void add_item(struct items *items, struct item item)
{
	item.place = items->count;
	items->items = mem_grow(items->items, items->count, &items->capacity,
				sizeof(*items->items));
	items->items[items->count++] = item;
}

/* A file, or a folder and what is below it. */
static int add_path(struct items *items, const char *path, struct err *err)
{
	auto_file_list struct file_list files = { 0 };
	struct stat			info;
	bool				is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);

	if (file_list_open(&files, path, LOG_LIST_MAX - items->count, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		struct item item = look_at(files.paths[i]);

		if (is_folder && !is_log(files.paths[i], &item))
			continue;
		item.path = TAKE(files.paths[i]);
		add_item(items, item);
	}
	return 0;
}

/* What lies below a prefix is judged as what lies below a folder. */
static int add_object(void *context, const char *path, uint64_t size, struct err *err)
{
	struct items	 *items = context;
	const struct item item = { .path = mem_copy_str(path),
				   .inode = map_hash(path, strlen(path)),
				   .size = size,
				   .is_there = true,
				   .is_regular = true,
				   .is_object = true };

	if (items->count < LOG_LIST_MAX && is_log(path, &item)) {
		add_item(items, item);
		return 0;
	}
	free(item.path);
	return items->count < LOG_LIST_MAX
		       ? 0
		       : err_set(err, ERR_INPUT, "more than %d files", LOG_LIST_MAX);
}

static int add_bucket(struct items *items, const char *operand, struct err *err)
{
	const struct log_bucket_visitor visitor = { .visit = add_object, .context = items };

	return log_bucket_list(operand, &visitor, err);
}

/* glob's callback takes no context. */
static _Thread_local struct err_list *unread_folders;

/* What is no folder, or gone, has nothing to read in it. */
static int note_unread(const char *path, int error)
{
	struct err err = { 0 };

	if (error == ENOENT || error == ENOTDIR)
		return 0;
	err_at(&err, path, 0, 0, "cannot be opened: %s", strerror(error));
	err_list_add(unread_folders, &err);
	return 0;
}

/* Folders that the pattern matches and that may not be searched. */
static void note_closed(const char *pattern, size_t len)
{
	auto_free char *folders = mem_copy_str(pattern);
	glob_t		found = { 0 };

	folders[len] = '\0';
	if (glob(folders, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			struct stat info;

			if (stat(found.gl_pathv[i], &info) == 0 && !S_ISDIR(info.st_mode))
				continue;
			if (access(found.gl_pathv[i], X_OK) < 0)
				note_unread(found.gl_pathv[i], errno);
		}
	}
	globfree(&found);
}

/* Where a name without * ? [ follows a pattern, glob looks for it in each folder and says nothing of those it may not. */
static void note_all_closed(const char *pattern)
{
	const char *part = pattern;

	while (*part) {
		size_t	    len = strcspn(part, "/");
		const char *next = part + len + strspn(part + len, "/");
		size_t	    magic = strcspn(part, "*?[");
		size_t	    next_len = strcspn(next, "/");

		if (magic < len && next_len && strcspn(next, "*?[") >= next_len)
			note_closed(pattern, (size_t)(part + len - pattern));
		part = next;
	}
}

/* What of the matches cannot be read does not keep the others. */
static int add_pattern(struct items *items, const char *pattern, struct err *err)
{
	glob_t	 found = { 0 };
	uint32_t before = items->unread.total;
	int	 code, result = 0;

	unread_folders = &items->unread;
	code = glob(pattern, 0, note_unread, &found);
	note_all_closed(pattern);
	if (code == GLOB_NOSPACE)
		mem_exhausted();
	if (code && items->unread.total == before)
		result = err_at(err, pattern, 0, 0, "matches no file");
	for (size_t i = 0; code == 0 && i < found.gl_pathc; i++) {
		struct err one;

		if (add_path(items, found.gl_pathv[i], &one) < 0)
			err_list_add(&items->unread, &one);
	}
	globfree(&found);
	return result;
}

static int add_operand(struct items *items, const char *operand, struct err *err)
{
	size_t	    before = items->count;
	uint32_t    unread = items->unread.total;
	struct stat info;
	int	    result;

	if (is_in_bucket(operand))
		result = add_bucket(items, operand, err);
	else if (strpbrk(operand, "*?[") && stat(operand, &info) < 0)
		result = add_pattern(items, operand, err);
	else
		result = add_path(items, operand, err);
	if (result == 0 && items->count == before && items->unread.total == unread)
		result = err_at(err, operand, 0, 0, "has no flow logs in it");
	return result;
}

static int compare_files(const void *a_ptr, const void *b_ptr)
{
	const struct item *a = a_ptr, *b = b_ptr;

	if (a->is_object != b->is_object)
		return a->is_object ? 1 : -1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static int compare_places(const void *a_ptr, const void *b_ptr)
{
	const struct item *a = a_ptr, *b = b_ptr;

	return a->place < b->place ? -1 : a->place > b->place;
}

/* Pipes too: what one path has read, another does not find. */
static bool is_same(const struct item *a, const struct item *b)
{
	return a->is_there && b->is_there && a->device == b->device && a->inode == b->inode &&
	       a->is_object == b->is_object && (!a->is_object || strcmp(a->path, b->path) == 0);
}

/* Of two paths to one file the first stays. */
static void drop_doubles(struct items *items)
{
	size_t kept = 0;

	if (items->count == 0)
		return;
	qsort(items->items, items->count, sizeof(*items->items), compare_files);
	for (size_t i = 1; i < items->count; i++) {
		if (is_same(&items->items[kept], &items->items[i]))
			free(items->items[i].path);
		else
			items->items[++kept] = items->items[i];
	}
	items->count = kept + 1;
	qsort(items->items, items->count, sizeof(*items->items), compare_places);
}

int log_list_open(struct log_list *list, char **operands, struct err *err)
{
	__attribute__((cleanup(items_done))) struct items items = { 0 };
	struct log_list					  made = { 0 };

	for (; *operands; operands++) {
		struct err one = { 0 };

		if (add_operand(&items, *operands, &one) == 0)
			continue;
		if (one.kind == ERR_USAGE) {
			*err = one;
			return -1;
		}
		err_list_add(&items.unread, &one);
	}
	if (items.count == 0 && items.unread.count) {
		*err = items.unread.items[0];
		return -1;
	}
	drop_doubles(&items);
	made.unread = items.unread;
	made.paths = mem_alloc(items.count * sizeof(*made.paths));
	made.sizes = mem_alloc(items.count * sizeof(*made.sizes));
	for (size_t i = 0; i < items.count; i++) {
		made.paths[i] = TAKE(items.items[i].path);
		made.sizes[i] = items.items[i].size;
		made.total_bytes += made.sizes[i];
	}
	made.count = items.count;
	*list = made;
	return 0;
}

void log_list_close(struct log_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	free(list->sizes);
	*list = (struct log_list){ 0 };
}
