/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/service/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)

/* For this process, when WATCHDOG_PID says for whom; 0: none. */
static uint64_t watchdog_ns(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t    number;

	if (pid && (str_u64(str_of(pid), INT32_MAX, &number) < 0 || number != (uint64_t)getpid()))
		return 0;
	if (str_u64(str_of(getenv("WATCHDOG_USEC")), UINT64_MAX / NS_PER_US, &number) < 0)
		return 0;
	return number * NS_PER_US;
}

int notify_open(struct notify *notify, struct err *err)
{
	const char	  *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t		   len = path ? strlen(path) : 0;

	*notify = NOTIFY_NONE;
	if (!len)
		return 0;
	if (len >= sizeof(name.sun_path) || (path[0] != '/' && path[0] != '@'))
		return err_set(err, ERR_INPUT, "NOTIFY_SOCKET: '%s' is no socket of this host",
			       path);
	memcpy(name.sun_path, path, len);
	/* A name without a file begins with NUL. */
	if (path[0] == '@')
		name.sun_path[0] = '\0';
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify->fd < 0 ||
	    connect(notify->fd, (const struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		err_sys(err, "NOTIFY_SOCKET: cannot reach '%s'", path);
		notify_close(notify);
		return -1;
	}
	notify->interval_ns = watchdog_ns() / 2;
	return 0;
}

void notify_close(struct notify *notify)
{
	mem_close_at(&notify->fd);
	*notify = NOTIFY_NONE;
}

void notify_say(struct notify *notify, const char *message)
{
	if (notify->fd >= 0)
		(void)!write(notify->fd, message, strlen(message));
}

void notify_turn(struct notify *notify, struct mono now)
{
	if (!notify->interval_ns || now.ns - notify->turned_ns < notify->interval_ns)
		return;
	notify->turned_ns = now.ns;
	notify_say(notify, "WATCHDOG=1");
}

bool notify_wants_status(const struct notify *notify, struct mono now)
{
	return notify->fd >= 0 && now.ns - notify->said_ns >= NOTIFY_STATUS_S * NS_PER_S;
}

void notify_status(struct notify *notify, const char *status, struct mono now)
{
	char message[sizeof(notify->said) + sizeof("STATUS=")];

	notify->said_ns = now.ns;
	if (strncmp(status, notify->said, sizeof(notify->said) - 1) == 0)
		return;
	snprintf(notify->said, sizeof(notify->said), "%s", status);
	snprintf(message, sizeof(message), "STATUS=%s", notify->said);
	notify_say(notify, message);
}
