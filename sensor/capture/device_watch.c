/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/device_watch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

int device_watch_open(bool addresses, struct err *err)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (addresses)
		address.nl_groups |= RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	err_sys(err, "cannot watch the interfaces");
	if (fd >= 0)
		close(fd);
	return -1;
}

bool device_watch_take(int fd)
{
	char	bytes[8192];
	bool	news = false;
	ssize_t got;

	/* ENOBUFS: there was more than the socket holds, which is news too. */
	do {
		got = recv(fd, bytes, sizeof(bytes), 0);
		news |= got > 0 || errno == ENOBUFS;
	} while (got > 0 || errno == ENOBUFS || errno == EINTR);
	return news;
}

bool device_is_there(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name) != NULL;
}
