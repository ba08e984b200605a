/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/proto.h"
#include "policies/match/record_words.h"
#include "sensor/live/event_party.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum { NAME_MAX = 64, REASON_MAX = 400, WHY_MAX = 4096 };

static void add_end(const struct event *event, struct party party, uint16_t port, struct buf *out)
{
	struct str name = event_name(event, party);
	char	   text[IP_TEXT_SIZE];

	event_add_cut(out, name, NAME_MAX);
	ip_print(party.ip, text);
	buf_printf(out, name.len ? " %s" : "%s", text);
	if (proto_has_ports(event->answer->packet.protocol))
		buf_printf(out, ":%u", port);
}

static const char *flags_text(const struct record *record)
{
	if (record->protocol != PROTO_TCP)
		return "";
	switch (record_role_by_flags(record->tcp_flags)) {
	case ROLE_INITIATOR:
		return " SYN";
	case ROLE_REPLY:
		return " SYN-ACK";
	case ROLE_UNKNOWN:
	case ROLE_COUNT:
		break;
	}
	return "";
}

void event_print_terminal(const struct event *event, struct buf *out)
{
	const struct record_view    view = { event->world, event->judge, event->answer };
	const struct record_answer *answer = event->answer;
	const struct packet	   *packet = &answer->packet;
	auto_buf struct buf	    why = buf_make(WHY_MAX);
	char			    seconds[CLOCK_TIME_SIZE], protocol[PROTO_TEXT_SIZE];
	int64_t			    time_s = clock_seconds(event->time);

	clock_print_time(time_s, seconds);
	buf_printf(out, "%.8s.%03d %-13s %-3s ", seconds + 11,
		   (int)((event->time.ns - time_s * NS_PER_S) / NS_PER_MS),
		   event_kind_text(event->kind),
		   answer->direction == DIRECTION_EGRESS ? "out" : "in");
	add_end(event, event_source(answer), packet->src_port, out);
	buf_add_text(out, " -> ");
	add_end(event, event_target(answer), packet->dst_port, out);
	proto_print(packet->protocol, protocol);
	buf_printf(out, " %s%s  ", protocol, flags_text(event->record));
	record_explain(&view, &why);
	event_add_cut(out, buf_str(&why), REASON_MAX);
	if (!event->process)
		return;
	buf_printf(out, "  pid %u ", event->process->pid);
	event_add_cut(out, event_comm(event->process), NAME_MAX);
	buf_printf(out, " uid %u", event->process->uid);
}
