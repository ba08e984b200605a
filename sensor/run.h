/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the sensor, from its options to its exit status. */
#pragma once

#include "sensor/args.h"

/*
 * Captures until SIGINT, SIGTERM or the end of its terminal, or reads a file to its end; args is a struct sensor_args.
 * Speaks on stderr: a line when it is ready, one when eBPF is refused, one for each window and interface that lost
 * something, a summary with every counter at the end and on SIGUSR1.
 */
int sensor_run(const void *args, char **operands, struct err *err);
