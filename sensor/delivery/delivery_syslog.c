/* SPDX-License-Identifier: Apache-2.0 */
/* Events to the syslog daemon of this host (sensor/delivery/delivery.h). */
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/datagram.h"
#include "sensor/delivery/sink_spec.h"
#include "sensor/delivery/syslog_line.h"

struct syslog_sink {
	struct notice_sender   sender;
	struct notice_progress progress;
	struct datagram	       datagram;
	struct syslog_form     form;
};

static struct str socket_of(const struct sink_spec *spec)
{
	struct str path = str_of("/dev/log");

	sink_spec_get(spec, "socket", &path);
	return path;
}

static int facility_of(const struct sink_spec *spec)
{
	return syslog_facility(spec->target.len ? spec->target : str_of("daemon"));
}

static int read_template(const struct sink_spec *spec, bool *is_json, struct err *err)
{
	struct str template = str_of("text");

	sink_spec_get(spec, "template", &template);
	*is_json = str_is(template, "json");
	return *is_json || str_is(template, "text")
		       ? 0
		       : err_set(err, ERR_USAGE,
				 "syslog: template=text or template=json, not '%.*s'",
				 STR_ARG(template));
}

static int syslog_check(const struct sink_spec *spec, struct err *err)
{
	static const char *const known[] = { "template", "socket", NULL };
	bool			 is_json;
	struct datagram		 datagram;

	if (sink_spec_check_keys(spec, known, err) < 0)
		return -1;
	if (facility_of(spec) < 0)
		return err_set(err, ERR_USAGE,
			       "syslog: there is no facility '%.*s' (daemon, user, local0, …)",
			       STR_ARG(spec->target));
	if (read_template(spec, &is_json, err) < 0)
		return -1;
	return datagram_init(&datagram, socket_of(spec), err);
}

static enum notice_fate syslog_send(void *self, struct notice_parcel *parcel, struct err *err)
{
	struct syslog_sink *sink = self;
	auto_buf struct buf line = buf_make(SYSLOG_LINE_MAX);

	if (syslog_line(parcel->notices, &sink->form, &line, err) < 0)
		return NOTICE_REFUSED;
	return datagram_send(&sink->datagram, buf_str(&line), err);
}

static void *syslog_open(const struct delivery_setup *setup, struct err *err)
{
	struct syslog_sink *sink = mem_alloc(sizeof(*sink));

	sink->form = (struct syslog_form){ .facility = (unsigned)facility_of(setup->spec),
					   .pid = (unsigned)getpid() };
	sink->sender = (struct notice_sender){
		.lines_max = 1, /* no way to tell a datagram that came twice */
		.bytes_max = SIZE_MAX,
		.send = syslog_send,
		.self = sink,
		.board = setup->board,
		.progress = &sink->progress
	};
	if (read_template(setup->spec, &sink->form.is_json, err) == 0 &&
	    datagram_init(&sink->datagram, socket_of(setup->spec), err) == 0)
		return sink;
	free(sink);
	return NULL;
}

static int syslog_deliver(void *self, struct segment *segment, struct err *err)
{
	struct syslog_sink *sink = self;

	return notices_deliver(segment, &sink->sender, err);
}

static void syslog_close(void *self)
{
	struct syslog_sink *sink = self;

	datagram_close(&sink->datagram);
	free(sink);
}

const struct delivery_ops delivery_syslog = {
	.kind = "syslog",
	.usage = "syslog[:FACILITY][,template=text|json][,socket=PATH]",
	.about = "the syslog daemon of this host, in words or as JSON",
	.takes_events = true,
	.bytes_max = 1 << 20,
	.needs = NEED_LOCAL,
	.check = syslog_check,
	.open = syslog_open,
	.deliver = syslog_deliver,
	.close = syslog_close,
};
