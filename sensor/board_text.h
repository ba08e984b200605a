/* SPDX-License-Identifier: Apache-2.0 */
/* A text on the board (sensor/board.h): nobody waits for whoever writes it. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

/* The last of something, with its time: written whole by one process, whichever of its threads. */
struct board_text {
	_Atomic uint32_t turn; /* odd: it is being written */
	int64_t		 time_s;
	char		 text[256]; /* harmless bytes only; "": there was none */
};

/* Cut off when it is longer; what is not printable becomes harmless. */
void board_say(struct board_text *place, int64_t time_s, struct str text);

/* A harmless copy that was written whole, with its time; false: there was none, or it is being written all the time. */
bool board_read(const struct board_text *place, struct board_text *out);
