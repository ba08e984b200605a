/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the process that attaches to interfaces (sensor/capture/device_keeper.h): which of the host's are asked for,
 * what has changed of them, and who attaches.
 */
#pragma once

#include "sensor/capture/device_message.h"

/* How one capture attaches.  context_new is called before the fork, the others in the process. */
struct device_ops {
	const char *name;  /* of the process, as ps shows it */
	unsigned    needs; /* a set of enum need */
	void *(*context_new)(enum hook_kind hook);
	/* Descriptors of the sensor's by a number, the context's from now on; NULL: it needs none. */
	void (*take)(void *context, uint32_t number, const int fds[DEVICE_FDS_MAX]);
	/* Fills fds from the front; they are handed over, and closed here. */
	int (*attach)(void *context, const struct eni *eni, struct device_news *news,
		      int fds[DEVICE_FDS_MAX], struct err *err);
	/* ifindex 0: all.  NULL: all ends with its descriptors. */
	void (*detach)(void *context, uint32_t ifindex);
};

/* All borrowed; good for the life of the process. */
struct device_work_args {
	const struct device_ops *ops;
	void			*ops_context;
	const struct eni	*asked;
	size_t			 asked_count;
};

/* struct child_args.run; context is a struct device_work_args. */
int device_work(void *context, int fd, struct err *err);
