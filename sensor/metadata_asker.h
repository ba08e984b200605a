/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that asks the instance metadata on the sensor's behalf, and what it and the sensor say to each other:
 * datagrams of one size each.  A question that has no good answer yet is asked again, ever less often: a network
 * card that was just attached is there before the metadata know it.
 */
#pragma once

#include "sensor/metadata.h"

enum metadata_topic { METADATA_INSTANCE, METADATA_ENI };

/* From the sensor. */
struct metadata_question {
	uint8_t topic;	       /* enum metadata_topic */
	uint8_t mac[MAC_SIZE]; /* METADATA_ENI: whose */
};

/* To the sensor, which trusts none of it. */
struct metadata_answer {
	uint8_t topic, state; /* enum metadata_topic, enum metadata_state */
	char	why[512];     /* of the instance, when it is not known */
	union {
		struct identity	    identity;
		struct metadata_eni eni;
	};
};

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
