/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers GET and HEAD of /metrics (sensor/service/metrics) and /healthz (sensor/service/health: 200, or 503 with the reasons) in a
 * process of its own.  Whoever asks is not trusted: a connection lasts for one answer and SERVER_CONNECTION_S at
 * most, and of more than SERVER_CONNECTIONS_KEPT the oldest make room.
 */
#pragma once

#include "sensor/board.h"
#include "sensor/child.h"

enum { SERVER_CONNECTIONS_KEPT = 32, SERVER_CONNECTION_S = 10, SERVER_URL_SIZE = 80 };

struct metrics_server {
	struct child child;
	char	     url[SERVER_URL_SIZE]; /* of its page, with the port that it has */
};

#define METRICS_SERVER_NONE ((struct metrics_server){ .child = CHILD_NONE })

/* "127.0.0.1:9469", "[::1]:9469"; port 0 is any free one.  Asks the system nothing. */
int metrics_server_check(const char *address, struct err *err) MUST_USE;

/*
 * Before the privileges go: a port that is taken is an error at start.  The board is borrowed; user and no_drop are
 * as struct child_args has them.
 */
struct metrics_server_args {
	const char   *address, *user;
	bool	      no_drop;
	struct board *board;
};

int  metrics_server_start(struct metrics_server *server, const struct metrics_server_args *args,
			  struct err *err) MUST_USE;
void metrics_server_end(struct metrics_server *server);
