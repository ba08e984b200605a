/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 81 shapes that a dotted quad can have (each number has one to three digits), found by where its dots
 * and its end stand, for the parsers that read one with a few vector instructions.
 */
#pragma once

#include <stdint.h>

enum { QUAD_LEN_MAX = 15, QUAD_SLOTS = 256 };

struct quad_shape {
	uint8_t shuffle[16]; /* byte of the text → four lanes of hundreds, tens, ones, nothing */
	uint8_t lead[16];    /* 0xff where a digit must not be 0: the first of several */
};

struct quad_table {
	struct quad_shape shapes[QUAD_SLOTS];
	uint16_t	  stops[QUAD_SLOTS]; /* bits of the dots and the end; 0: a free slot */
};

/* Made at the program's start. */
extern struct quad_table quad_table;

/* Stops → slot: a multiplier under which the 81 shapes are apart (searched for; quad.c checks it). */
static inline unsigned quad_slot(uint32_t stops)
{
	return stops * UINT32_C(0xe3cbbbcb) >> 24;
}
