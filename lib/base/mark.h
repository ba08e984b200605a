/* SPDX-License-Identifier: Apache-2.0 */
/* Marks for declarations, and the length of an array: what only a macro can do. */
#pragma once

#include <stddef.h>

#define MUST_USE	       __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NO_RETURN	       __attribute__((noreturn))
#define ARRAY_LEN(array)       (sizeof(array) / sizeof((array)[0]))
