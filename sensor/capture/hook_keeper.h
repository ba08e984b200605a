/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How eBPF attaches to interfaces, in the process that may (sensor/capture/device_keeper.h).  A link of TCX is the sensor's,
 * as two descriptors; filters of clsact, which are nobody's, stay with the process: it removes them.
 */
#pragma once

#include "sensor/capture/device_work.h"

/* The numbers of what is given: the programs for frames with a link-layer header, or without; ingress, egress. */
enum hook_programs { HOOK_PROGRAMS_ETHERNET, HOOK_PROGRAMS_IP, HOOK_PROGRAMS_COUNT };

extern const struct device_ops hook_keeper;
