/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that fetches what the sensor judges by: every so often a snapshot of the instance's own VPCs, only the
 * calls that judging needs, which takes the old one's place whole.  A fetch that fails leaves the old one, and is
 * tried again sooner.  Counts on the board.
 *
 * So does one that may not read any more what the old one has, for a while: that rules cannot be read says nothing
 * about them, and what they were some minutes ago, with its age told, is worth more than nothing.  But it makes the
 * rest old too, which may have changed; so after FETCHER_KEEP_S the new one takes its place, and what hangs on the
 * gap is unknown.
 *
 * When it asks differs from one process to the next by chance: thousands of them are started at once.
 */
#pragma once

#include "policies/fetch/fetch.h"
#include "sensor/board.h"
#include "sensor/eni.h"

enum { FETCHER_EVERY_MIN_S = 60, FETCHER_KEEP_S = 6 * 3600 };

struct fetcher {
	char	    folder[512], path[544]; /* where this process may write; the snapshot in it */
	char	    region[AWS_REGION_SIZE];
	char	    vpcs[FETCH_VPCS_MAX][ENI_WORD_SIZE];
	size_t	    vpc_count;
	uint64_t    every_s;
	const char *profile, *endpoint_url; /* borrowed; or NULL */
	struct board_model *board;	    /* borrowed */
};

/* child_args.run; the context is a struct fetcher. */
int fetcher_run(void *context, int fd, struct err *err);

/* Milliseconds until the next fetch: chance is any number; failures: since the last that went well, or the start. */
uint64_t fetcher_wait_ms(uint64_t every_s, unsigned failures, uint64_t chance);

/* Whether a snapshot of then is kept now in the place of one that lacks something: up to two intervals, if longer. */
bool fetcher_is_kept(uint64_t every_s, int64_t taken_s, int64_t now_s);

/* … until the first. */
uint64_t fetcher_first_wait_ms(uint64_t every_s, uint64_t chance);
