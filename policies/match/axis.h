/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that a rule asks of a packet beside its peer, as one number: protocol with destination port, or
 * with ICMP type and code.  What a rule covers is then a few ranges of numbers, and a policy's ranges cut the
 * line into columns in which all of its rules say the same.
 *
 *	0…       TCP port             AXIS_OTHER    protocol without ports
 *	AXIS_UDP UDP port             AXIS_ICMP     (type + 1) × 512 + code + 1; -1 is "not known"
 */
#pragma once

#include "policies/rules/packet.h"

enum {
	AXIS_UDP = 1 << 16,
	AXIS_OTHER = 2 << 16,
	AXIS_ICMP = 1 << 18,
	AXIS_ICMPV6 = 2 << 18,
	AXIS_ICMP_ROW = 512,
	AXIS_END = 3 << 18
};

uint32_t axis_key(const struct packet *packet);

/* The columns of a policy; the first starts at 0. */
struct axis {
	uint32_t *starts;
	size_t	  count, capacity;
};

/* A range of keys, or of columns: first … last. */
struct cover {
	uint32_t first, last;
	bool	 maybe; /* covered if the type and code that are not known are the rule's */
};

enum { COVERS_MAX = 4 };

struct header {
	int16_t		  protocol;
	struct port_range ports;
	int16_t		  icmp_type, icmp_code; /* a code only with a type */
};

/* The keys that packet_match says YES or MAYBE to; how many ranges. */
size_t header_covers(const struct header *header, struct cover covers[static COVERS_MAX]);

void axis_add(struct axis *axis, const struct header *header);
void axis_cut(struct axis *axis, uint32_t first, uint32_t last); /* a range of keys */
void axis_close(struct axis *axis);				 /* after the last cut */
void axis_done(struct axis *axis);

size_t axis_column(const struct axis *axis, uint32_t key);

/* From keys to columns; the range must have been cut. */
struct cover axis_columns(const struct axis *axis, struct cover keys);
