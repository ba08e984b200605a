/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that nobody thought of: the corpus of fuzz_parse, and changes at random to frames that are known. */
#pragma once

#include <dirent.h>
#include <linux/if_ether.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mark.h"
#include "tests/unit/frames.h"

/* From the root of the repository, where tests/run starts every test. */
#define INPUT_FOLDER "tests/fuzz/corpus/parse"

enum {
	INPUT_HEAD = 2,	      /* bytes before the frame in an input */
	INPUT_SIZE_MAX = 3000 /* the kernel takes frames of somewhat less than a page */
};

/* Hands over each input; how many there were, up to the first that cannot be read. */
static inline unsigned for_each_input(void (*check)(const char *name, const uint8_t *bytes,
						    uint32_t size))
{
	uint8_t	       bytes[INPUT_SIZE_MAX];
	char	       path[512];
	unsigned       count = 0;
	DIR	      *folder = opendir(INPUT_FOLDER);
	struct dirent *entry = folder ? readdir(folder) : NULL;

	for (; entry; entry = readdir(folder)) {
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), INPUT_FOLDER "/%s", entry->d_name);
		file = fopen(path, "rb");
		if (!file)
			break;
		check(entry->d_name, bytes, (uint32_t)fread(bytes, 1, sizeof(bytes), file));
		fclose(file);
		count++;
	}
	if (folder)
		closedir(folder);
	return count;
}

static inline uint32_t below(uint32_t limit)
{
	return (uint32_t)rand() % limit;
}

/* Where headers are; half of the time among the first, which decide how the rest is read. */
static inline uint32_t header_offset(uint32_t size)
{
	return below(below(2) && size > 60 ? 60 : size);
}

/* Numbers that mean something to a parser: protocols and header lengths, EtherTypes, fragment offsets. */
static inline void set_meaningful(uint8_t *bytes, uint32_t size)
{
	static const uint8_t  octets[] = { 0,  1,  4,  5,  6,  17, 41,	43,  44,  47,  50,
					   51, 58, 59, 60, 69, 79, 132, 135, 139, 140, 255 };
	static const uint16_t pairs[] = { 0,	  1,	  7,	  8,	  20,	  28,	  40,
					  0x0800, 0x1fff, 0x2000, 0x3fff, 0x4000, 0x8100, 0x86dd,
					  0x88a8, 0xfff6, 0xfff8, 0xfffe, 0xffff };
	uint32_t	      offset = header_offset(size - 1);
	uint16_t	      pair = pairs[below(ARRAY_LEN(pairs))];

	if (below(2)) {
		bytes[offset] = octets[below(ARRAY_LEN(octets))];
	} else {
		bytes[offset] = (uint8_t)(pair >> 8);
		bytes[offset + 1] = (uint8_t)pair;
	}
}

/* Changes a frame in one place; its new size. */
static inline uint32_t mutate(uint8_t *bytes, uint32_t size)
{
	switch (below(6)) {
	case 0:
		bytes[header_offset(size)] ^= (uint8_t)(1U << below(8));
		return size;
	case 1:
		bytes[header_offset(size)] = (uint8_t)rand();
		return size;
	case 2:
		return ETH_HLEN + below(size - ETH_HLEN + 1);
	case 3: /* what an earlier one cut off may come back */
		return size + below(FRAME_SIZE_MAX - size + 1) / 4;
	default:
		set_meaningful(bytes, size);
		return size;
	}
}
