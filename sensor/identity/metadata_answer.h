/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor and the process that asks the metadata say to each other: datagrams of one size each. */
#pragma once

#include "sensor/identity/metadata.h"

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

/* Whether all of it can stand in records, names and paths: who asks has read what others wrote. */
bool metadata_answer_is_sane(const struct metadata_answer *answer);
