/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost FD COMMAND…: runs the command, tells on the descriptor what it took, and ends as it did:
 *
 *	CPU-SECONDS PEAK-MIB
 *
 * Small itself: a process inherits the peak of the one that it was forked from, and an interpreter's is large.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/child.h"
#include "lib/base/str.h"

static int run_command(const void *context)
{
	char *const *argv = context;

	execvp(argv[0], argv);
	perror(argv[0]);
	return CHILD_NOT_FOUND;
}

int main(int argc, char **argv)
{
	struct child child;
	uint64_t     fd;

	if (argc < 3 || str_u64(str_of(argv[1]), INT32_MAX, &fd) < 0) {
		fputs("usage: cost FD COMMAND…\n", stderr);
		return 2;
	}
	child = child_run(run_command, argv + 2);
	if (dprintf((int)fd, "%.6f %.3f\n", child.cpu_s, child.peak_mib) < 0)
		return 2;
	return child.status < 0 ? 1 : child.status;
}
