/* SPDX-License-Identifier: Apache-2.0 */
/* weir-sensor --check-privileges. */
#pragma once

#include "sensor/args.h"
#include "sensor/capture/capture.h"

/*
 * Opens each backend that --backend allows, on the interfaces that are named or else on the loopback device, and
 * closes it again: a kernel, a container or a security module may refuse what the capabilities allow.  Says on
 * stdout what is needed and there.  0: what --backend asks for can be had; 1: not so; -1: *err is set.
 */
int run_check(const struct sensor_args *args, const struct capture_ops *const *backends,
	      size_t count, struct err *err);
