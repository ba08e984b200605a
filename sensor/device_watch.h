/* SPDX-License-Identifier: Apache-2.0 */
/* News of the host's interfaces, for those who would not see it on their packets that one has gone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

/* A descriptor that is readable when an interface has come, gone or changed; the caller closes it. */
int device_watch_open(struct err *err) MUST_USE;

/* Takes the news, which says no more than that there is some.  Whether there was. */
bool device_watch_take(int fd);

bool device_is_there(uint32_t ifindex);
