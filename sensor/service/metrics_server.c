/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/service/metrics_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/net/ip.h"
#include "sensor/call_filter.h"
#include "sensor/service/health.h"
#include "sensor/service/metrics.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	/* The library takes a few at a time, and none while it has this many: it never comes to that. */
	CONNECTIONS_MAX = 2 * SERVER_CONNECTIONS_KEPT,
	LOOK_MS = 1000,		     /* how often health is looked at */
	CONNECTION_MEMORY = 8 << 10, /* what a request may take */
	END_WAIT_MS = 1000
};

struct connection {
	bool	 is_used, is_ended;
	int	 fd; /* the library's */
	uint64_t begin_ns;
};

struct server {
	struct board	 *board;
	struct health	 *health;
	struct connection connections[CONNECTIONS_MAX];
};

struct address {
	struct ip ip;
	uint16_t  port;
};

static int parse_address(const char *text, struct address *out, struct err *err)
{
	struct str all = str_of(text), ip = all, port;
	uint64_t   number;
	struct err ignored;
	bool	   is_bracketed = str_starts(all, "[");

	if (is_bracketed) {
		port = str_skip(all, 1);
		ip = str_cut(&port, ']');
	} else {
		port = str_skip(all, str_find(all, ':'));
		ip = str_head(all, all.len - port.len);
	}
	if (!str_starts(port, ":") || str_u64(str_skip(port, 1), UINT16_MAX, &number) < 0 ||
	    ip_parse(ip, &out->ip, &ignored) < 0 || (out->ip.family == IP_V6) != is_bracketed)
		return err_set(err, ERR_USAGE,
			       "--metrics: '%s' is no address with a port: expected "
			       "127.0.0.1:9469, [::1]:9469 or none",
			       text);
	out->port = (uint16_t)number;
	return 0;
}

int metrics_server_check(const char *address, struct err *err)
{
	struct address parsed;

	return parse_address(address, &parsed, err);
}

union socket_address {
	struct sockaddr	    any;
	struct sockaddr_in  v4;
	struct sockaddr_in6 v6;
};

static socklen_t fill_address(const struct address *address, union socket_address *out)
{
	*out = (union socket_address){ 0 };
	if (address->ip.family == IP_V4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(address->port);
		memcpy(&out->v4.sin_addr, address->ip.bytes, sizeof(out->v4.sin_addr));
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(address->port);
	memcpy(&out->v6.sin6_addr, address->ip.bytes, sizeof(out->v6.sin6_addr));
	return sizeof(out->v6);
}

static int listen_on(const struct address *address, struct err *err)
{
	union socket_address name;
	socklen_t	     size = fill_address(address, &name);
	int		     on = 1;
	auto_close int fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				   0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (address->ip.family == IP_V6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
	    bind(fd, &name.any, size) < 0 || listen(fd, CONNECTIONS_MAX) < 0)
		return err_sys(err, "cannot listen");
	on = fd;
	fd = -1;
	return on;
}

static void print_url(const struct address *address, int fd, char out[static SERVER_URL_SIZE])
{
	union socket_address name = { 0 };
	socklen_t	     size = sizeof(name);
	char		     ip[IP_TEXT_SIZE];
	bool		     is_v6 = address->ip.family == IP_V6;

	/* Of a port 0 the one that it became; both families have it in the same place. */
	(void)getsockname(fd, &name.any, &size);
	ip_print(address->ip, ip);
	snprintf(out, SERVER_URL_SIZE, "http://%s%s%s:%u/metrics", is_v6 ? "[" : "", ip,
		 is_v6 ? "]" : "", (unsigned)ntohs(name.v4.sin_port));
}

/* A connection begins or is over. */
static void keep_count(void *context, struct MHD_Connection *connection, void **place,
		       enum MHD_ConnectionNotificationCode what)
{
	struct server *server = context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*place)
			*(struct connection *)*place = (struct connection){ 0 };
		return;
	}
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *own = &server->connections[i];

		if (own->is_used)
			continue;
		own->is_used = true;
		own->begin_ns = clock_now().mono.ns;
		own->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				  ->connect_fd;
		*place = own;
		return;
	}
}

/* The library notices, and closes it. */
static void end_connection(struct connection *connection)
{
	connection->is_ended = true;
	shutdown(connection->fd, SHUT_RDWR);
}

static struct connection *oldest_connection(struct server *server)
{
	struct connection *oldest = NULL;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *own = &server->connections[i];

		if (own->is_used && !own->is_ended && (!oldest || own->begin_ns < oldest->begin_ns))
			oldest = own;
	}
	return oldest;
}

/*
 * The library's time-out is that of silence: one byte a second would hold a connection for ever, and a crowd of
 * them all that it takes.
 */
static void end_old_connections(struct server *server)
{
	uint64_t now = clock_now().mono.ns;
	size_t	 count = 0;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		count += server->connections[i].is_used && !server->connections[i].is_ended;
	for (; count; count--) {
		struct connection *oldest = oldest_connection(server);

		if (count <= SERVER_CONNECTIONS_KEPT &&
		    now - oldest->begin_ns <= SERVER_CONNECTION_S * NS_PER_S)
			return;
		end_connection(oldest);
	}
}

/* Takes text. */
static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type,
			       struct buf *text)
{
	size_t		     len = text->len;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		len, len ? TAKE(text->data) : NULL, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	*text = buf_make(0);
	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_NO ||
	    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_NO ||
	    (status == MHD_HTTP_METHOD_NOT_ALLOWED &&
	     MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_NO))
		result = MHD_NO;
	else
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **place)
{
	static const char   plain[] = "text/plain; charset=utf-8";
	struct server	   *server = context;
	auto_buf struct buf text = buf_make(METRICS_PAGE_MAX);
	bool		    is_healthy;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)place;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		buf_printf(&text, "only GET and HEAD\n");
		return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, &text);
	}
	is_healthy = health_print(server->health, server->board, &text);
	if (strcmp(url, "/metrics") == 0) {
		buf_clear(&text);
		metrics_print(server->board, clock_now(), is_healthy, &text);
		return respond(connection, MHD_HTTP_OK, METRICS_CONTENT_TYPE, &text);
	}
	if (strcmp(url, "/healthz") == 0) {
		if (is_healthy)
			buf_printf(&text, "ok\n");
		return respond(connection, is_healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
			       plain, &text);
	}
	buf_clear(&text);
	buf_printf(&text, "there are /metrics and /healthz\n");
	return respond(connection, MHD_HTTP_NOT_FOUND, plain, &text);
}

static struct MHD_Daemon *start_library(struct server *server)
{
	return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, server,
				MHD_OPTION_LISTEN_SOCKET, CHILD_KEPT_FD,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_CONNECTION_S,
				MHD_OPTION_NOTIFY_CONNECTION, keep_count, server,
				/* As every child of the sensor does. */
				MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

/* Until the channel ends. */
static int serve(struct server *server, struct MHD_Daemon *daemon, int channel)
{
	struct pollfd fds[2] = {
		{ .fd = channel, .events = POLLIN },
		{ .fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		  .events = POLLIN },
	};

	for (;;) {
		MHD_UNSIGNED_LONG_LONG wait_ms = LOOK_MS;

		if (MHD_get_timeout(daemon, &wait_ms) == MHD_NO || wait_ms > LOOK_MS)
			wait_ms = LOOK_MS;
		(void)poll(fds, ARRAY_LEN(fds), (int)wait_ms);
		if (fds[0].revents)
			return 0;
		health_look(server->health, server->board, clock_now());
		MHD_run(daemon);
		end_old_connections(server);
	}
}

/* child_args.run */
static int run(void *context, int channel, struct err *err)
{
	struct server	   server = { .board = context };
	struct MHD_Daemon *daemon;
	int		   result;

	server.health = health_new(server.board, clock_now());
	daemon = start_library(&server);
	result = daemon ? serve(&server, daemon, channel)
			: err_set(err, ERR_SYSTEM, "cannot serve metrics");
	if (daemon)
		MHD_stop_daemon(daemon);
	health_free(server.health);
	return result;
}

int metrics_server_start(struct metrics_server *server, const struct metrics_server_args *args,
			 struct err *err)
{
	struct child_args child = { .name = "weir-metrics",
				    .channel = CHILD_READS,
				    .needs = NEED_SERVE,
				    .user = args->user,
				    .no_drop = args->no_drop,
				    .run = run,
				    .context = args->board,
				    .restarts = &args->board->metrics_restarts };
	struct address	  address;
	auto_close int	  fd = -1;

	if (parse_address(args->address, &address, err) < 0)
		return -1;
	fd = listen_on(&address, err);
	if (fd < 0)
		return err_wrap(err, "--metrics %s", args->address);
	print_url(&address, fd, server->url);
	child.kept = fd;
	return child_start(&server->child, &child, err);
}

void metrics_server_end(struct metrics_server *server)
{
	child_end(&server->child, END_WAIT_MS);
}
