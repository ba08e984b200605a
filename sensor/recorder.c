/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/recorder.h"

#include "sensor/live/live.h"

/* aws-semantics.md 1.5: another resource in the same VPC, whatever stands between. */
enum { TRAFFIC_PATH_SAME_VPC = 1 };

/* One whose place was given away before its last flow came has neither id nor address in its record. */
static const struct eni *find_eni(const struct recorder *recorder, uint32_t ifindex)
{
	static const struct eni unknown;

	for (size_t i = 0; i < recorder->eni_count; i++)
		if (recorder->enis[i].ifindex == ifindex)
			return &recorder->enis[i];
	return &unknown;
}

static void set_traffic_path(const struct recorder *recorder, struct record *record)
{
	if (record->flow_direction != DIRECTION_EGRESS ||
	    !scope_is_in_vpc(&recorder->scope, record->pkt_dstaddr))
		return;
	record->traffic_path = TRAFFIC_PATH_SAME_VPC;
	record_set(record, FIELD_TRAFFIC_PATH);
}

bool recorder_make(const struct recorder *recorder, const struct flow *flow, struct record *out,
		   const char **ifname)
{
	const struct eni *eni = find_eni(recorder, flow->key.ifindex);

	if (!scope_has(&recorder->scope, eni, &flow->key))
		return false;
	*out = eni_record(eni, &recorder->common, flow);
	set_traffic_path(recorder, out);
	*ifname = eni->name;
	return true;
}

bool recorder_interface(const struct recorder *recorder, size_t place, struct live_interface *out)
{
	const struct eni *eni = &recorder->enis[place];

	if (!eni->ifindex || eni->is_gone)
		return false;
	*out = (struct live_interface){ .ifindex = eni->ifindex,
					.ifname = eni->name,
					.id = eni_id(eni),
					.vpc_id = eni->vpc_id[0]
							  ? str_of(eni->vpc_id)
							  : recorder->common.text[FIELD_VPC_ID] };
	return true;
}

int recorder_add_flow(void *context, const struct flow *flow, struct err *err)
{
	struct recorder *recorder = context;
	uint64_t	*counts = recorder->stats->counts;
	struct record	 record;
	const char	*ifname;
	int		 result;

	if (!recorder_make(recorder, flow, &record, &ifname)) {
		counts[STAT_LEFT_OUT_FLOWS]++;
		counts[STAT_LEFT_OUT_PACKETS] += flow->count.packets;
		return 0;
	}
	if (recorder->live)
		live_finish(recorder->live, flow, ifname, &record);
	result = outputs_add_record(recorder->outputs, &record, err);
	if (result > 0) {
		counts[STAT_FLOWS]++;
		counts[STAT_PACKETS] += flow->count.packets;
	} else if (result == 0) {
		counts[STAT_RECORDS_DROPPED]++;
		windows_lose(recorder->windows, flow->key.ifindex, flow->window,
			     STAT_OUTPUT_BLOCKED, flow->count.packets);
	}
	return result < 0 ? -1 : 1;
}

int recorder_add_status(void *context, const struct window_status *status, struct err *err)
{
	struct recorder *recorder = context;
	uint64_t	*counts = recorder->stats->counts;
	struct record	 record = eni_status_record(status->eni, &recorder->common, status->status,
						    status->start_s, status->end_s);
	int		 result = outputs_add_record(recorder->outputs, &record, err);

	if (result > 0)
		counts[status->status == LOG_STATUS_NODATA ? STAT_NODATA : STAT_SKIPDATA]++;
	/* What comes again is one record, and was counted the first time. */
	if (result == 0 && (status->status == LOG_STATUS_NODATA || status->lost))
		counts[STAT_RECORDS_DROPPED]++;
	return result;
}

void recorder_count_left(struct recorder *recorder)
{
	uint64_t	*counts = recorder->stats->counts;
	struct sink_left left = outputs_left(recorder->outputs);

	counts[STAT_FLOWS] -= left.flows;
	counts[STAT_PACKETS] -= left.packets;
	counts[STAT_OUTPUT_BLOCKED] += left.packets;
	counts[STAT_RECORDS_DROPPED] += left.records;
}
