/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPDK's rte_acl on the same rules and tuples.  Built without libdpdk, rival_open says that it is not here.
 */
#pragma once

#include "bench/work.h"

enum { RIVAL_METHODS_MAX = 5 };

struct rival; /* rules, built */
struct rival_input;

bool rival_open(void); /* once */

/* CPU seconds and bytes of building go out.  NULL when it cannot be built. */
struct rival *rival_build(const struct work *work, double *seconds, size_t *bytes);
void	      rival_free(struct rival *rival);

struct rival_input *rival_input_new(const struct work_tuple *tuples, size_t count);
void		    rival_input_free(struct rival_input *input);

const char *rival_method_text(size_t method);
bool	    rival_use(struct rival *rival, size_t method); /* false: not on this processor */

/* results: 1 + index of the first rule that matches, or 0. */
void rival_classify(const struct rival *rival, const struct rival_input *input, uint32_t *results);
