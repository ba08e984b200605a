/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that asks the instance metadata on the sensor's behalf.  A question that has no good answer yet is
 * asked again, ever less often: a network card that was just attached is there before the metadata know it.
 */
#pragma once

#include "sensor/identity/metadata_answer.h"

enum { METADATA_QUESTIONS_MAX = 256 };

/* A question that waits for its next turn. */
struct metadata_waiting {
	uint8_t	 mac[MAC_SIZE];
	uint8_t	 told;	   /* enum metadata_state + 1 of the last answer; 0: none */
	uint32_t attempts; /* so far */
	uint64_t due_ns;   /* monotonic */
};

/* In memory that outlives the process, so that one that begins again goes on.  A zeroed one is ready. */
struct metadata_asker {
	_Atomic uint64_t	restarts;
	struct metadata_waiting waiting[METADATA_QUESTIONS_MAX];
	size_t			count;
};

/* child_args.run; the context is a struct metadata_asker. */
int metadata_asker_run(void *context, int fd, struct err *err);
