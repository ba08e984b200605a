/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/gateway.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"

/* Sends the request for all IPv4 routes that leave by the interface. */
static int ask_for_routes(int fd, uint32_t ifindex)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg	route;
		struct rtattr	attribute;
		uint32_t	ifindex;
	} request = { 0 };
	int on = 1;

	/* So the kernel looks for the interface itself; one before 4.20 sends all that there are. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	request.header.nlmsg_len = sizeof(request);
	request.header.nlmsg_type = RTM_GETROUTE;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.route.rtm_family = AF_INET;
	request.attribute.rta_len = RTA_LENGTH(sizeof(request.ifindex));
	request.attribute.rta_type = RTA_OIF;
	request.ifindex = ifindex;
	return send(fd, &request, sizeof(request), 0) < 0 ? -1 : 0;
}

static bool goes_by(const struct nlmsghdr *message, uint32_t ifindex, struct ip ip)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	int		    left = (int)RTM_PAYLOAD(message);
	uint32_t	    by = 0;
	struct ip	    gateway = { 0 };

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return false;
	for (const struct rtattr *at = RTM_RTA(route); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (RTA_PAYLOAD(at) != sizeof(by))
			continue;
		if (at->rta_type == RTA_OIF)
			memcpy(&by, RTA_DATA(at), sizeof(by));
		else if (at->rta_type == RTA_GATEWAY)
			gateway = ip_from_bytes(IP_V4, RTA_DATA(at));
	}
	return by == ifindex && gateway.family == IP_V4 && ip_eq(gateway, ip);
}

bool gateway_is(uint32_t ifindex, struct ip ip)
{
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	union {
		struct nlmsghdr header;
		char		bytes[32768];
	} answer;
	bool	found = false, more = fd >= 0 && ask_for_routes(fd, ifindex) == 0;
	ssize_t got;

	while (more && (got = recv(fd, &answer, sizeof(answer), 0)) > 0) {
		const struct nlmsghdr *at = &answer.header;

		for (; NLMSG_OK(at, got); at = NLMSG_NEXT(at, got)) {
			more &= at->nlmsg_type != NLMSG_DONE && at->nlmsg_type != NLMSG_ERROR;
			found |= at->nlmsg_type == RTM_NEWROUTE && goes_by(at, ifindex, ip);
		}
	}
	return found;
}
