/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor and the process that attaches it to interfaces (sensor/capture/device_keeper.h) say to each other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/capture/hook.h"
#include "sensor/eni.h"

enum { DEVICE_FDS_MAX = 4 };

enum device_word {
	/* The sensor asks: */
	DEVICE_TAKE, /* descriptors to attach with, by a number in the place of ifindex */
	DEVICE_LIST, /* tell of all interfaces that are not attached, from now on as they come and change */
	DEVICE_ATTACH, /* attach to that one: answered by ATTACHED or REFUSED */
	DEVICE_DETACH, /* from that one, or with 0 from all: answered by DETACHED */
	/* The process tells: */
	DEVICE_FOUND, /* one that is asked for is there, or has changed; of attached ones only the latter */
	DEVICE_ATTACHED,
	DEVICE_REFUSED,
	DEVICE_DETACHED
};

struct device_ask {
	enum device_word word;
	uint32_t	 ifindex;
};

struct device_news {
	enum device_word word;
	uint32_t	 asked; /* FOUND: which of what was asked for it is */
	struct eni     eni;  /* FOUND: as it is; else its ifindex and, while it has one, its name */
	enum hook_kind hook; /* ATTACHED, eBPF only */
	bool	       is_behind; /* ATTACHED: as struct tc has it */
	char	       why[256];  /* REFUSED */
};

/* Waits when there is no room, unless fd is one that does not.  The descriptors are lent. */
int device_message_send(int fd, const void *bytes, size_t size, const int *fds, size_t count);

/*
 * 1: a message of that size is there, the descriptors with it are the caller's; what there is none of is -1.
 * 0: the other side has ended.  -1: there is none, or it is another.
 */
int device_message_take(int fd, void *bytes, size_t size, int fds[DEVICE_FDS_MAX]);
