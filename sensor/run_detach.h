/* SPDX-License-Identifier: Apache-2.0 */
/* Removes what a killed sensor left on interfaces. */
#pragma once

#include "sensor/args.h"

/* On those that are named, else on all of this host.  Says on stdout what it found. */
int run_detach(const struct sensor_args *args, struct err *err) MUST_USE;
