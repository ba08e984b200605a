/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/call_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ALWAYS = 0,
	TESTS_MAX = 3,
	ANY_FILES = NEED_READ_FILES | NEED_FILES,
	ANY_SOCKETS = NEED_NETWORK | NEED_SERVE | NEED_LOCAL,
	ANY_DEVICES = NEED_ATTACH | NEED_SOCKETS
};

/* What makes an open one that only reads. */
#define OPEN_WRITES (O_ACCMODE | O_CREAT | O_TRUNC)

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
#define BPF(command, needs)                                                                        \
	{                                                                                          \
		SCMP_SYS(bpf), (needs), 1,                                                         \
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
	BPF(BPF_MAP_LOOKUP_ELEM, NEED_MAPS),
	BPF(BPF_MAP_GET_NEXT_KEY, NEED_MAPS),
	BPF(BPF_MAP_DELETE_ELEM, NEED_MAPS),
	BPF(BPF_MAP_LOOKUP_AND_DELETE_BATCH, NEED_MAPS),
	BPF(BPF_PROG_TEST_RUN, NEED_MAPS),
	{ SCMP_SYS(membarrier), NEED_MAPS, 0, { { 0 } } },
	{ SCMP_SYS(getsockopt), NEED_PACKET, 0, { { 0 } } },
	/* What libpcap asks when an interface goes, and how it gives its ring back. */
	{ SCMP_SYS(ioctl), NEED_PACKET, 1, { IS(1, SIOCGIFFLAGS) } },
	{ SCMP_SYS(getsockname), NEED_PACKET, 0, { { 0 } } },
	{ SCMP_SYS(setsockopt), NEED_PACKET, 1, { IS(1, SOL_PACKET) } },
	/* What is attached to interfaces that came later comes through a socket. */
	{ SCMP_SYS(recvmsg), NEED_LIVE, 0, { { 0 } } },
};

/* Of the processes beside the sensor, and of a sensor with files to read. */
static const struct allowed more_calls[] = {
	{ SCMP_SYS(openat),
	  NEED_READ_FILES | NEED_NETWORK | NEED_LOCAL,
	  1,
	  { HAS(2, OPEN_WRITES, O_RDONLY) } },
	{ SCMP_SYS(openat), NEED_FILES, 0, { { 0 } } },
#define FOR(call, needs)                                                                           \
	{                                                                                          \
		SCMP_SYS(call), (needs), 0,                                                        \
		{                                                                                  \
			{                                                                          \
				0                                                                  \
			}                                                                          \
		}                                                                                  \
	}
	FOR(newfstatat, ANY_FILES | NEED_NETWORK),
	FOR(statx, ANY_FILES | NEED_NETWORK),
	FOR(stat, ANY_FILES | NEED_NETWORK),
	FOR(lstat, ANY_FILES | NEED_NETWORK),
	FOR(access, ANY_FILES | NEED_NETWORK),
	FOR(faccessat, ANY_FILES | NEED_NETWORK),
	FOR(faccessat2, ANY_FILES | NEED_NETWORK),
	FOR(readlink, ANY_FILES | NEED_NETWORK),
	FOR(readlinkat, ANY_FILES | NEED_NETWORK),
	FOR(getcwd, ANY_FILES | NEED_NETWORK),
	FOR(getdents64, ANY_FILES | NEED_NETWORK),
	FOR(pread64, ANY_FILES | NEED_NETWORK),
	FOR(fadvise64, ANY_FILES | NEED_NETWORK),
	FOR(statfs, ANY_FILES | NEED_NETWORK),
	FOR(fstatfs, ANY_FILES | NEED_NETWORK),
	FOR(inotify_init1, ANY_FILES),
	FOR(inotify_add_watch, ANY_FILES),
	FOR(inotify_rm_watch, ANY_FILES),
	FOR(open, NEED_FILES),
	FOR(mkdir, NEED_FILES),
	FOR(mkdirat, NEED_FILES),
	FOR(rmdir, NEED_FILES),
	FOR(unlink, NEED_FILES),
	FOR(unlinkat, NEED_FILES),
	FOR(rename, NEED_FILES),
	FOR(renameat, NEED_FILES),
	FOR(renameat2, NEED_FILES),
	FOR(fsync, NEED_FILES),
	FOR(fdatasync, NEED_FILES),
	FOR(ftruncate, NEED_FILES),
	FOR(fallocate, NEED_FILES),
	FOR(pwrite64, NEED_FILES),
	FOR(flock, NEED_FILES),
	FOR(chmod, NEED_FILES),
	FOR(fchmod, NEED_FILES),
	FOR(fchmodat, NEED_FILES),
	FOR(umask, NEED_FILES),
	/* A thread is no new process: those would not share memory. */
	{ SCMP_SYS(clone), NEED_THREADS | NEED_NETWORK, 1, { HAS(0, CLONE_THREAD, CLONE_THREAD) } },
	FOR(set_robust_list, NEED_THREADS | NEED_NETWORK),
	FOR(rseq, NEED_THREADS | NEED_NETWORK),
	FOR(sched_getaffinity, NEED_THREADS | NEED_NETWORK),
	FOR(sched_yield, NEED_THREADS | NEED_NETWORK),
	FOR(prctl, NEED_THREADS | NEED_NETWORK),
	{ SCMP_SYS(socket), NEED_NETWORK, 2, { IS(0, AF_INET), HAS(1, SOCKET_TYPE, SOCK_STREAM) } },
	{ SCMP_SYS(socket), NEED_NETWORK, 2, { IS(0, AF_INET), HAS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	{ SCMP_SYS(socket),
	  NEED_NETWORK,
	  2,
	  { IS(0, AF_INET6), HAS(1, SOCKET_TYPE, SOCK_STREAM) } },
	{ SCMP_SYS(socket), NEED_NETWORK, 2, { IS(0, AF_INET6), HAS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	/* For resolvers: nscd and systemd-resolved, and which addresses this host has. */
	{ SCMP_SYS(socket),
	  NEED_NETWORK | NEED_LOCAL,
	  2,
	  { IS(0, AF_UNIX), HAS(1, SOCKET_TYPE, SOCK_STREAM) } },
	{ SCMP_SYS(socket),
	  NEED_NETWORK | NEED_LOCAL,
	  2,
	  { IS(0, AF_UNIX), HAS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	{ SCMP_SYS(socket),
	  NEED_NETWORK,
	  3,
	  { IS(0, AF_NETLINK), HAS(1, SOCKET_TYPE, SOCK_RAW), IS(2, NETLINK_ROUTE) } },
	FOR(socketpair, NEED_NETWORK),
	FOR(connect, NEED_NETWORK | NEED_LOCAL),
	FOR(bind, NEED_NETWORK),
	FOR(sendto, ANY_SOCKETS),
	FOR(sendmsg, ANY_SOCKETS),
	FOR(sendmmsg, ANY_SOCKETS),
	FOR(recvfrom, ANY_SOCKETS),
	FOR(recvmsg, ANY_SOCKETS),
	FOR(recvmmsg, ANY_SOCKETS),
	FOR(setsockopt, ANY_SOCKETS),
	FOR(getsockopt, ANY_SOCKETS),
	FOR(getsockname, ANY_SOCKETS),
	FOR(getpeername, ANY_SOCKETS),
	FOR(shutdown, ANY_SOCKETS),
	FOR(accept4, NEED_SERVE),
	FOR(accept, NEED_SERVE),
	FOR(listen, NEED_SERVE),
	{ SCMP_SYS(ioctl), ANY_SOCKETS, 1, { IS(1, FIONREAD) } },
	{ SCMP_SYS(ioctl), ANY_SOCKETS, 1, { IS(1, FIONBIO) } },
	FOR(fcntl, ANY_FILES | ANY_SOCKETS),
	FOR(dup, ANY_FILES | ANY_SOCKETS),
	FOR(pipe2, NEED_NETWORK),
	FOR(eventfd2, ANY_SOCKETS | NEED_THREADS),
	FOR(epoll_create1, ANY_SOCKETS),
	FOR(epoll_ctl, ANY_SOCKETS),
	FOR(epoll_wait, ANY_SOCKETS),
	FOR(epoll_pwait, ANY_SOCKETS),
	FOR(select, ANY_SOCKETS),
	FOR(pselect6, ANY_SOCKETS),
	FOR(timerfd_create, ANY_SOCKETS),
	FOR(timerfd_settime, ANY_SOCKETS),
	FOR(nanosleep, ANY_SOCKETS | NEED_FILES | NEED_THREADS),
	FOR(clock_nanosleep, ANY_SOCKETS | NEED_FILES | NEED_THREADS),
	FOR(getrandom, ANY_SOCKETS | NEED_FILES | NEED_THREADS),
	FOR(rt_sigaction, ANY_SOCKETS | NEED_FILES | NEED_THREADS),
	FOR(sysinfo, ANY_SOCKETS | NEED_FILES | NEED_THREADS),
	FOR(uname, ANY_SOCKETS | NEED_FILES),
	FOR(getuid, ANY_SOCKETS | NEED_FILES),
	FOR(geteuid, ANY_SOCKETS | NEED_FILES),
	FOR(getgid, ANY_SOCKETS | NEED_FILES),
	FOR(getegid, ANY_SOCKETS | NEED_FILES),
	FOR(getppid, ANY_SOCKETS | NEED_FILES),
	FOR(times, NEED_NETWORK),
	/* A broken connection's signal is kept from the thread (lib/aws/http.c). */
	FOR(rt_sigpending, NEED_NETWORK),
	FOR(rt_sigtimedwait, NEED_NETWORK),
	FOR(getrusage, ANY_SOCKETS),
	/* Which interfaces are there and what they are: by netlink, and by sockets that are connected to nothing. */
	{ SCMP_SYS(socket), ANY_DEVICES, 2, { IS(0, AF_UNIX), HAS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	{ SCMP_SYS(socket),
	  ANY_DEVICES,
	  3,
	  { IS(0, AF_NETLINK), HAS(1, SOCKET_TYPE, SOCK_RAW), IS(2, NETLINK_ROUTE) } },
	{ SCMP_SYS(setsockopt), ANY_DEVICES, 1, { IS(1, SOL_NETLINK) } },
	{ SCMP_SYS(ioctl), ANY_DEVICES, 1, { IS(1, SIOCGIFNAME) } },
	{ SCMP_SYS(ioctl), ANY_DEVICES, 1, { IS(1, SIOCGIFINDEX) } },
	{ SCMP_SYS(ioctl), ANY_DEVICES, 1, { IS(1, SIOCGIFFLAGS) } },
	FOR(bind, ANY_DEVICES),
	FOR(getsockname, ANY_DEVICES),
	FOR(sendto, ANY_DEVICES),
	FOR(sendmsg, ANY_DEVICES),
	FOR(recvfrom, ANY_DEVICES),
	FOR(recvmsg, ANY_DEVICES),
	/* Whether a device stands behind one: that a name is there, not what. */
	FOR(access, ANY_DEVICES),
	FOR(faccessat, ANY_DEVICES),
	FOR(faccessat2, ANY_DEVICES),
	BPF(BPF_LINK_CREATE, NEED_ATTACH),
	/* The name of our program, for that of its filter. */
	BPF(BPF_OBJ_GET_INFO_BY_FD, NEED_ATTACH),
	{ SCMP_SYS(socket), NEED_SOCKETS, 2, { IS(0, AF_PACKET), HAS(1, SOCKET_TYPE, SOCK_RAW) } },
	{ SCMP_SYS(setsockopt), NEED_SOCKETS, 1, { IS(1, SOL_PACKET) } },
	{ SCMP_SYS(setsockopt), NEED_SOCKETS, 2, { IS(1, SOL_SOCKET), IS(2, SO_ATTACH_FILTER) } },
#undef FOR
};

static int add_table(scmp_filter_ctx filter, const struct allowed *table, size_t count,
		     unsigned needs)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		if (table[i].needs == ALWAYS || table[i].needs & needs)
			result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, table[i].call,
							table[i].test_count, table[i].tests);
	return result;
}

static int add_calls(scmp_filter_ctx filter, unsigned needs)
{
	int result = add_table(filter, calls, ARRAY_LEN(calls), needs);

	if (result == 0)
		result = add_table(filter, more_calls, ARRAY_LEN(more_calls), needs);
	/* Its arguments are in memory, where no filter sees them; without it libraries take clone. */
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
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
