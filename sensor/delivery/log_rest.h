/* SPDX-License-Identifier: Apache-2.0 */
/* What of a batch, whose first attempt was in doubt, is not in its stream yet. */
#pragma once

#include "lib/aws/logs.h"

/*
 * Takes the events that the stream has out of the list, each as often as it is there; the others stay in their
 * order.  Sets *count to how many these are.
 */
int log_rest_find(const struct aws_logs *logs, struct str stream, struct aws_logs_event *events,
		  size_t *count, struct err *err) MUST_USE;
