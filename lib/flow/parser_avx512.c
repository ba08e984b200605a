/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/parser.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "lib/flow/quad.h"

#define AVX512                                                                                     \
	__attribute__((                                                                            \
		target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,bmi,bmi2,"       \
		       "popcnt")))

static bool is_here(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
	       __builtin_cpu_supports("bmi2");
}

enum { VECTOR = 64, LANES = 16 };

/* base + the place of each bit, in order; what is written behind them does not matter. */
static inline AVX512 void store_bits(uint64_t bits, uint32_t base, uint32_t *out)
{
	const __m512i places = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
		42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22,
		21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	__m512i packed = _mm512_maskz_compress_epi8(bits, places);
	__m512i start = _mm512_set1_epi32((int)base);
	int	count = __builtin_popcountll(bits);

	_mm512_storeu_si512(
		out, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed))));
	if (__builtin_expect(count <= LANES, 1))
		return;
	_mm512_storeu_si512(out + LANES,
			    _mm512_add_epi32(start, _mm512_cvtepu8_epi32(
							    _mm512_extracti32x4_epi32(packed, 1))));
	_mm512_storeu_si512(out + 2 * LANES,
			    _mm512_add_epi32(start, _mm512_cvtepu8_epi32(
							    _mm512_extracti32x4_epi32(packed, 2))));
	_mm512_storeu_si512(out + 3 * LANES,
			    _mm512_add_epi32(start, _mm512_cvtepu8_epi32(
							    _mm512_extracti32x4_epi32(packed, 3))));
}

static AVX512 void cut(const char *text, uint32_t from, uint32_t to, struct cuts *out)
{
	const __m512i space = _mm512_set1_epi8(' '), newline = _mm512_set1_epi8('\n');
	uint64_t      odd = 0, before = 1; /* before: whether the byte before was an end */
	uint32_t      count = 0, lines = 0;

	out->ends[0] = from - 1;
	for (uint32_t at = from; at < to; at += VECTOR) {
		__m512i	 bytes = _mm512_loadu_si512(text + at);
		uint64_t inside = to - at >= VECTOR ? UINT64_MAX : _bzhi_u64(UINT64_MAX, to - at);
		uint64_t ends = _mm512_cmple_epu8_mask(bytes, space) & inside;
		uint64_t newlines = _mm512_cmpeq_epi8_mask(bytes, newline) & inside;
		uint64_t spaces = _mm512_cmpeq_epi8_mask(bytes, space);

		odd |= (ends & ~(spaces | newlines)) | (ends & (ends << 1 | before));
		before = ends >> 63;
		store_bits(ends, at, out->ends + 1 + count);
		store_bits(_pext_u64(newlines, ends), count + 1, out->lines + lines);
		count += (uint32_t)__builtin_popcountll(ends);
		lines += (uint32_t)__builtin_popcountll(newlines);
	}
	out->odd = odd != 0;
	out->end_count = count;
	out->line_count = lines;
}

static AVX512 uint32_t survey(const char *text, uint32_t len, uint32_t *heads, uint32_t *head_count)
{
	uint64_t before = 1; /* whether the byte before was a newline */
	uint32_t lines = 0, count = 0;

	for (uint32_t at = 0; at < len; at += VECTOR) {
		__m512i	 bytes = _mm512_loadu_si512(text + at);
		uint64_t inside = len - at >= VECTOR ? UINT64_MAX : _bzhi_u64(UINT64_MAX, len - at);
		uint64_t newlines = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')) & inside;
		uint64_t begins = (newlines << 1 | before) & inside;
		uint64_t digits = _mm512_cmplt_epu8_mask(
			_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
		uint64_t found = begins & ~digits;

		before = newlines >> 63;
		lines += (uint32_t)__builtin_popcountll(newlines);
		if (!found)
			continue;
		store_bits(found, at, heads + count);
		count += (uint32_t)__builtin_popcountll(found);
	}
	*head_count = count;
	return lines;
}

#define QUAD AVX512
#include "lib/flow/quad.inc"

const struct parser_ops parser_avx512 = {
	.is_here = is_here, .cut = cut, .survey = survey, .v4 = v4
};

#else

static bool is_here(void)
{
	return false;
}

const struct parser_ops parser_avx512 = { .is_here = is_here };

#endif
