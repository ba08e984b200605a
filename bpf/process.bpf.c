// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Remembers which process opened a socket to someone, for the flows that it sends: by the socket's cookie, which no
 * other socket ever has.  Hangs on a cgroup, where connect(2) and the sending of datagrams to an address come
 * through in the process's own context.  It only looks: whatever was asked goes on.
 *
 * What more than one process sends through one socket is nobody's: a packet does not tell.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/flow_abi.h"

/* As in bpf/flow.bpf.c. */
char LICENSE[] SEC("license") = "GPL";

enum { GO_ON = 1 };

/* The map of bpf/flow.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOW_PROCESS_COUNT);
	__type(key, __u64);
	__type(value, struct flow_process);
} processes SEC(".maps");

/* What has been remembered is nearly always the same: that much costs every datagram to an address. */
static __always_inline int remember(struct bpf_sock_addr *address)
{
	__u64		     cookie = bpf_get_socket_cookie(address);
	__u32		     pid = bpf_get_current_pid_tgid() >> 32;
	struct flow_process *known = bpf_map_lookup_elem(&processes, &cookie);
	struct flow_process  process = { .pid = pid };

	if (known) {
		if (known->pid != pid)
			known->pid = 0;
		return GO_ON;
	}
	process.uid = (__u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(process.comm, sizeof(process.comm));
	bpf_map_update_elem(&processes, &cookie, &process, BPF_NOEXIST);
	return GO_ON;
}

SEC("cgroup/connect4")
int process_connect4(struct bpf_sock_addr *address)
{
	return remember(address);
}

SEC("cgroup/connect6")
int process_connect6(struct bpf_sock_addr *address)
{
	return remember(address);
}

SEC("cgroup/sendmsg4")
int process_sendmsg4(struct bpf_sock_addr *address)
{
	return remember(address);
}

SEC("cgroup/sendmsg6")
int process_sendmsg6(struct bpf_sock_addr *address)
{
	return remember(address);
}
