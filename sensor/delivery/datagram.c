/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/datagram.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 5 };

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == DATAGRAM_PATH_MAX + 1,
	       "as long as an address takes");

int datagram_init(struct datagram *datagram, struct str path, struct err *err)
{
	if (path.len == 0 || path.ptr[0] != '/' || path.len > DATAGRAM_PATH_MAX)
		return err_set(err, ERR_USAGE,
			       "socket: expected a path from '/' on, of at most %d bytes",
			       DATAGRAM_PATH_MAX);
	*datagram = (struct datagram){ .fd = -1 };
	memcpy(datagram->path, path.ptr, path.len);
	return 0;
}

static int connect_to(struct datagram *datagram, struct err *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un   address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, datagram->path, sizeof(address.sun_path));
	datagram->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (datagram->fd >= 0 &&
	    setsockopt(datagram->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(datagram->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	err_sys(err, "cannot connect to '%s'", datagram->path);
	datagram_close(datagram);
	return -1;
}

enum notice_fate datagram_send(struct datagram *datagram, struct str bytes, struct err *err)
{
	ssize_t sent;

	if (datagram->fd < 0 && connect_to(datagram, err) < 0)
		return NOTICE_LATER;
	do
		sent = send(datagram->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return NOTICE_TAKEN;
	err_sys(err, "'%s' does not take %zu bytes", datagram->path, bytes.len);
	if (err->sys_errno == EMSGSIZE)
		return NOTICE_REFUSED;
	datagram_close(datagram);
	return NOTICE_LATER;
}

void datagram_close(struct datagram *datagram)
{
	if (datagram->fd >= 0)
		close(datagram->fd);
	datagram->fd = -1;
}
