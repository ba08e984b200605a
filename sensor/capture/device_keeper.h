/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of its own that attaches a capture to interfaces, at the start and to those that come later: it keeps the
 * capabilities which that takes, so that the sensor itself keeps none.  It knows what was asked for and attaches to
 * nothing else; it reads netlink and single words of the sensor's, opens no file and speaks to no network.
 *
 * The sensor gives an interface its place first, and asks for it to be attached then: no packet is counted of one that
 * it does not know.  What is attached comes back as descriptors, and ends with them; what does not (filters of clsact)
 * the process removes by request, and when the sensor ends, killed too.
 */
#pragma once

#include "lib/base/buf.h"
#include "sensor/capture/device_work.h"

struct device_keeper_args {
	const struct device_ops *ops;
	const struct eni	*asked; /* borrowed, as the command line is */
	size_t			 asked_count;
	enum hook_kind		 hook;
	const char		*user; /* as child_start has it */
	bool			 no_drop;
};

struct device_keeper;

/* Forks, before the privileges go. */
struct device_keeper *device_keeper_open(const struct device_keeper_args *args,
					 struct err			 *err) MUST_USE;
void		      device_keeper_close(struct device_keeper *keeper); /* accepts NULL */

/* "weir-hooks with CAP_NET_ADMIN": what it keeps. */
void device_keeper_print(const struct device_keeper *keeper, struct buf *out);

/* Readable when there is news; -1: the process has ended. */
int device_keeper_fd(const struct device_keeper *keeper);

/* Lends descriptors to attach with; what number they have is between both sides. */
int device_keeper_give(struct device_keeper *keeper, uint32_t number, const int *fds, size_t count,
		       struct err *err) MUST_USE;

/* At the start: waits for the answer.  What else there was to tell comes again after DEVICE_LIST. */
int device_keeper_attach(struct device_keeper *keeper, uint32_t ifindex, struct device_news *news,
			 int fds[DEVICE_FDS_MAX], struct err *err) MUST_USE;

/* At the end: waits until nothing is attached, for a while at most. */
void device_keeper_detach_all(struct device_keeper *keeper);

/* Never waits.  False: it cannot be told now. */
bool device_keeper_ask(struct device_keeper *keeper, enum device_word word, uint32_t ifindex);

/* Never waits.  False: there is no news.  The descriptors are the caller's. */
bool device_keeper_take(struct device_keeper *keeper, struct device_news *news,
			int fds[DEVICE_FDS_MAX]);
