/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seeded capture for benchmarks: classic pcap, Ethernet, 96 bytes kept of each frame, packets evenly over
 * two minutes.  A flow begins every packets / flows packets; 40 % of the rest belong to a thousand lasting
 * flows, the others to one of the 50,000 that began last: a long tail, and more flows than caches hold.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define MADE_CAPTURE_HOST    "172.16.0.10" /* to which all packets go, from ever so many */
#define MADE_CAPTURE_HOST_V6 "2001:db8::10"

struct made_capture {
	uint64_t packets, flows; /* exactly so many; every tenth flow is of IPv6 */
	uint64_t seed;
};

/* Writes the file; false: the stream failed. */
int made_capture_write(const struct made_capture *what, FILE *out);
