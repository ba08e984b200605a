/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/live.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/match/port_evidence.h"
#include "policies/match/records.h"
#include "sensor/live/budget.h"
#include "sensor/live/conversation.h"
#include "sensor/live/event.h"
#include "sensor/live/event_limit.h"
#include "sensor/live/model.h"

/* Flows that wait for a turn of the loop; that are judged at once; interfaces that are told of. */
enum { QUEUE_MAX = 4096, BATCH = 64, STRANGERS_MAX = 64 };

/* More than a clock is slewed by between two turns. */
#define CLOCK_STEP_NS INT64_C(1000000000)

/* A conversation has two flows. */
#define CONVERSATIONS_OF(max_flows) (2 * (max_flows))

struct fresh {
	struct flow	    flow;
	struct flow_process process;
	bool		    has_process;
};

struct live {
	struct live_args      args;
	struct model	     *model; /* the keeper's; NULL: none yet */
	struct conversations *conversations;
	struct event_limit   *limit;
	struct budget	      budget;
	struct mono	      now;
	int64_t		      ahead_ns; /* the wall clock of the monotonic one */
	struct fresh	     *queue;
	size_t		      queued;
	struct record	     *records; /* BATCH */
	struct buf	      json, terminal;
	uint32_t	      strangers[STRANGERS_MAX]; /* to the model of that number */
	uint32_t	      strange_to;
	size_t		      stranger_count, foreign_count; /* the latter: of VPCs that it lacks */
};

/* A flow that has been judged. */
struct judged {
	const struct flow	   *flow;
	const struct flow_process  *process; /* or NULL */
	const char		   *ifname;
	struct record		   *record;
	const struct record_answer *answer;
	enum event_kind		    kind; /* EVENT_KIND_COUNT: none */
};

static bool lacks_vpc(const struct world *world, struct str vpc_id)
{
	return vpc_id.len && world_has_family(world, "Vpcs") &&
	       world_index(world, WORLD_VPC, vpc_id) == WORLD_NONE;
}

static void tell_stranger(struct live *live, struct live_interface stranger)
{
	bool is_foreign = lacks_vpc(live->model->world, stranger.vpc_id);

	/* One that has gone has no name any more. */
	if (!stranger.ifname[0])
		return;
	for (size_t i = 0; i < live->stranger_count; i++)
		if (live->strangers[i] == stranger.ifindex)
			return;
	if (live->stranger_count == STRANGERS_MAX)
		return;
	live->strangers[live->stranger_count++] = stranger.ifindex;
	live->foreign_count += is_foreign;
	if (!is_foreign)
		stranger.vpc_id = (struct str){ 0 };
	live->args.say_stranger(&stranger);
}

/*
 * Not only when they have a flow, which may take long.  Of one without an id its flows' addresses may still say which
 * it is, unless its whole VPC is not there.
 */
static void look_for_strangers(struct live *live)
{
	const struct world   *world = live->model->world;
	struct live_interface interface;

	for (size_t i = 0; i < live->args.interface_count; i++) {
		if (!live->args.interface(live->args.recorder, i, &interface))
			continue;
		if (interface.id.len ? world_index(world, WORLD_ENI, interface.id) == WORLD_NONE
				     : lacks_vpc(world, interface.vpc_id))
			tell_stranger(live, interface);
	}
}

/* An interface that the last one had may be a stranger to this one. */
static void take_model(struct live *live)
{
	live->model = model_keeper_take(live->args.models);
	if (!live->model || live->model->number == live->strange_to)
		return;
	live->strange_to = live->model->number;
	live->stranger_count = live->foreign_count = 0;
	look_for_strangers(live);
}

struct live *live_new(const struct live_args *args, struct clock_pair now)
{
	struct live *live = mem_alloc(sizeof(*live));

	live->args = *args;
	live->conversations = conversations_new(CONVERSATIONS_OF(args->max_flows), now.wall.ns,
						args->interval_s);
	live->limit = event_limit_new(args->event_interval_s, args->say, args->context);
	live->budget.percent = args->cpu_percent;
	live->queue = mem_alloc(QUEUE_MAX * sizeof(*live->queue));
	live->records = mem_alloc(BATCH * sizeof(*live->records));
	live->json = buf_make(EVENT_JSON_MAX);
	live->terminal = buf_make(EVENT_TERMINAL_MAX);
	live->now = now.mono;
	live->ahead_ns = now.wall.ns - (int64_t)now.mono.ns;
	take_model(live);
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	conversations_free(live->conversations);
	event_limit_free(live->limit);
	free(live->queue);
	free(live->records);
	buf_done(&live->json);
	buf_done(&live->terminal);
	free(live);
}

size_t live_memory_bytes(size_t max_flows)
{
	return sizeof(struct live) + conversations_memory_bytes(CONVERSATIONS_OF(max_flows)) +
	       event_limit_memory_bytes() + QUEUE_MAX * sizeof(struct fresh) +
	       BATCH * sizeof(struct record);
}

/* By the model of now; good until the next. */
static struct conversation *see(struct live *live, const struct flow *flow)
{
	return conversations_see(live->conversations, flow, live->model->number);
}

void live_see(struct live *live, const struct flow *flow, const struct flow_process *process)
{
	struct conversation *conversation;
	uint8_t		     side = (uint8_t)(1 << conversation_sender(flow));
	struct fresh	    *fresh = &live->queue[live->queued];

	if (!live->model || flow->count.is_discovery)
		return;
	conversation = see(live, flow);
	if (conversation->judged & side)
		return;
	if (live->queued == QUEUE_MAX || live->budget.is_over) {
		board_add(&live->args.board->unjudged, 1);
		return;
	}
	conversation->judged |= side;
	live->queued++;
	fresh->flow = *flow;
	fresh->has_process = process != NULL;
	if (process)
		fresh->process = *process;
}

static void print(struct live *live, const struct judged *judged, const struct event *event)
{
	struct event_line line = { .time_s = clock_seconds(event->time),
				   .eni = judged->record->text[FIELD_INTERFACE_ID] };

	buf_clear(&live->json);
	buf_clear(&live->terminal);
	event_print_json(event, &live->json);
	event_print_terminal(event, &live->terminal);
	assert(!live->json.overflow && !live->terminal.overflow);
	line.json = buf_str(&live->json);
	line.terminal = buf_str(&live->terminal);
	event_limit_put(live->limit, &line);
}

/*
 * As the record will say it: rejected.  Why it is read as it is may differ by that.  A reply passes the groups whatever
 * they say (event_kind_of), so the ACL is what drops it.
 */
static void judge_rejected(struct live *live, const struct judged *judged, enum role known,
			   struct record_answer *answer)
{
	const struct record_query query = { judged->record, known };

	judged->record->action = ACTION_REJECT;
	records_judge(live->model->matcher, live->model->judge, &query, 1, answer);
	if (answer->reading == ROLE_REPLY && answer->model.nacl_crossed)
		answer->model.overall = answer->model.nacl;
}

/* Once for a conversation, whichever of its flows comes first. */
static void conclude(struct live *live, const struct judged *judged)
{
	enum event_kind	     kind = judged->kind;
	struct conversation *conversation;
	struct record_answer rejected;
	struct event	     event = { .kind = kind,
				       .time = { .ns = (int64_t)judged->flow->count.first_ns },
				       .world = live->model->world,
				       .judge = live->model->judge,
				       .record = judged->record,
				       .answer = judged->answer,
				       .ifname = judged->ifname,
				       .process = judged->process };

	if (judged->answer->eni_idx == WORLD_NONE)
		tell_stranger(live, (struct live_interface){
					    .ifindex = judged->flow->key.ifindex,
					    .ifname = judged->ifname,
					    .id = judged->record->text[FIELD_INTERFACE_ID],
					    .vpc_id = judged->record->text[FIELD_VPC_ID] });
	if (kind == EVENT_KIND_COUNT || event_is_on_link(&judged->answer->packet))
		return;
	conversation = see(live, judged->flow);
	if (conversation->said >> kind & 1)
		return;
	conversation->said |= (uint8_t)(1 << kind);
	if (!event_limit_take(live->limit, event_hash(&event), live->now))
		return;
	if (kind == EVENT_WOULD_DENY) {
		judge_rejected(live, judged, conversation_role(conversation, judged->flow),
			       &rejected);
		event.answer = &rejected;
	}
	print(live, judged, &event);
}

/* Destination unreachable, source quench, redirect, time exceeded, parameter problem; IPv6's four. */
static bool is_icmp_error(const struct flow *flow)
{
	static const uint64_t errors = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 11 | 1 << 12;
	uint8_t		      type = flow->count.icmp_type;

	if (flow->key.protocol == PROTO_ICMPV6)
		return type >= 1 && type <= 4;
	return flow->key.protocol == PROTO_ICMP && type < 64 && (errors >> type & 1) != 0;
}

/*
 * That what leaves was accepted is no evidence here, as it is in AWS's records: nobody has seen what became of it.
 * So where nothing else tells a reply that passes from an opening that does not, it is not known.  Nor is whether the
 * groups pass an error of ICMP: they do when they track what it is about (aws-semantics.md 2.6).
 */
static void doubt(const struct live *live, const struct flow *flow, struct record_answer *answer)
{
	bool is_guess = answer->direction == DIRECTION_EGRESS && answer->role == ROLE_REPLY &&
			answer->evidence == EVIDENCE_CONFIGURATION;
	bool is_state = answer->verdict == RECORD_CONTRADICTION && is_icmp_error(flow) &&
			!event_acl_denies(answer);

	if (is_guess)
		is_guess = port_evidence_of(live->model->world, live->model->judge, answer).role ==
			   ROLE_UNKNOWN;
	if (is_guess || is_state)
		answer->verdict = RECORD_UNKNOWN;
}

/*
 * What has been answered was not dropped, whatever the model says: it is old, or AWS tracks the connection.  The
 * groups pass both ways what they let begin, whoever did.  The ACL passes each way for itself: what it drops is
 * answered only if it began here, and UDP may have begun at both ends.
 */
static enum event_kind kind_of(struct live *live, const struct flow *flow,
			       const struct record_answer *answer)
{
	const struct conversation *conversation = see(live, flow);
	enum event_kind		   kind = event_kind_of(answer);
	bool began_here = conversation_role(conversation, flow) == ROLE_INITIATOR &&
			  flow->key.protocol != PROTO_UDP;

	if (kind == EVENT_WOULD_DENY && (began_here || !event_acl_denies(answer)) &&
	    conversation_is_answered(live->conversations, conversation, flow))
		return EVENT_CONTRADICTION;
	return kind;
}

/* Of the queue, from there on; how many. */
static size_t judge_batch(struct live *live, size_t from)
{
	struct record_query  queries[BATCH] = { 0 };
	struct record_answer answers[BATCH];
	const char	    *ifnames[BATCH];
	const struct fresh  *fresh[BATCH];
	size_t		     taken = 0, count = 0;

	for (; from + taken < live->queued && taken < BATCH; taken++) {
		const struct flow *flow = &live->queue[from + taken].flow;
		struct record	  *record = &live->records[count];

		if (!live->args.record(live->args.recorder, flow, record, &ifnames[count]))
			continue;
		queries[count] = (struct record_query){
			.record = record, .known = conversation_role(see(live, flow), flow)
		};
		fresh[count++] = &live->queue[from + taken];
	}
	records_judge(live->model->matcher, live->model->judge, queries, count, answers);
	for (size_t i = 0; i < count; i++) {
		struct judged judged = { .flow = &fresh[i]->flow,
					 .process = fresh[i]->has_process ? &fresh[i]->process
									  : NULL,
					 .ifname = ifnames[i],
					 .record = &live->records[i],
					 .answer = &answers[i] };

		doubt(live, judged.flow, &answers[i]);
		judged.kind = kind_of(live, judged.flow, &answers[i]);
		conclude(live, &judged);
	}
	return taken;
}

static void judge_queue(struct live *live)
{
	for (size_t at = 0; at < live->queued;)
		at += judge_batch(live, at);
	live->queued = 0;
}

static void tell_board(const struct live *live)
{
	struct event_limit_counts counts = event_limit_counts(live->limit);

	board_set(&live->args.board->events, counts.said);
	board_set(&live->args.board->suppressed, counts.suppressed);
	board_set(&live->args.board->model.strangers, live->stranger_count);
	board_set(&live->args.board->model.foreign, live->foreign_count);
}

void live_come(struct live *live, uint32_t ifindex, struct wall from)
{
	conversations_come(live->conversations, ifindex, from.ns);
}

/* By what lies between both clocks, which moves by little from turn to turn unless one is set. */
static void look_at_clock(struct live *live, struct clock_pair now)
{
	int64_t ahead_ns = now.wall.ns - (int64_t)now.mono.ns, moved_ns = ahead_ns - live->ahead_ns;

	live->ahead_ns = ahead_ns;
	if (moved_ns > CLOCK_STEP_NS || moved_ns < -CLOCK_STEP_NS)
		conversations_clock_set(live->conversations, now.wall.ns);
}

void live_turn(struct live *live, struct clock_pair now)
{
	live->now = now.mono;
	look_at_clock(live, now);
	take_model(live);
	if (live->budget.percent)
		(void)budget_turn(&live->budget, now.mono, budget_used_ns());
	judge_queue(live);
	event_limit_turn(live->limit, now.mono);
	tell_board(live);
}

static enum board_verdict board_verdict_of(const struct judged *judged)
{
	switch (judged->kind) {
	case EVENT_UNEXPECTED:
		return BOARD_UNEXPECTED;
	case EVENT_CONTRADICTION:
		return BOARD_CONTRADICTION;
	case EVENT_WOULD_DENY:
		return BOARD_WOULD_DENY;
	case EVENT_KIND_COUNT:
		break;
	}
	return judged->answer->verdict == RECORD_EXPECTED ? BOARD_EXPECTED : BOARD_UNKNOWN;
}

void live_finish(struct live *live, const struct flow *flow, const char *ifname,
		 struct record *record)
{
	struct conversation *conversation;
	struct record_query  query = { .record = record };
	struct record_answer answer;
	struct judged	     judged = {
		       .flow = flow, .ifname = ifname, .record = record, .answer = &answer
	};

	/* Neither groups nor ACLs see how a neighbour is found, and no policy is meant for it. */
	if (!live->model || flow->count.is_discovery) {
		board_add(&live->args.board->verdicts[BOARD_UNKNOWN], 1);
		return;
	}
	conversation = see(live, flow);
	query.known = conversation_role(conversation, flow);
	conversation->judged |= (uint8_t)(1 << conversation_sender(flow));
	records_judge(live->model->matcher, live->model->judge, &query, 1, &answer);
	doubt(live, flow, &answer);
	judged.kind = kind_of(live, flow, &answer);
	board_add(&live->args.board->verdicts[board_verdict_of(&judged)], 1);
	conclude(live, &judged);
	if (judged.kind == EVENT_WOULD_DENY)
		record->action = ACTION_REJECT;
}

void live_flush(struct live *live)
{
	judge_queue(live);
	event_limit_flush(live->limit);
	tell_board(live);
}
