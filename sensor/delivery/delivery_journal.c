/* SPDX-License-Identifier: Apache-2.0 */
/* Events to the journal of this host (sensor/delivery/delivery.h). */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/datagram.h"
#include "sensor/delivery/journal_entry.h"
#include "sensor/delivery/sink_spec.h"

struct journal_sink {
	struct notice_sender   sender;
	struct notice_progress progress;
	struct datagram	       datagram;
};

static struct str socket_of(const struct sink_spec *spec)
{
	struct str path = str_of("/run/systemd/journal/socket");

	sink_spec_get(spec, "socket", &path);
	return path;
}

static int journal_check(const struct sink_spec *spec, struct err *err)
{
	static const char *const known[] = { "socket", NULL };
	struct datagram		 datagram;

	if (sink_spec_check_keys(spec, known, err) < 0)
		return -1;
	return datagram_init(&datagram, socket_of(spec), err);
}

static enum notice_fate journal_send(void *self, struct notice_parcel *parcel, struct err *err)
{
	struct journal_sink *sink = self;
	auto_buf struct buf  entry = buf_make(4 << 20);

	journal_entry(parcel->notices, &entry);
	return datagram_send(&sink->datagram, buf_str(&entry), err);
}

static void *journal_open(const struct delivery_setup *setup, struct err *err)
{
	struct journal_sink *sink = mem_alloc(sizeof(*sink));

	sink->sender = (struct notice_sender){
		.lines_max = 1, /* no way to tell a datagram that came twice */
		.bytes_max = SIZE_MAX,
		.send = journal_send,
		.self = sink,
		.board = setup->board,
		.progress = &sink->progress
	};
	if (datagram_init(&sink->datagram, socket_of(setup->spec), err) == 0)
		return sink;
	free(sink);
	return NULL;
}

static int journal_deliver(void *self, struct segment *segment, struct err *err)
{
	struct journal_sink *sink = self;

	return notices_deliver(segment, &sink->sender, err);
}

static void journal_close(void *self)
{
	struct journal_sink *sink = self;

	datagram_close(&sink->datagram);
	free(sink);
}

const struct delivery_ops delivery_journal = {
	.kind = "journal",
	.usage = "journal[,socket=PATH]",
	.about = "the journal of this host: fields WEIR_VERDICT, WEIR_PATH, WEIR_EVENT and others",
	.takes_events = true,
	.bytes_max = 1 << 20,
	.needs = NEED_LOCAL,
	.check = journal_check,
	.open = journal_open,
	.deliver = journal_deliver,
	.close = journal_close,
};
