/* SPDX-License-Identifier: Apache-2.0 */
/* A program in a process of its own, and what it cost: benchmarks that stand several beside one another. */
#pragma once

#include <stddef.h>

struct child {
	double cpu_s; /* user and system */
	double wall_s;
	double peak_mib; /* resident */
	int    status;	 /* exit status; -1: it was killed, or could not begin */
};

/* What a shell says of a program that is not there. */
enum { CHILD_NOT_FOUND = 127 };

/* run is called in the child and its result is the exit status; it may exec, and returns where that fails. */
struct child child_run(int (*run)(const void *context), const void *context);

double child_median(double *values, size_t count); /* sorts them */
