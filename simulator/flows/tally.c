/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/tally.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum { KEY_MAX = 1024, LABEL_MAX = 256 };

void tally_done(struct tally *tally)
{
	map_done(&tally->index);
	arena_done(&tally->arena);
	free(tally->groups);
	*tally = (struct tally){ 0 };
}

/* The tier, else the name of the interface, else "internet" or the address. */
static void add_label(const struct tally_record *added, uint64_t tiers, uint32_t eni_idx,
		      struct ip ip, struct buf *out)
{
	struct str tier = added->judge ? judge_tier_name(added->judge, tiers) : str_of("");
	char	   address[IP_TEXT_SIZE];

	if (tier.len) {
		buf_add_visible(out, tier);
	} else if (eni_idx != WORLD_NONE) {
		buf_add_visible(out, world_eni_label(added->world, eni_idx));
	} else {
		ip_print(ip, address);
		buf_add_text(out, address);
	}
}

/* The two ends as the connection was opened. */
static void add_labels(const struct tally_record *added, struct buf *src, struct buf *dst)
{
	const struct record_answer *answer = added->answer;
	bool			    egress = answer->direction == DIRECTION_EGRESS;
	bool			    is_reply = answer->reading == ROLE_REPLY;
	uint32_t		    from = egress ? answer->eni_idx : answer->peer_eni_idx;
	uint32_t		    to = egress ? answer->peer_eni_idx : answer->eni_idx;

	add_label(added, answer->src_tiers, from, answer->packet.src, is_reply ? dst : src);
	add_label(added, answer->dst_tiers, to, answer->packet.dst, is_reply ? src : dst);
}

static struct tally_group new_group(const struct tally_record *added)
{
	const struct record_answer *answer = added->answer;
	struct tally_group	    group = {
			 .verdict = answer->verdict,
			 .action = (enum action)added->record->action,
			 .protocol = (int16_t)added->record->protocol,
			 .sg_idx = WORLD_NONE,
			 .nacl_idx = WORLD_NONE,
			 .statement = answer->intent.statement,
			 .expired = answer->intent.expired,
			 .intent = answer->intent.verdict,
	};

	group.dst_port = answer->opening.dst_port;
	group.has_model = answer->has_model;
	if (!answer->has_model)
		return group;
	if (answer->model.overall.verdict != VERDICT_ALLOW)
		group.layer = answer->model.overall.layer;
	group.sg_rule = answer->model.sg.sg_rule;
	group.sg_idx = answer->model.sg.object_idx;
	if (group.layer == LAYER_NACL) {
		group.nacl_rule = answer->model.nacl.nacl_rule;
		group.nacl_idx = answer->model.nacl.object_idx;
	}
	return group;
}

/* Everything that makes two records one group, as text. */
static void print_key(const struct tally_group *group, const char *why, const struct buf *src,
		      const struct buf *dst, struct buf *key)
{
	buf_printf(key, "%d %d %s %s %d %u %d %p %u %p %u %p %d %s", (int)group->verdict,
		   (int)group->action, src->data, dst->data, group->protocol, group->dst_port,
		   (int)group->layer, (const void *)group->sg_rule, group->sg_idx,
		   (const void *)group->nacl_rule, group->nacl_idx, (const void *)group->statement,
		   (int)group->intent, why ? why : "");
}

static void add_counts(struct tally_total *total, const struct record *record)
{
	total->records++;
	total->packets += record->packets;
	total->bytes += record->bytes;
}

static void extend(struct tally_group *group, const struct record *record)
{
	if (group->total.records == 0 || record->start < group->start)
		group->start = record->start;
	if (record->end > group->end)
		group->end = record->end;
	add_counts(&group->total, record);
}

static struct tally_group *open_group(struct tally *tally, const struct tally_record *added,
				      struct tally_group group, struct str key)
{
	struct arena *arena = &tally->arena;

	if (tally->group_count >= TALLY_GROUPS_MAX) {
		tally->groups_left_out++;
		return NULL;
	}
	group.src = arena_str(arena, group.src);
	group.dst = arena_str(arena, group.dst);
	group.example = arena_str(arena, str_head(added->line, TALLY_EXAMPLE_MAX));
	group.example_file = arena_str(arena, str_of(added->file));
	group.example_line = added->line_number;
	tally->groups = mem_grow(tally->groups, tally->group_count, &tally->group_capacity,
				 sizeof(*tally->groups));
	map_put(&tally->index, arena_str(arena, key), (uint32_t)tally->group_count);
	tally->groups[tally->group_count] = group;
	return &tally->groups[tally->group_count++];
}

struct tally_group *tally_add(struct tally *tally, const struct tally_record *added)
{
	const struct record *record = added->record;
	struct tally_group   group = new_group(added), *opened = NULL;
	auto_buf struct buf  src = buf_make(LABEL_MAX);
	auto_buf struct buf  dst = buf_make(LABEL_MAX);
	auto_buf struct buf  key = buf_make(KEY_MAX);
	uint32_t	     idx;

	add_counts(&tally->totals[added->answer->verdict], record);
	if (record_has(record, FIELD_LOG_STATUS) && record->log_status != LOG_STATUS_OK) {
		tally->nodata += record->log_status == LOG_STATUS_NODATA;
		tally->skipdata += record->log_status == LOG_STATUS_SKIPDATA;
		return NULL;
	}
	add_labels(added, &src, &dst);
	print_key(&group, added->answer->why, &src, &dst, &key);
	if (map_get(&tally->index, buf_str(&key), &idx)) {
		extend(&tally->groups[idx], record);
		return NULL;
	}
	group.src = buf_str(&src);
	group.dst = buf_str(&dst);
	opened = open_group(tally, added, group, buf_str(&key));
	if (opened)
		extend(opened, record);
	return opened;
}

static int rank_of(enum record_verdict verdict)
{
	static const int ranks[RECORD_VERDICT_COUNT] = {
		[RECORD_UNEXPECTED] = 0, [RECORD_CONTRADICTION] = 1, [RECORD_UNKNOWN] = 2,
		[RECORD_REJECTED] = 3,	 [RECORD_EXPECTED] = 4,
	};

	return ranks[verdict];
}

static int compare_groups(const void *a, const void *b)
{
	const struct tally_group *x = a, *y = b;
	int			  order = rank_of(x->verdict) - rank_of(y->verdict);

	if (order)
		return order;
	if (x->total.records != y->total.records)
		return x->total.records < y->total.records ? 1 : -1;
	order = str_cmp(x->src, y->src);
	order = order ? order : str_cmp(x->dst, y->dst);
	if (order)
		return order;
	if (x->protocol != y->protocol)
		return x->protocol - y->protocol;
	if (x->dst_port != y->dst_port)
		return x->dst_port - y->dst_port;
	return x->example_line < y->example_line ? -1 : 1;
}

void tally_sort(struct tally *tally)
{
	map_done(&tally->index);
	if (tally->group_count)
		qsort(tally->groups, tally->group_count, sizeof(*tally->groups), compare_groups);
}
