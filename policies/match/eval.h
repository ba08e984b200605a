/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the answers to many flows, each way for one kind of processor.  All do the same: the interval of
 * the peer, the interval of the key, the cell where they meet.  eval_scalar is the one to read first.
 */
#pragma once

#include "policies/match/matcher.h"
#include "policies/match/plane.h"

struct eval_ops {
	const char *name;
	bool (*is_here)(void); /* whether this processor can */
	void (*v4)(const struct plane *const *planes, const struct match_v4 *flows, size_t count,
		   uint16_t *answers);
	void (*v6)(const struct plane *const *planes, const struct match_v6 *flows, size_t count,
		   uint16_t *answers);
};

/* Where there is no such processor, is_here is false and there are no functions. */
extern const struct eval_ops eval_scalar, eval_avx2, eval_avx512;

/* The last steps, which all ways share. */
uint32_t eval_low_row(const struct plane *plane, uint32_t row, uint64_t lo);

/* How many flows are looked up together: IPv4 of whatever sides, and others. */
enum { EVAL_MIXTURE = 32, EVAL_SOME = 16 };

/* How many flows from the first have its side. */
size_t eval_run_length(const struct match_v4 *flows, size_t count);

#define ALWAYS_INLINE __attribute__((always_inline))

static inline uint16_t eval_cell(const struct plane *plane, size_t row, size_t column)
{
	return plane->cells[plane->rows_v4[row] + plane->columns[column]];
}
