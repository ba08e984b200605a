/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/tcx.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/mem.h"

/*
 * The kernel's own names for these are newer than the headers and the libbpf that this may be built with.
 * The numbers are of its ABI.
 */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47, BEFORE = 1 << 3 };

/* The part of union bpf_attr that BPF_LINK_CREATE reads for these hooks. */
struct link_create {
	uint32_t prog_fd;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative_fd; /* 0, with BEFORE: before all */
	uint32_t zero;
	uint64_t expected_revision;
};

/* A descriptor of the link, or -errno. */
static int attach(uint32_t ifindex, uint32_t type, int prog_fd)
{
	struct link_create create = { .prog_fd = (uint32_t)prog_fd,
				      .ifindex = ifindex,
				      .attach_type = type,
				      .flags = BEFORE };
	long		   fd = syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));

	return fd < 0 ? -errno : (int)fd;
}

int tcx_attach(struct tcx *tcx, uint32_t ifindex, int ingress_fd, int egress_fd)
{
	struct tcx made = { -1, -1 };

	made.ingress_fd = attach(ifindex, TCX_INGRESS, ingress_fd);
	if (made.ingress_fd < 0)
		return made.ingress_fd;
	made.egress_fd = attach(ifindex, TCX_EGRESS, egress_fd);
	if (made.egress_fd < 0) {
		close(made.ingress_fd);
		return made.egress_fd;
	}
	*tcx = made;
	return 0;
}

void tcx_detach(struct tcx *tcx)
{
	mem_close_at(&tcx->ingress_fd);
	mem_close_at(&tcx->egress_fd);
}
