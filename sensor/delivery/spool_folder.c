/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/spool_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum {
	NUMBERS_AT_ONCE = 1000,
	NUMBER_SIZE = 21 /* of the file: 20 digits and a newline */
};

static const char numbers_name[] = "numbers";

/*
 * Where the numbers of a new spool begin: at the seconds since then, and in each at one of so many by chance.  Not at
 * 1: where the folder does not outlive the sensor, names would come again.  Nor all of a second at the same: two
 * sensors that a host starts together would have each name in common, and of an attempt that is in doubt one would
 * take the other's object for its own.
 */
#define FIRST_DAY_S	    INT64_C(1767225600) /* 2026-01-01 */
#define NUMBERS_OF_A_SECOND (UINT64_C(1) << 20)

/* A folder that anybody could fill is not read on and on. */
enum { FILES_MAX = 1 << 20 };

static const uint64_t file_max = UINT64_C(1) << 30;

void spool_item_free(struct spool_item *item)
{
	mem_close_at(&item->fd);
	free(item);
}

static void name_of(const struct spool_item *item, char out[static SPOOL_NAME_SIZE])
{
	const struct spool_name name = { item->period_s, item->number, item->is_open,
					 item->is_aside };

	spool_name_print(&name, out);
}

static int write_all(int fd, struct str text, uint64_t at)
{
	while (text.len) {
		ssize_t written = pwrite(fd, text.ptr, text.len, (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			errno = written ? errno : ENOSPC;
			return -1;
		}
		text = str_skip(text, (size_t)written);
		at += (uint64_t)written;
	}
	return 0;
}

int spool_item_write(struct spool_item *item, struct str text, struct err *err)
{
	if (write_all(item->fd, text, item->size) == 0) {
		item->size += text.len;
		return 0;
	}
	err_sys(err, "cannot write to the spool");
	/* What of it is there would be delivered after a restart, counted as lost. */
	(void)!ftruncate(item->fd, (off_t)item->size);
	return -1;
}

void spool_item_reserve(const struct spool_item *item, uint64_t bytes)
{
	(void)!fallocate(item->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes);
}

int spool_item_put(struct spool_item *item, size_t at, struct str lines, struct err *err)
{
	if (write_all(item->fd, lines, at) < 0)
		return err_sys(err, "cannot write to the spool");
	item->size = at + lines.len;
	return 0;
}

int spool_item_write_head(struct spool_item *item, const struct spool_head *head, struct err *err)
{
	char text[SPOOL_HEAD_SIZE + 1];

	spool_head_print(head, text);
	if (write_all(item->fd, (struct str){ text, SPOOL_HEAD_SIZE }, 0) < 0 ||
	    fdatasync(item->fd) < 0)
		return err_sys(err, "cannot note in the spool what is delivered");
	return 0;
}

int spool_folder_open(struct spool_folder *folder, const char *path, struct err *err)
{
	*folder = (struct spool_folder){ .path = path, .numbers_fd = -1 };
	folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0)
		return err_sys(err, "cannot open the spool '%s'", path);
	return 0;
}

void spool_folder_close(struct spool_folder *folder)
{
	mem_close_at(&folder->numbers_fd);
	mem_close_at(&folder->fd);
	folder->fd = folder->numbers_fd = -1;
}

/* Of the folder itself: that takes no file, which a full disk would refuse. */
int spool_folder_lock(struct spool_folder *folder, bool is_patient, struct err *err)
{
	int result;

	do
		result = flock(folder->fd, LOCK_EX | (is_patient ? 0 : LOCK_NB));
	while (result < 0 && errno == EINTR);
	if (result == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_sys(err, "waits for another process that has the spool '%s'",
			       folder->path);
	return err_sys(err, "cannot have the spool '%s' alone", folder->path);
}

/* The number that is reserved up to; 0: not known. */
static uint64_t read_numbers(int fd)
{
	char	 text[NUMBER_SIZE];
	uint64_t number;

	if (pread(fd, text, sizeof(text), 0) != (ssize_t)sizeof(text) ||
	    text[NUMBER_SIZE - 1] != '\n' ||
	    str_u64((struct str){ text, NUMBER_SIZE - 1 }, INT64_MAX, &number) < 0)
		return 0;
	return number;
}

static int open_numbers(struct spool_folder *folder, struct err *err)
{
	if (folder->numbers_fd < 0)
		folder->numbers_fd = openat(folder->fd, numbers_name,
					    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (folder->numbers_fd < 0)
		return err_sys(err, "cannot open '%s/%s'", folder->path, numbers_name);
	return 0;
}

/* Where nothing can be written now there is still what was. */
static uint64_t stored_number(struct spool_folder *folder)
{
	auto_close int fd = -1;
	struct err     err;

	if (open_numbers(folder, &err) == 0)
		return read_numbers(folder->numbers_fd);
	fd = openat(folder->fd, numbers_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 ? read_numbers(fd) : 0;
}

static int take_number(struct spool_folder *folder, uint64_t *number, struct err *err)
{
	char	   text[NUMBER_SIZE + 1];
	uint64_t   reserved = folder->number + NUMBERS_AT_ONCE;
	struct str line = { text, NUMBER_SIZE };

	if (folder->number >= folder->reserved) {
		snprintf(text, sizeof(text), "%020llu\n", (unsigned long long)reserved);
		if (open_numbers(folder, err) < 0)
			return -1;
		if (write_all(folder->numbers_fd, line, 0) < 0 || fdatasync(folder->numbers_fd) < 0)
			return err_sys(err, "cannot write '%s/%s'", folder->path, numbers_name);
		folder->reserved = reserved;
	}
	*number = folder->number++;
	return 0;
}

static uint64_t first_number(void)
{
	int64_t	 now_s = clock_seconds(clock_now().wall);
	uint64_t second = now_s > FIRST_DAY_S ? (uint64_t)(now_s - FIRST_DAY_S) : 0, chance = 0;

	(void)!getrandom(&chance, sizeof(chance), GRND_NONBLOCK);
	return second * NUMBERS_OF_A_SECOND + chance % NUMBERS_OF_A_SECOND;
}

static void begin_numbers(struct spool_folder *folder, uint64_t highest)
{
	uint64_t stored = stored_number(folder), first = first_number();

	folder->number = stored > highest ? stored : highest + 1;
	if (!stored && folder->number < first)
		folder->number = first;
	folder->reserved = folder->number;
}

static int read_head(struct spool_item *item)
{
	char text[SPOOL_HEAD_SIZE];

	if (pread(item->fd, text, sizeof(text), 0) != (ssize_t)sizeof(text))
		return -1;
	return spool_head_parse((struct str){ text, sizeof(text) }, &item->head) ? 0 : -1;
}

static int read_text(struct spool_item *item, char **text, size_t *len, struct err *err)
{
	size_t size = item->size > SPOOL_HEAD_SIZE ? (size_t)item->size - SPOOL_HEAD_SIZE : 0;
	auto_free char *bytes = mem_alloc(size + 1);
	size_t		have = 0;

	while (have < size) {
		ssize_t got = pread(item->fd, bytes + have, size - have,
				    (off_t)(SPOOL_HEAD_SIZE + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "cannot read the spool");
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*text = TAKE(bytes);
	*len = have;
	return 0;
}

/*
 * Of a process that was killed.  Lines that are none stay in the middle: what is written over in place would be lost
 * by another kill.  A head that is damaged does not say what was delivered: all of it is, again.
 */
static int recover(struct spool_folder *folder, struct spool_item *item, uint64_t *torn,
		   struct err *err)
{
	auto_free char	  *text = NULL;
	struct spool_count count;
	size_t		   len;

	if (read_head(item) < 0)
		item->head = (struct spool_head){ .begun = true };
	item->is_unknown = read_text(item, &text, &len, err) < 0;
	if (item->is_unknown)
		return -1;
	while (len && text[len - 1] != '\n')
		len--;
	*torn = item->size > SPOOL_HEAD_SIZE + len;
	item->size = SPOOL_HEAD_SIZE + len;
	spool_text_mend(text, len, &count);
	*torn += count.torn;
	item->head.lines = count.lines;
	item->head.oldest_s = count.oldest_s;
	return spool_folder_seal(folder, item, err);
}

static int list_one(struct spool_folder *folder, const struct spool_name *name, const char *text,
		    struct spool_item *item, struct err *err)
{
	struct stat info;

	item->fd = openat(folder->fd, text, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (item->fd < 0 && (errno == EACCES || errno == EROFS))
		item->fd = openat(folder->fd, text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (item->fd < 0 || fstat(item->fd, &info) < 0)
		return err_sys(err, "cannot open '%s/%s'", folder->path, text);
	if (!S_ISREG(info.st_mode) || (uint64_t)info.st_size > file_max)
		return err_set(err, ERR_INPUT, "'%s/%s' is no file of a spool", folder->path, text);
	item->number = name->number;
	item->period_s = name->period_s;
	item->is_open = item->is_full = name->is_open;
	item->is_aside = name->is_aside;
	item->size = (uint64_t)info.st_size;
	return 0;
}

int spool_folder_list(struct spool_folder *folder, spool_item_fn *take, void *context,
		      struct err *err)
{
	int	       fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR	      *files = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *file;
	uint64_t       highest = 0, count = 0;
	int	       result = 0;

	if (!files) {
		mem_close_at(&fd);
		return err_sys(err, "cannot list the spool '%s'", folder->path);
	}
	while ((file = readdir(files)) && count < FILES_MAX) {
		struct spool_name  name;
		struct spool_item *item;
		uint64_t	   torn = 0;

		if (!spool_name_parse(str_of(file->d_name), &name))
			continue;
		count++;
		highest = name.number > highest ? name.number : highest;
		item = mem_alloc(sizeof(*item));
		if (list_one(folder, &name, file->d_name, item, err) < 0) {
			spool_item_free(item);
			result = -1;
			continue;
		}
		if (!item->is_aside &&
		    (item->is_open || read_head(item) < 0 || !item->head.lines) &&
		    recover(folder, item, &torn, err) < 0)
			result = -1;
		mem_close_at(&item->fd);
		item->fd = -1;
		take(context, item, torn);
	}
	closedir(files);
	begin_numbers(folder, highest);
	return result;
}

static void print_begin(const struct spool_folder *folder, struct buf *out)
{
	char head[SPOOL_HEAD_SIZE + 1];

	spool_head_print(&(struct spool_head){ 0 }, head);
	buf_add_text(out, head);
	if (folder->header)
		spool_header_print(folder->header, out);
}

size_t spool_folder_begin_size(const struct spool_folder *folder)
{
	auto_buf struct buf begin = buf_make(SPOOL_BEGIN_MAX);

	print_begin(folder, &begin);
	return begin.len;
}

struct spool_item *spool_folder_add(struct spool_folder *folder, int64_t period_s,
				    struct clock_pair now, struct err *err)
{
	struct spool_item  *item = mem_alloc(sizeof(*item));
	auto_buf struct buf begin = buf_make(SPOOL_BEGIN_MAX);
	char		    name[SPOOL_NAME_SIZE];

	*item = (struct spool_item){
		.period_s = period_s, .is_open = true, .fd = -1, .opened = now.mono
	};
	if (take_number(folder, &item->number, err) < 0) {
		spool_item_free(item);
		return NULL;
	}
	name_of(item, name);
	print_begin(folder, &begin);
	item->fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (item->fd >= 0 && write_all(item->fd, buf_str(&begin), 0) == 0) {
		item->size = begin.len;
		return item;
	}
	err_sys(err, "cannot write '%s/%s'", folder->path, name);
	if (item->fd >= 0)
		spool_folder_remove(folder, item);
	spool_item_free(item);
	return NULL;
}

int spool_folder_seal(struct spool_folder *folder, struct spool_item *item, struct err *err)
{
	char from[SPOOL_NAME_SIZE], to[SPOOL_NAME_SIZE];

	name_of(item, from);
	spool_name_print(&(struct spool_name){ .period_s = item->period_s, .number = item->number },
			 to);
	if (item->fd < 0)
		item->fd = openat(folder->fd, from, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (item->fd < 0)
		return err_sys(err, "cannot open '%s/%s'", folder->path, from);
	if (ftruncate(item->fd, (off_t)item->size) < 0)
		return err_sys(err, "cannot write '%s/%s'", folder->path, from);
	if (spool_item_write_head(item, &item->head, err) < 0)
		return -1;
	if (item->is_open && renameat(folder->fd, from, folder->fd, to) < 0)
		return err_sys(err, "cannot rename '%s/%s'", folder->path, from);
	item->is_open = item->is_full = false;
	(void)fsync(folder->fd);
	mem_close_at(&item->fd);
	item->fd = -1;
	return 0;
}

int spool_folder_set_aside(struct spool_folder *folder, struct spool_item *item, struct err *err)
{
	char from[SPOOL_NAME_SIZE], to[SPOOL_NAME_SIZE];

	name_of(item, from);
	item->is_aside = true;
	name_of(item, to);
	if (renameat(folder->fd, from, folder->fd, to) == 0)
		return 0;
	item->is_aside = false;
	return err_sys(err, "cannot rename '%s/%s'", folder->path, from);
}

int64_t spool_folder_written_s(const struct spool_folder *folder, const struct spool_item *item)
{
	char	    name[SPOOL_NAME_SIZE];
	struct stat info;

	name_of(item, name);
	return fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_mtime : 0;
}

void spool_folder_remove(struct spool_folder *folder, const struct spool_item *item)
{
	char name[SPOOL_NAME_SIZE];

	name_of(item, name);
	(void)unlinkat(folder->fd, name, 0);
}

int spool_folder_load(struct spool_folder *folder, struct spool_item *item, char **text,
		      size_t *len, struct err *err)
{
	char name[SPOOL_NAME_SIZE];

	name_of(item, name);
	item->fd = openat(folder->fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (item->fd < 0)
		return err_sys(err, "cannot open '%s/%s'", folder->path, name);
	if (read_text(item, text, len, err) == 0)
		return 0;
	mem_close_at(&item->fd);
	item->fd = -1;
	return -1;
}
