/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One flow-log record.  `has` says which fields hold a value; a field that is `-` in the log, or not in
 * its format, has none.  Text is borrowed from the line it was read from, or from whoever made the record.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"
#include "lib/net/ip.h"

enum field {
	FIELD_VERSION,
	FIELD_ACCOUNT_ID,
	FIELD_INTERFACE_ID,
	FIELD_SRCADDR,
	FIELD_DSTADDR,
	FIELD_SRCPORT,
	FIELD_DSTPORT,
	FIELD_PROTOCOL,
	FIELD_PACKETS,
	FIELD_BYTES,
	FIELD_START,
	FIELD_END,
	FIELD_ACTION,
	FIELD_LOG_STATUS,
	FIELD_VPC_ID,
	FIELD_SUBNET_ID,
	FIELD_INSTANCE_ID,
	FIELD_TCP_FLAGS,
	FIELD_TYPE,
	FIELD_PKT_SRCADDR,
	FIELD_PKT_DSTADDR,
	FIELD_REGION,
	FIELD_AZ_ID,
	FIELD_SUBLOCATION_TYPE,
	FIELD_SUBLOCATION_ID,
	FIELD_PKT_SRC_AWS_SERVICE,
	FIELD_PKT_DST_AWS_SERVICE,
	FIELD_FLOW_DIRECTION,
	FIELD_TRAFFIC_PATH,
	FIELD_ECS_CLUSTER_ARN,
	FIELD_ECS_CLUSTER_NAME,
	FIELD_ECS_CONTAINER_INSTANCE_ARN,
	FIELD_ECS_CONTAINER_INSTANCE_ID,
	FIELD_ECS_CONTAINER_ID,
	FIELD_ECS_SECOND_CONTAINER_ID,
	FIELD_ECS_SERVICE_NAME,
	FIELD_ECS_TASK_DEFINITION_ARN,
	FIELD_ECS_TASK_ARN,
	FIELD_ECS_TASK_ID,
	FIELD_REJECT_REASON,
	FIELD_RESOURCE_ID,
	FIELD_ENCRYPTION_STATUS,
	FIELD_INSTANCE_TAG,
	FIELD_INSTANCE_TAG_2,
	FIELD_INTERFACE_TAG,
	FIELD_INTERFACE_TAG_2,
	FIELD_ASG_TAG,
	FIELD_ASG_TAG_2,
	FIELD_INTERFACE_TYPE,
	FIELD_NEXT_HOP_INTERFACE_ID,
	FIELD_NEXT_HOP_SUBNET_ID,
	FIELD_NEXT_HOP_AZ_ID,
	FIELD_NEXT_HOP_VPC_ID,
	FIELD_NEXT_HOP_INTERFACE_TYPE,
	FIELD_COUNT
};

enum action { ACTION_ACCEPT, ACTION_REJECT, ACTION_COUNT };
enum log_status { LOG_STATUS_OK, LOG_STATUS_NODATA, LOG_STATUS_SKIPDATA, LOG_STATUS_COUNT };
enum direction { DIRECTION_UNKNOWN, DIRECTION_INGRESS, DIRECTION_EGRESS, DIRECTION_COUNT };

struct record {
	uint64_t has; /* bit 1 << enum field */
	uint64_t version, srcport, dstport, protocol, packets, bytes, start,
		end; /* start, end: s */
	uint64_t   tcp_flags, traffic_path, encryption_status;
	struct ip  srcaddr, dstaddr, pkt_srcaddr, pkt_dstaddr;
	uint8_t	   action, log_status, flow_direction;
	struct str text[FIELD_COUNT]; /* of the text fields, borrowed */
};

static inline bool record_has(const struct record *record, enum field field)
{
	return record->has >> field & 1;
}

static inline void record_set(struct record *record, enum field field)
{
	record->has |= UINT64_C(1) << field;
}
