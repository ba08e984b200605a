/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames as libpcap or a packet socket hands them over, live or from a file → flows.  A table of link types
 * says where the IP header is; bpf/parse.h does the rest, as in the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/parse.h"
#include "sensor/capture/fragment.h"
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
	uint16_t       gso_size;  /* payload of one segment, where offloading merged many; else 0 */
	uint16_t       headers_end; /* of a segment, inside a tunnel too; 0: as parsed */
	uint8_t	       tags;	    /* VLAN tags that the device took off */
};

/*
 * What one frame is.  Fills packet and count (times included) for PARSE_FLOW only; the direction is
 * FLOW_UNKNOWN unless the link layer tells it.
 */
enum parse_result link_parse(const struct link *link, const struct link_frame *frame,
			     struct flow_packet *packet, struct flow_count *count);

enum { LINK_BATCH = 64 };

/* Flows of single packets on their way into the windows: many at once are cheaper than one by one. */
struct link_batch {
	struct windows	 *windows; /* borrowed, as stats is */
	struct stats	 *stats;
	struct fragments *fragments;  /* owned */
	struct wall	  begin, end; /* of the window of the packet before */
	int64_t		  window;
	size_t		  count;
	struct flow	  flows[LINK_BATCH];
};

void link_batch_init(struct link_batch *batch, struct windows *windows, struct stats *stats);
void link_batch_done(struct link_batch *batch); /* drops what was not flushed */
int  link_flush(struct link_batch *batch, struct err *err) MUST_USE;

/* Where the frames of one handle come from and go to; all borrowed. */
struct link_source {
	const struct link  *link;
	const struct eni   *eni;
	enum flow_direction direction; /* of all its frames; FLOW_UNKNOWN: ask each */
	struct link_batch  *batch;
};

/* Counts a frame and adds it to its flow, at the latest with the next link_flush. */
int link_take(const struct link_source *source, const struct link_frame *frame,
	      struct err *err) MUST_USE;
