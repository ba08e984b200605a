/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames as libpcap hands them over, live or from a file → flows.  A table of link types says where the IP
 * header is; bpf/parse.h does the rest, as in the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/flow_abi.h"
#include "sensor/eni.h"
#include "sensor/stats.h"
#include "sensor/window.h"

struct link;

/* By libpcap's DLT_ number; NULL when frames of that type are not understood. */
const struct link *link_find(int type);

struct link_frame {
	struct wall    time;
	const uint8_t *bytes;	  /* borrowed */
	uint32_t       size;	  /* captured */
	uint32_t       wire_size; /* at least size */
};

/*
 * What one frame is.  Writes key and count (of this one packet, times included) for PARSE_FLOW only; the
 * direction is FLOW_UNKNOWN unless the link layer tells it.
 */
enum parse_result link_parse(const struct link *link, const struct link_frame *frame,
			     struct flow_key *key, struct flow_count *count, bool *fragment);

/* Where the frames of one handle come from and go to; all borrowed. */
struct link_source {
	const struct link  *link;
	const struct eni   *eni;
	enum flow_direction direction; /* of all its frames; FLOW_UNKNOWN: ask each */
	struct windows	   *windows;
	struct stats	   *stats;
};

/* Counts a frame and adds it to its flow. */
int link_take(const struct link_source *source, const struct link_frame *frame,
	      struct err *err) MUST_USE;
