/* SPDX-License-Identifier: Apache-2.0 */
/* Whose socket a flow belongs to, as the kernel knew it when the socket was opened. */
#pragma once

#include <stdint.h>

enum { PROCESS_NAME_SIZE = 16 };

struct process {
	uint32_t pid, uid;
	char	 comm[PROCESS_NAME_SIZE]; /* whatever the process calls itself; ends in NUL */
};
