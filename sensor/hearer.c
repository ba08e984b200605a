/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/hearer.h"

#include <poll.h>
#include <unistd.h>

bool hearer_is_there(int wait_ms)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, wait_ms) > 0;
}
