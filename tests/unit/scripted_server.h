/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP server on loopback, in a thread, that answers what a script says, request by request. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "tests/unit/unit.h"

enum script_end {
	SCRIPT_KEEP,  /* the connection stays for the next step */
	SCRIPT_CLOSE, /* end of stream */
	SCRIPT_RESET, /* a TCP reset */
	SCRIPT_HOLD   /* nothing more until the client goes away */
};

struct script_step {
	const char     *send;
	enum script_end end;
};

struct scripted_server {
	const struct script_step *steps;
	size_t			  count;
	int			  listener;
	char			  url[64]; /* http://127.0.0.1:PORT */
	unsigned		  connections;
	struct buf		  seen; /* all requests, as they came */
	pthread_t		  thread;
};

static inline size_t scripted_body_len(struct str head)
{
	uint64_t len = 0;

	while (head.len) {
		struct str line = str_cut(&head, '\n');

		if (line.len > 15 && strncasecmp(line.ptr, "content-length:", 15) == 0)
			CHECK(str_u64(str_trim(str_skip(line, 15)), 1 << 20, &len) == 0);
	}
	return len;
}

/* One request, its body included; false at the end of the stream. */
static inline bool scripted_read(struct scripted_server *server, int connection)
{
	size_t start = server->seen.len, wanted = SIZE_MAX;
	char   byte;

	while (server->seen.len - start < wanted) {
		if (read(connection, &byte, 1) != 1)
			return false;
		if (server->seen.len == start && byte == 0x16)
			return true; /* a handshake of TLS */
		buf_add_char(&server->seen, byte);
		if (wanted == SIZE_MAX && server->seen.len - start >= 4 &&
		    memcmp(server->seen.data + server->seen.len - 4, "\r\n\r\n", 4) == 0)
			wanted = server->seen.len - start +
				 scripted_body_len(str_skip(buf_str(&server->seen), start));
	}
	return true;
}

static inline void scripted_end(int connection, enum script_end end)
{
	const struct linger linger = { .l_onoff = 1 };
	char		    rest;

	if (end == SCRIPT_RESET)
		setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	while (end == SCRIPT_HOLD && read(connection, &rest, 1) > 0)
		;
	close(connection);
}

static inline void *scripted_run(void *argument)
{
	struct scripted_server *server = argument;
	int			connection = -1;

	for (size_t i = 0; i < server->count; i++) {
		const struct script_step *step = &server->steps[i];

		if (connection < 0) {
			connection = accept(server->listener, NULL, NULL);
			server->connections++;
		}
		if (!scripted_read(server, connection))
			break;
		if (send(connection, step->send, strlen(step->send), MSG_NOSIGNAL) < 0)
			break;
		if (step->end != SCRIPT_KEEP) {
			scripted_end(connection, step->end);
			connection = -1;
		}
	}
	if (connection >= 0)
		close(connection);
	return NULL;
}

static inline void scripted_start(struct scripted_server *server, const struct script_step *steps,
				  size_t count)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   size = sizeof(address);

	*server = (struct scripted_server){ .steps = steps, .count = count };
	server->seen = buf_make(1 << 20);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(server->listener, (struct sockaddr *)&address, size) == 0);
	/* Without a script nobody listens, and nobody else can have the port. */
	CHECK(count == 0 || listen(server->listener, 8) == 0);
	CHECK(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	CHECK(pthread_create(&server->thread, NULL, scripted_run, server) == 0);
}

/* Waits for the script's end; what was seen is there until scripted_done. */
static inline void scripted_wait(struct scripted_server *server)
{
	CHECK(pthread_join(server->thread, NULL) == 0);
	close(server->listener);
}

static inline void scripted_done(struct scripted_server *server)
{
	buf_done(&server->seen);
}
