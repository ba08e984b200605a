/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flows of the windows that are still open.  Open addressing over a dense array; all memory is taken at
 * start, so adding never allocates and being full is an answer.  A flow is identified by its key and its
 * window, so flows of several windows may be there at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/flow_abi.h"
#include "lib/base/err.h"

struct flow {
	struct flow_key	  key;	  /* cpu is 0 */
	int64_t		  window; /* its number: windows since 1970 */
	struct flow_count count;  /* times in wall-clock nanoseconds since 1970 */
};

struct flow_table;

struct flow_table *flow_table_new(size_t max_flows) MUST_USE;
void		   flow_table_free(struct flow_table *table);
size_t flow_table_memory_bytes(size_t max_flows); /* taken at start, touched when used */

/*
 * Merges each, in their order, into the flow of the same key and window, or makes it.  Returns how many:
 * fewer than count when the next one is new and there is no room.  Many at once are faster than one by one.
 */
size_t flow_table_add(struct flow_table *table, const struct flow *flows, size_t count) MUST_USE;
size_t flow_table_count(const struct flow_table *table);

/* Of those that are there, in the order in which they were made. */
const struct flow *flow_table_at(const struct flow_table *table, size_t index);

/* The lowest window number among the flows; INT64_MAX when there are none. */
int64_t flow_table_oldest(const struct flow_table *table);

/* A negative return stops the walk; *err is set. */
typedef int flow_fn(void *context, const struct flow *flow, struct err *err);

/*
 * Hands out the flows of all windows before limit, by window, first packet and key, and forgets them.  When
 * each fails they all stay.
 */
int flow_table_close(struct flow_table *table, int64_t limit, flow_fn *each, void *context,
		     struct err *err) MUST_USE;
