/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that a process has together with those it forks from then on. */
#pragma once

#include <stddef.h>

#include "lib/base/err.h"

/* Zeroed.  Lives until the last process that has it ends. */
void *shared_memory_new(size_t size, struct err *err) MUST_USE;
void  shared_memory_free(void *memory, size_t size); /* accepts NULL */
