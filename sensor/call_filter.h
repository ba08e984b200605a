/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that are left to a sensor that runs: what its loop and its end were seen to make with every
 * way to capture and every output, with their arguments where these matter.  None of them executes anything, makes
 * code of memory, or gives a socket that sees packets; what opens files or sends any is there for those that say so.
 *
 * What is not on the list fails with EPERM.  A sensor that is killed loses its window; a library that wants a
 * call on some other machine which was never seen is refused it, and the capture goes on.
 *
 * The processes beside the sensor have lists of the same kind: libraries do more there, so these are wider.
 */
#pragma once

#include "lib/base/err.h"

/* What a capture has to do after the start; a set of these. */
enum need {
	NEED_LIVE = 1 << 0, /* wait for signals, readers and interfaces that go */
	NEED_MAPS =
		1 << 1, /* empty the maps of the kernel program, run the one that reads the clock */
	NEED_BPF = 1 << 2, /* CAP_BPF for that: older kernels ask for it at every use of a map */
	NEED_ATTACH =
		1 << 3, /* CAP_NET_ADMIN and netlink, to attach the kernel program to interfaces */
	NEED_PACKET = 1 << 4, /* ask packet sockets what they dropped */
	/* Of the sensor and its other processes (sensor/child.h): */
	NEED_READ_FILES = 1 << 5, /* open files to read them */
	NEED_FILES = 1 << 6,	  /* and to write, make, rename and remove them */
	NEED_THREADS = 1 << 7,
	NEED_NETWORK =
		1 << 8, /* TCP and UDP to others; names, certificates and all that libcurl does */
	NEED_SERVE = 1 << 9,   /* take connections on a socket that listens already */
	NEED_LOCAL = 1 << 10,  /* datagrams to sockets of this host: the journal, syslog, systemd */
	NEED_SOCKETS = 1 << 11 /* CAP_NET_RAW, to open packet sockets on interfaces */
};

/* AddressSanitizer ends by tracing its own process, for leaks: its builds have no filter and can be traced. */
#if defined(__has_feature)
#define CALL_FILTER_OFF __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define CALL_FILTER_OFF 1
#else
#define CALL_FILTER_OFF 0
#endif

/* For good, and for all threads.  From then on the process cannot gain privileges by executing a file. */
int call_filter_load(unsigned needs, struct err *err) MUST_USE;
