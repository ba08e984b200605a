/* SPDX-License-Identifier: Apache-2.0 */
/* News of the host's interfaces: that one has come, gone or changed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

/*
 * A descriptor that is readable when an interface has come, gone or changed, with `addresses` also when its IPv4
 * addresses or routes did; the caller closes it.
 */
int device_watch_open(bool addresses, struct err *err) MUST_USE;

/* Takes the news, which says no more than that there is some.  Whether there was. */
bool device_watch_take(int fd);

bool device_is_there(uint32_t ifindex);
