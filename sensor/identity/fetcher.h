/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that fetches what the sensor judges by: every so often a snapshot of the instance's own VPCs, only the
 * calls that judging needs, which takes the old one's place whole.  A fetch that fails leaves the old one, and is
 * tried again sooner.  Counts on the board.
 *
 * When it asks differs from one process to the next by chance: thousands of them are started at once.
 */
#pragma once

#include "policies/fetch/fetch.h"
#include "sensor/board.h"
#include "sensor/eni.h"

enum { FETCHER_EVERY_MIN_S = 60 };

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

/* … until the first. */
uint64_t fetcher_first_wait_ms(uint64_t every_s, uint64_t chance);
