/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/process_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/process.skel.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

enum { HOOK_COUNT = 4 };

struct process_watch {
	struct process_bpf *skel;
	struct bpf_link	   *links[HOOK_COUNT];
};

/*
 * A mount that nobody else sees, and that ends with its descriptor: `ip netns exec` hides the mount that there is,
 * and hosts with the first version of cgroups have none.  Root may; a service with few capabilities may not.
 */
static int mount_cgroup(void)
{
	int fs = fsopen("cgroup2", FSOPEN_CLOEXEC), mount = -1;

	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	mem_close_at(&fs);
	return mount;
}

/* The first mount of cgroup2; one with blanks in its name, which stand as \040 there, is not found. */
static int open_cgroup(struct err *err)
{
	auto_buf struct buf mounts = buf_make(1 << 22);
	struct str	    rest;
	int		    fd;

	if (file_read("/proc/self/mounts", mounts.max, &mounts, err) < 0)
		return -1;
	rest = buf_str(&mounts);
	while (rest.len) {
		struct str line = str_cut(&rest, '\n');
		struct str path;
		char	   name[256];

		(void)str_cut(&line, ' ');
		path = str_cut(&line, ' ');
		if (!str_is(str_cut(&line, ' '), "cgroup2") || path.len >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", STR_ARG(path));
		fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? err_sys(err, "cannot open '%s'", name) : fd;
	}
	fd = mount_cgroup();
	return fd < 0 ? err_set(err, ERR_SYSTEM, "cgroup2 is not mounted") : fd;
}

static int load(struct process_watch *watch, int processes, struct err *err)
{
	int result;

	watch->skel = process_bpf__open();
	if (!watch->skel)
		return err_sys(err, "cannot open the program");
	result = bpf_map__reuse_fd(watch->skel->maps.processes, processes);
	if (result == 0)
		result = process_bpf__load(watch->skel);
	if (result == 0)
		return 0;
	errno = -result;
	return err_sys(err, "the kernel does not load the program");
}

static int attach(struct process_watch *watch, int cgroup, struct err *err)
{
	struct bpf_program *const programs[HOOK_COUNT] = { watch->skel->progs.process_connect4,
							   watch->skel->progs.process_connect6,
							   watch->skel->progs.process_sendmsg4,
							   watch->skel->progs.process_sendmsg6 };

	for (size_t i = 0; i < HOOK_COUNT; i++) {
		watch->links[i] = bpf_program__attach_cgroup(programs[i], cgroup);
		if (!watch->links[i])
			return err_sys(err, "cannot attach to the root of the cgroups");
	}
	return 0;
}

struct process_watch *process_watch_open(int processes, struct err *err)
{
	struct process_watch *watch = mem_alloc(sizeof(*watch));
	int		      cgroup = open_cgroup(err);
	bool		      failed = cgroup < 0 || load(watch, processes, err) < 0 ||
		      attach(watch, cgroup, err) < 0;

	mem_close_at(&cgroup);
	if (!failed)
		return watch;
	process_watch_close(watch);
	return NULL;
}

void process_watch_close(struct process_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < HOOK_COUNT; i++)
		(void)bpf_link__destroy(watch->links[i]);
	process_bpf__destroy(watch->skel);
	free(watch);
}
