/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/mem.h"

/* Newer than the headers that this may be built with (5.19, 6.2). */
#define ACCESS_REFER	(UINT64_C(1) << 13)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

/* What ABI 1 knows, but for reading; a later ABI has more bits. */
static uint64_t access_of(long abi)
{
	uint64_t access = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			  LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			  LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
			  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
			  LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
			  LANDLOCK_ACCESS_FS_MAKE_SYM;

	return access | (abi >= 2 ? ACCESS_REFER : 0) | (abi >= 3 ? ACCESS_TRUNCATE : 0);
}

/* Below a folder everything but to execute. */
static int allow(int ruleset, const char *folder, uint64_t access, struct err *err)
{
	auto_close int			  fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };

	rule.allowed_access = access & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	if (fd >= 0 &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
		return 0;
	return err_sys(err, "cannot be limited to '%s'", folder);
}

int confine_writes(const char *const *folders, size_t count, struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = { .handled_access_fs = access_of(abi) };
	auto_close int		     ruleset = -1;

	if (abi < 0)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return err_sys(err, "cannot limit where is written");
	for (size_t i = 0; i < count; i++)
		if (allow(ruleset, folders[i], attr.handled_access_fs, err) < 0)
			return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_sys(err, "cannot limit where is written");
	return 1;
}
