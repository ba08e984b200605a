/* SPDX-License-Identifier: Apache-2.0 */
/* What tells this host from all others in what is delivered. */
#pragma once

#include "lib/base/buf.h"
#include "sensor/identity/identity.h"

enum { HOST_NAME_SIZE = 128 };

/* The instance-id; outside EC2 /etc/machine-id, and where there is none what the host calls itself. */
void host_name_find(const struct identity *identity, char out[static HOST_NAME_SIZE]);
