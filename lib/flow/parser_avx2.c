/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/parser.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "lib/flow/quad.h"

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

static bool is_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2");
}

enum { VECTOR = 64, UNROLLED = 4 };

static inline AVX2 uint64_t mask_of(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
							     << 32;
}

/* base + the place of each bit, in order; what is written behind them does not matter. */
static inline AVX2 uint32_t store_bits(uint64_t bits, uint32_t base, uint32_t *out)
{
	uint32_t count = (uint32_t)__builtin_popcountll(bits);

	for (uint32_t i = 0; i < count; i += UNROLLED) {
		for (uint32_t j = 0; j < UNROLLED; j++) {
			out[i + j] = base + (uint32_t)_tzcnt_u64(bits);
			bits = _blsr_u64(bits);
		}
	}
	return count;
}

static AVX2 void cut(const char *text, uint32_t from, uint32_t to, struct cuts *out)
{
	const __m256i space = _mm256_set1_epi8(' '), newline = _mm256_set1_epi8('\n');
	uint64_t      odd = 0, before = 1; /* before: whether the byte before was an end */
	uint32_t      count = 0, lines = 0;

	out->ends[0] = from - 1;
	for (uint32_t at = from; at < to; at += VECTOR) {
		__m256i	 low = _mm256_loadu_si256((const void *)(text + at));
		__m256i	 high = _mm256_loadu_si256((const void *)(text + at + VECTOR / 2));
		uint64_t inside = to - at >= VECTOR ? UINT64_MAX : _bzhi_u64(UINT64_MAX, to - at);
		uint64_t ends = inside &
				mask_of(_mm256_cmpeq_epi8(_mm256_min_epu8(low, space), low),
					_mm256_cmpeq_epi8(_mm256_min_epu8(high, space), high));
		uint64_t newlines = inside & mask_of(_mm256_cmpeq_epi8(low, newline),
						     _mm256_cmpeq_epi8(high, newline));
		uint64_t spaces = mask_of(_mm256_cmpeq_epi8(low, space),
					  _mm256_cmpeq_epi8(high, space));

		odd |= (ends & ~(spaces | newlines)) | (ends & (ends << 1 | before));
		before = ends >> 63;
		for (; newlines; newlines = _blsr_u64(newlines))
			out->lines[lines++] = count + 1 +
					      (uint32_t)__builtin_popcountll(
						      ends & (newlines ^ (newlines - 1)) >> 1);
		count += store_bits(ends, at, out->ends + 1 + count);
	}
	out->odd = odd != 0;
	out->end_count = count;
	out->line_count = lines;
}

/* Bytes that are no digits. */
static inline AVX2 uint32_t others(__m256i bytes)
{
	__m256i values = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
	__m256i digits = _mm256_cmpeq_epi8(_mm256_min_epu8(values, _mm256_set1_epi8(9)), values);

	return ~(uint32_t)_mm256_movemask_epi8(digits);
}

static AVX2 uint32_t survey(const char *text, uint32_t len, uint32_t *heads, uint32_t *head_count)
{
	enum { HALF = VECTOR / 2 };
	const __m256i newline = _mm256_set1_epi8('\n');
	uint32_t      lines = 0, count = 0, before = 1; /* whether the byte before was a newline */

	for (uint32_t at = 0; at < len; at += HALF) {
		__m256i	 bytes = _mm256_loadu_si256((const void *)(text + at));
		uint32_t inside = len - at >= HALF ? UINT32_MAX : _bzhi_u32(UINT32_MAX, len - at);
		uint32_t newlines = inside & (uint32_t)_mm256_movemask_epi8(
						     _mm256_cmpeq_epi8(bytes, newline));
		uint32_t begins = (newlines << 1 | before) & inside;

		before = newlines >> 31;
		lines += (uint32_t)__builtin_popcount(newlines);
		if (!begins)
			continue;
		begins &= others(bytes);
		count += store_bits(begins, at, heads + count);
	}
	*head_count = count;
	return lines;
}

#define QUAD AVX2
#include "lib/flow/quad.inc"

const struct parser_ops parser_avx2 = {
	.is_here = is_here, .cut = cut, .survey = survey, .v4 = v4
};

#else

static bool is_here(void)
{
	return false;
}

const struct parser_ops parser_avx2 = { .is_here = is_here };

#endif
