/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

struct child child_run(int (*run)(const void *context), const void *context)
{
	struct mono   before = clock_now().mono;
	struct rusage usage;
	struct child  out = { .status = -1 };
	int	      status;
	pid_t	      child;

	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(run(context));
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return out;
	if (WIFEXITED(status))
		out.status = WEXITSTATUS(status);
	out.wall_s = (double)(clock_now().mono.ns - before.ns) / 1e9;
	out.cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
	out.peak_mib = (double)usage.ru_maxrss / 1024;
	return out;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double child_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return values[count / 2];
}
