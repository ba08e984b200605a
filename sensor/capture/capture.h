/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where packets come from: the kernel program, packet sockets, live libpcap handles, a capture file.  All of
 * them add flows to the windows they are given and say up to when nothing is missing any more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sensor/capture/device_keeper.h"
#include "sensor/capture/hook.h"
#include "sensor/eni.h"
#include "sensor/privileges.h"
#include "sensor/stats.h"
#include "sensor/window.h"

enum { CAPTURE_WAIT_MS = 250 };

struct capture;

/* All borrowed, and outliving the capture. */
struct capture_args {
	/* Places: those with an ifindex are taken at the start, others may be later, and change hands. */
	const struct eni *enis;
	size_t		  eni_count;
	size_t reserved; /* of how many interfaces the memory is to be counted; 0: of those at the start */
	/* Live only: what was asked for, and who attaches to it. */
	const struct eni *asked;
	size_t		  asked_count;
	const char	 *user;
	bool		  no_drop;
	bool any_kind;	     /* interfaces that come later may have a link-layer header, and none */
	const char    *path; /* capture_file only */
	size_t	       max_flows;
	bool	       verbose; /* let libbpf say on stderr what it does */
	enum hook_kind hook;	/* capture_bpf only: HOOK_NONE to choose */
	int stop_fd; /* readable: return from collect at once, to stop or for something else */
	struct windows *windows;
	struct stats   *stats;
	see_fn	       *see; /* live only: gets each flow within half a second; NULL: not wanted */
	/* capture_file only, unless NULL: the file is open and nothing of it was read yet. */
	int (*opened)(void *context, struct err *err);
	void *context;
};

enum capture_state { CAPTURE_FAILED = -1, CAPTURE_ON, CAPTURE_END };

struct capture_ops {
	const char *name;	  /* as --backend has it */
	uint64_t    capabilities; /* to open it, as sensor/privileges.h has them */

	/* What it takes at start, the kernel's share too; NULL: next to nothing.  windows is not set yet. */
	size_t (*memory_bytes)(const struct capture_args *args);

	/* Attached to all interfaces that are there when it returns. */
	struct capture *(*open)(const struct capture_args *args, struct err *err);

	/* What is still to be done after open, a set of enum need. */
	unsigned (*needs)(const struct capture *capture);

	/* How it is attached, as the ready line has it. */
	const char *(*about)(const struct capture *capture);

	/*
	 * Takes what has come, or waits for it at most CAPTURE_WAIT_MS.  Sets *done to a time when all packets
	 * before it have been added; leaves it alone when there is no news.  What is lost goes to windows_lose
	 * as soon as it is known; an interface that disappeared to windows_gone, and is no failure.
	 */
	enum capture_state (*collect)(struct capture *capture, struct wall *done, struct err *err);

	/* Who attaches to interfaces that come later; NULL, as the two that follow: it measures none. */
	struct device_keeper *(*keeper)(const struct capture *capture);

	/*
	 * An interface has got that place and is attached: takes the descriptors.  One that had the place before
	 * it and went may have been the same.
	 */
	int (*plug)(struct capture *capture, size_t eni, const struct device_news *news,
		    const int fds[DEVICE_FDS_MAX], struct err *err);

	/* Nothing more comes of what has that place. */
	void (*unplug)(struct capture *capture, size_t eni);

	/* Detaches and takes what is still there. */
	int (*stop)(struct capture *capture, struct err *err);

	/*
	 * Brings what the kernel has counted so far into stats and windows.  Not after a failed open; what fails
	 * is told by the next call that can.
	 */
	void (*count)(struct capture *capture);

	void (*close)(struct capture *capture); /* accepts NULL */
};

#if WEIR_BPF
extern const struct capture_ops capture_bpf;
#endif

extern const struct capture_ops capture_packet, capture_pcap, capture_file;
