/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/call_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALWAYS = 0, TESTS_MAX = 3 };

/* The type of a socket without SOCK_CLOEXEC and SOCK_NONBLOCK. */
#define SOCKET_TYPE 0xf

/* A call, with what its arguments have to be. */
struct allowed {
	int		    call;
	unsigned	    needs; /* ALWAYS, or for any of these */
	unsigned	    test_count;
	struct scmp_arg_cmp tests[TESTS_MAX];
};

/* The low half: the upper one of an int is anything. */
#define IS(index, value)                                                                           \
	{                                                                                          \
		(index), SCMP_CMP_MASKED_EQ, UINT32_MAX, (value)                                   \
	}
#define HAS(index, mask, value)                                                                    \
	{                                                                                          \
		(index), SCMP_CMP_MASKED_EQ, (mask), (value)                                       \
	}
#define BPF(command)                                                                               \
	{                                                                                          \
		SCMP_SYS(bpf), NEED_MAPS, 1,                                                       \
		{                                                                                  \
			IS(0, (command))                                                           \
		}                                                                                  \
	}

static const struct allowed calls[] = {
	{ SCMP_SYS(read), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(write), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(writev), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(lseek), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(close), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(fstat), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(newfstatat),
	  ALWAYS,
	  1,
	  { HAS(3, AT_EMPTY_PATH, AT_EMPTY_PATH) } }, /* glibc's fstat */
	{ SCMP_SYS(poll), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(ppoll), ALWAYS, 0, { { 0 } } }, /* poll, where that is no call */
	{ SCMP_SYS(restart_syscall), ALWAYS, 0, { { 0 } } },
	/* Memory, but none that is code. */
	{ SCMP_SYS(brk), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(mmap), ALWAYS, 1, { HAS(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(mprotect), ALWAYS, 1, { HAS(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(munmap), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(mremap), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(madvise), ALWAYS, 0, { { 0 } } },
	/* The kernel's clock, where it cannot be read without a call. */
	{ SCMP_SYS(clock_gettime), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(gettimeofday), ALWAYS, 0, { { 0 } } },
	/* To end, also by abort. */
	{ SCMP_SYS(exit), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(exit_group), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(futex), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(getpid), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(gettid), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(rt_sigprocmask), ALWAYS, 0, { { 0 } } },
	{ SCMP_SYS(rt_sigreturn), ALWAYS, 0, { { 0 } } },
	/* if_indextoname asks through a socket that is connected to nothing. */
	{ SCMP_SYS(socket), NEED_LIVE, 2, { IS(0, AF_UNIX), HAS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	{ SCMP_SYS(ioctl), NEED_LIVE, 1, { IS(1, SIOCGIFNAME) } },
	{ SCMP_SYS(recvfrom), NEED_LIVE, 0, { { 0 } } },
	{ SCMP_SYS(epoll_ctl), NEED_LIVE, 0, { { 0 } } },
	{ SCMP_SYS(epoll_wait), NEED_LIVE, 0, { { 0 } } },
	{ SCMP_SYS(epoll_pwait), NEED_LIVE, 0, { { 0 } } },
	BPF(BPF_MAP_LOOKUP_ELEM),
	BPF(BPF_MAP_GET_NEXT_KEY),
	BPF(BPF_MAP_DELETE_ELEM),
	BPF(BPF_MAP_LOOKUP_AND_DELETE_BATCH),
	BPF(BPF_PROG_TEST_RUN),
	{ SCMP_SYS(membarrier), NEED_MAPS, 0, { { 0 } } },
	{ SCMP_SYS(getsockopt), NEED_PACKET, 0, { { 0 } } },
	/* What libpcap asks when an interface goes, and how it gives its ring back. */
	{ SCMP_SYS(ioctl), NEED_PACKET, 1, { IS(1, SIOCGIFFLAGS) } },
	{ SCMP_SYS(getsockname), NEED_PACKET | NEED_FILTERS, 0, { { 0 } } },
	{ SCMP_SYS(setsockopt), NEED_PACKET, 1, { IS(1, SOL_PACKET) } },
	{ SCMP_SYS(socket),
	  NEED_FILTERS,
	  3,
	  { IS(0, AF_NETLINK), HAS(1, SOCKET_TYPE, SOCK_RAW), IS(2, NETLINK_ROUTE) } },
	{ SCMP_SYS(setsockopt), NEED_FILTERS, 1, { IS(1, SOL_NETLINK) } },
	{ SCMP_SYS(bind), NEED_FILTERS, 0, { { 0 } } },
	{ SCMP_SYS(sendto), NEED_FILTERS, 0, { { 0 } } },
	{ SCMP_SYS(recvmsg), NEED_FILTERS, 0, { { 0 } } },
};

static int add_calls(scmp_filter_ctx filter, unsigned needs)
{
	int result = 0;

	for (size_t i = 0; i < ARRAY_LEN(calls) && result == 0; i++)
		if (calls[i].needs == ALWAYS || calls[i].needs & needs)
			result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i].call,
							calls[i].test_count, calls[i].tests);
	/* What abort calls, for this process alone. */
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return result;
}

int call_filter_load(unsigned needs, struct err *err)
{
	scmp_filter_ctx filter;
	int		result;

	if (CALL_FILTER_OFF)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	result = filter ? 0 : -ENOMEM;
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (result == 0)
		result = add_calls(filter, needs);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result == 0)
		return 0;
	errno = -result;
	return err_sys(err, "cannot limit the system calls");
}
