/* SPDX-License-Identifier: Apache-2.0 */
/* A program in a process of its own, and what it cost: benchmarks that stand several beside one another. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct child {
	double cpu_s; /* user and system, of it and what it waited for */
	double wall_s;
	double peak_mib; /* resident */
	bool   ok;	 /* it ended with 0 */
};

/* run is called in the child and its result is the exit status; it may exec, then it returns on failure. */
struct child child_run(int (*run)(const void *context), const void *context);

double child_median(double *values, size_t count); /* sorts them */
