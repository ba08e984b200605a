/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target states a property of a function that reads bytes we did not write.  libFuzzer calls it
 * (tests/fuzz/run); tests/fuzz/replay.c feeds it the corpus.  A property that does not hold aborts.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROPERTY(condition)                                                                        \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
