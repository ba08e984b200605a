/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/tc.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/mark.h"
#include "lib/base/mem.h"

/* Ahead of what others attach by default (49152 and below): a filter that ends the chain hides us. */
enum { FIRST_PRIORITY = 1, SLOT_COUNT = 8 };

#define FILTER_HANDLE 0x77656972 /* "weir" */

/* Of the names of our programs. */
#define OUR_PREFIX "flow_"

static struct bpf_tc_hook hook_of(uint32_t ifindex, enum bpf_tc_attach_point point)
{
	struct bpf_tc_hook hook;

	/* libbpf wants padding to be zero too. */
	memset(&hook, 0, sizeof(hook));
	hook.sz = sizeof(hook);
	hook.ifindex = (int)ifindex;
	hook.attach_point = point;
	return hook;
}

static struct bpf_tc_opts opts_of(uint32_t priority)
{
	struct bpf_tc_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.handle = FILTER_HANDLE;
	opts.priority = priority;
	return opts;
}

/* A descriptor that holds the slot, or -1 when another sensor does. */
static int hold_slot(uint32_t ifindex, uint32_t priority)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int		   fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int		   len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
					  "weir-sensor/tc/%u/%u", ifindex, priority);

	if (fd >= 0 &&
	    bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Sends the request for a dump of the filters of one hook. */
static int ask_for_filters(uint32_t ifindex, uint32_t parent)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg	tc;
	} request = { 0 };
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int	       result;

	request.header.nlmsg_len = sizeof(request);
	request.header.nlmsg_type = RTM_GETTFILTER;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.tc.tcm_ifindex = (int)ifindex;
	request.tc.tcm_parent = parent;
	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		return -1;
	result = fd;
	fd = -1;
	return result;
}

static uint32_t parent_of(enum bpf_tc_attach_point point)
{
	return TC_H_MAKE(TC_H_CLSACT, point == BPF_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

/* An attribute of a list of them, or NULL. */
static const struct rtattr *find_attribute(const struct rtattr *list, size_t size, unsigned type)
{
	size_t left = size;

	for (const struct rtattr *at = list; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	return NULL;
}

/* Whose a filter with our handle and priority is. */
enum owner { OWNER_NONE, OWNER_US, OWNER_OTHER };

/* By the name that libbpf gives a filter: that of its program.  To look at that itself takes CAP_SYS_ADMIN. */
static enum owner owner_of_filter(const struct nlmsghdr *message, uint32_t priority)
{
	const struct tcmsg  *tc = NLMSG_DATA(message);
	const struct rtattr *options, *name = NULL;

	if (message->nlmsg_type != RTM_NEWTFILTER ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)) || tc->tcm_handle != FILTER_HANDLE ||
	    TC_H_MAJ(tc->tcm_info) >> 16 != priority)
		return OWNER_NONE;
	options = find_attribute(TCA_RTA(tc), TCA_PAYLOAD(message), TCA_OPTIONS);
	if (options)
		name = find_attribute(RTA_DATA(options), RTA_PAYLOAD(options), TCA_BPF_NAME);
	return name && RTA_PAYLOAD(name) > strlen(OUR_PREFIX) &&
			       memcmp(RTA_DATA(name), OUR_PREFIX, strlen(OUR_PREFIX)) == 0
		       ? OWNER_US
		       : OWNER_OTHER;
}

/* What the kernel does not tell is refused by it, too, when it is attached to or removed. */
static enum owner owner_of(uint32_t ifindex, enum bpf_tc_attach_point point, uint32_t priority)
{
	auto_close int fd = ask_for_filters(ifindex, parent_of(point));
	enum owner     owner = OWNER_NONE;
	bool	       more = fd >= 0;
	union {
		struct nlmsghdr header;
		char		bytes[32768];
	} answer;

	while (more) {
		const struct nlmsghdr *at = &answer.header;
		ssize_t		       got = recv(fd, &answer, sizeof(answer), 0);

		more = got > 0;
		for (; NLMSG_OK(at, got); at = NLMSG_NEXT(at, got)) {
			enum owner found = owner_of_filter(at, priority);

			owner = found == OWNER_NONE ? owner : found;
			more &= at->nlmsg_type != NLMSG_DONE && at->nlmsg_type != NLMSG_ERROR;
		}
	}
	return owner;
}

static int attach(uint32_t ifindex, enum bpf_tc_attach_point point, uint32_t priority, int fd)
{
	struct bpf_tc_hook hook = hook_of(ifindex, point);
	struct bpf_tc_opts opts = opts_of(priority);

	if (owner_of(ifindex, point, priority) == OWNER_OTHER)
		return -EEXIST;
	opts.prog_fd = fd;
	opts.flags = BPF_TC_F_REPLACE;
	return bpf_tc_attach(&hook, &opts);
}

static void detach(uint32_t ifindex, enum bpf_tc_attach_point point, uint32_t priority)
{
	struct bpf_tc_hook hook = hook_of(ifindex, point);
	struct bpf_tc_opts opts = opts_of(priority);

	/* The interface may be gone, and the filter with it. */
	(void)bpf_tc_detach(&hook, &opts);
}

/* Whether the dump of a hook holds no filter; false also when that cannot be learnt. */
static bool is_empty(uint32_t ifindex, uint32_t parent)
{
	auto_close int fd = ask_for_filters(ifindex, parent);
	union {
		struct nlmsghdr header;
		char		bytes[32768];
	} answer;
	ssize_t got = fd < 0 ? -1 : recv(fd, &answer, sizeof(answer), 0);

	/* Without filters the first message is the end of the dump. */
	return got >= (ssize_t)sizeof(answer.header) && answer.header.nlmsg_type == NLMSG_DONE;
}

static void remove_qdisc(const struct tc *tc)
{
	struct bpf_tc_hook hook = hook_of(tc->ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (tc->made_qdisc && is_empty(tc->ifindex, parent_of(BPF_TC_INGRESS)) &&
	    is_empty(tc->ifindex, parent_of(BPF_TC_EGRESS)))
		(void)bpf_tc_hook_destroy(&hook);
}

/* Both programs at one priority, or none. */
static int attach_both(uint32_t ifindex, uint32_t priority, int ingress_fd, int egress_fd)
{
	int result = attach(ifindex, BPF_TC_INGRESS, priority, ingress_fd);

	if (result < 0)
		return result;
	result = attach(ifindex, BPF_TC_EGRESS, priority, egress_fd);
	if (result < 0)
		detach(ifindex, BPF_TC_INGRESS, priority);
	return result;
}

int tc_attach(struct tc *tc, uint32_t ifindex, int ingress_fd, int egress_fd, struct err *err)
{
	struct bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct tc	   made = { .ifindex = ifindex, .slot_fd = -1 };
	int		   result = bpf_tc_hook_create(&hook);

	made.made_qdisc = result == 0;
	if (result < 0 && result != -EEXIST) {
		errno = -result;
		return err_sys(err, "cannot add a clsact qdisc");
	}
	result = -EBUSY;
	/* A slot whose priority others took for another kind of filter is refused: try the next. */
	for (uint32_t i = 0; i < SLOT_COUNT; i++) {
		made.priority = FIRST_PRIORITY + i;
		made.slot_fd = hold_slot(ifindex, made.priority);
		if (made.slot_fd < 0)
			continue;
		result = attach_both(ifindex, made.priority, ingress_fd, egress_fd);
		if (result == 0) {
			*tc = made;
			return 0;
		}
		made.is_behind = true;
		close(made.slot_fd);
	}
	remove_qdisc(&made);
	errno = -result;
	return err_sys(err, "cannot attach to the clsact hooks");
}

void tc_detach(struct tc *tc)
{
	if (tc->slot_fd < 0)
		return;
	detach(tc->ifindex, BPF_TC_INGRESS, tc->priority);
	detach(tc->ifindex, BPF_TC_EGRESS, tc->priority);
	remove_qdisc(tc);
	close(tc->slot_fd);
	tc->slot_fd = -1;
}

/* Of a slot that no sensor holds. */
static int remove_left_over(uint32_t ifindex, uint32_t priority, unsigned *removed, struct err *err)
{
	static const enum bpf_tc_attach_point points[] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		if (owner_of(ifindex, points[i], priority) != OWNER_US)
			continue;
		detach(ifindex, points[i], priority);
		if (owner_of(ifindex, points[i], priority) == OWNER_US)
			return err_set(err, ERR_SYSTEM, "cannot remove what was left behind");
		(*removed)++;
	}
	return 0;
}

int tc_remove_left_over(uint32_t ifindex, unsigned *removed, struct err *err)
{
	*removed = 0;
	for (uint32_t priority = FIRST_PRIORITY; priority < FIRST_PRIORITY + SLOT_COUNT;
	     priority++) {
		auto_close int slot_fd = hold_slot(ifindex, priority);

		if (slot_fd >= 0 && remove_left_over(ifindex, priority, removed, err) < 0)
			return -1;
	}
	return 0;
}
