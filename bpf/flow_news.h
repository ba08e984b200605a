/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the kernel programs tell of a flow as soon as it begins, and who sends it. */
#pragma once

#include "bpf/flow_abi.h"

/* Who opened the socket that sent something, as the kernel's first namespaces see it. */
struct flow_process {
	__u32 pid; /* of the process, not the thread; 0: several, or not known */
	__u32 uid;
	char  comm[16]; /* what the thread is called: any bytes up to a NUL */
};

/* A flow that begins, or goes on in another slot or map: with its first packet there. */
struct flow_news {
	struct flow_key	    key;
	struct flow_count   count;
	struct flow_process process; /* of what leaves; pid 0: not known */
	__u32		    map;
	__u32		    zero;
};

/* Sockets whose process is known at most; the least used is forgotten first. */
enum { FLOW_PROCESS_COUNT = 16384 };
