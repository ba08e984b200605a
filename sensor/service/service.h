/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live sensor as those see it who look after it: the board that its other processes share, the page for
 * Prometheus, the service manager.  None of them makes it wait.
 */
#pragma once

#include "sensor/args.h"
#include "sensor/board.h"
#include "sensor/service/metrics_server.h"
#include "sensor/service/notify.h"

struct service {
	struct board	     *board; /* borrowed */
	struct metrics_server metrics;
	struct notify	      notify;
	bool		      is_reloading;
	uint64_t	      models; /* taken up or refused when that began */
};

#define SERVICE_NONE ((struct service){ .metrics = METRICS_SERVER_NONE, .notify = NOTIFY_NONE })

/* Before the privileges go. */
int service_start(struct service *service, const struct sensor_args *args, struct board *board,
		  struct err *err) MUST_USE;

/* All interfaces are attached to and the privileges are gone. */
void service_ready(struct service *service);

/* At every turn of the loop. */
void service_turn(struct service *service, const struct stats *stats, struct mono now);

/* Snapshot and policy are read again; the manager hears when they are taken up or refused. */
void service_reload(struct service *service, struct mono now);

/* It no longer captures; there may be something left to write. */
void service_stopping(struct service *service);
void service_end(struct service *service);
