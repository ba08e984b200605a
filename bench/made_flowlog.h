/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seeded flow log for benchmarks, of the hosts of made_estate.  A window of five minutes after another; in
 * each, interfaces come in runs as AWS's files have them.  The load of interfaces and of peers follows Zipf's
 * law; a third of the web tier's records are scans that were rejected; short connections have a client port
 * each, so that every third record or so is a group by source, destination and port of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* v2: the default format.  v5: 29 fields in the order of AWS's published record of S3 through an internet gateway. */
enum made_format { MADE_V2, MADE_V5 };

struct made_flowlog {
	uint64_t	 lines; /* records; the header line is one more */
	uint64_t	 seed;
	enum made_format format;
	bool		 gzip;
	uint64_t	 member_bytes; /* gzip: text in a member; 0: all in one */
};

/* Writes the log; -1: the stream failed. */
int made_flowlog_write(const struct made_flowlog *what, FILE *out);
