/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/field.h"

#include <assert.h>

#define RECORD_AT(member) offsetof(struct record, member)
#define TEXT_AT(field)	  offsetof(struct record, text[field])
#define U64(name, version, max, member, about)                                                     \
	{                                                                                          \
		name, version, FIELD_TYPE_U64, max, RECORD_AT(member), about                       \
	}
#define TEXT(field, name, version, about)                                                          \
	{                                                                                          \
		name, version, FIELD_TYPE_TEXT, 0, TEXT_AT(field), about                           \
	}
#define IP(name, version, member, about)                                                           \
	{                                                                                          \
		name, version, FIELD_TYPE_IP, 0, RECORD_AT(member), about                          \
	}

/* Times beyond the year 9999 are nonsense, not data. */
#define TIME_MAX UINT64_C(253402300799)

static const struct field_info fields[FIELD_COUNT] = {
	[FIELD_VERSION] = U64("version", 2, 255, version,
			      "highest version among the format's fields"),
	[FIELD_ACCOUNT_ID] = TEXT(FIELD_ACCOUNT_ID, "account-id", 2, "owner of the interface"),
	[FIELD_INTERFACE_ID] = TEXT(FIELD_INTERFACE_ID, "interface-id", 2,
				    "the interface recorded"),
	[FIELD_SRCADDR] = IP("srcaddr", 2, srcaddr, "source; egress: the interface's own address"),
	[FIELD_DSTADDR] = IP("dstaddr", 2, dstaddr, "destination; ingress: the interface's own"),
	[FIELD_SRCPORT] = U64("srcport", 2, 65535, srcport, "source port, 0 for ICMP"),
	[FIELD_DSTPORT] = U64("dstport", 2, 65535, dstport, "destination port, 0 for ICMP"),
	[FIELD_PROTOCOL] = U64("protocol", 2, 255, protocol, "IANA protocol number"),
	[FIELD_PACKETS] = U64("packets", 2, UINT64_MAX, packets, "packets in the interval"),
	[FIELD_BYTES] = U64("bytes", 2, UINT64_MAX, bytes, "bytes of IP packets in the interval"),
	[FIELD_START] = U64("start", 2, TIME_MAX, start, "first packet, Unix seconds"),
	[FIELD_END] = U64("end", 2, TIME_MAX, end, "last packet, Unix seconds"),
	[FIELD_ACTION] = { "action", 2, FIELD_TYPE_ACTION, 0, RECORD_AT(action),
			   "ACCEPT or REJECT" },
	[FIELD_LOG_STATUS] = { "log-status", 2, FIELD_TYPE_STATUS, 0, RECORD_AT(log_status),
			       "OK, NODATA or SKIPDATA" },
	[FIELD_VPC_ID] = TEXT(FIELD_VPC_ID, "vpc-id", 3, "VPC of the interface"),
	[FIELD_SUBNET_ID] = TEXT(FIELD_SUBNET_ID, "subnet-id", 3, "subnet of the interface"),
	[FIELD_INSTANCE_ID] = TEXT(FIELD_INSTANCE_ID, "instance-id", 3,
				   "instance of the interface"),
	[FIELD_TCP_FLAGS] = U64("tcp-flags", 3, 255, tcp_flags,
				"FIN 1, SYN 2, RST 4, SYN-ACK 18, OR-ed"),
	[FIELD_TYPE] = TEXT(FIELD_TYPE, "type", 3, "IPv4, IPv6 or EFA"),
	[FIELD_PKT_SRCADDR] = IP("pkt-srcaddr", 3, pkt_srcaddr, "source in the packet itself"),
	[FIELD_PKT_DSTADDR] = IP("pkt-dstaddr", 3, pkt_dstaddr, "destination in the packet itself"),
	[FIELD_REGION] = TEXT(FIELD_REGION, "region", 4, "Region of the interface"),
	[FIELD_AZ_ID] = TEXT(FIELD_AZ_ID, "az-id", 4, "availability zone ID, like use1-az1"),
	[FIELD_SUBLOCATION_TYPE] = TEXT(FIELD_SUBLOCATION_TYPE, "sublocation-type", 4,
					"wavelength, outpost or localzone"),
	[FIELD_SUBLOCATION_ID] = TEXT(FIELD_SUBLOCATION_ID, "sublocation-id", 4, "its id"),
	[FIELD_PKT_SRC_AWS_SERVICE] = TEXT(FIELD_PKT_SRC_AWS_SERVICE, "pkt-src-aws-service", 5,
					   "AWS service that owns pkt-srcaddr"),
	[FIELD_PKT_DST_AWS_SERVICE] = TEXT(FIELD_PKT_DST_AWS_SERVICE, "pkt-dst-aws-service", 5,
					   "AWS service that owns pkt-dstaddr"),
	[FIELD_FLOW_DIRECTION] = { "flow-direction", 5, FIELD_TYPE_DIRECTION, 0,
				   RECORD_AT(flow_direction), "ingress or egress" },
	[FIELD_TRAFFIC_PATH] = U64("traffic-path", 5, 255, traffic_path,
				   "how egress traffic left, 1 to 8"),
	[FIELD_ECS_CLUSTER_ARN] = TEXT(FIELD_ECS_CLUSTER_ARN, "ecs-cluster-arn", 7,
				       "of the ECS task"),
	[FIELD_ECS_CLUSTER_NAME] = TEXT(FIELD_ECS_CLUSTER_NAME, "ecs-cluster-name", 7,
					"of the ECS task"),
	[FIELD_ECS_CONTAINER_INSTANCE_ARN] = TEXT(FIELD_ECS_CONTAINER_INSTANCE_ARN,
						  "ecs-container-instance-arn", 7,
						  "of the ECS task"),
	[FIELD_ECS_CONTAINER_INSTANCE_ID] = TEXT(FIELD_ECS_CONTAINER_INSTANCE_ID,
						 "ecs-container-instance-id", 7, "of the ECS task"),
	[FIELD_ECS_CONTAINER_ID] = TEXT(FIELD_ECS_CONTAINER_ID, "ecs-container-id", 7,
					"of the ECS task"),
	[FIELD_ECS_SECOND_CONTAINER_ID] = TEXT(FIELD_ECS_SECOND_CONTAINER_ID,
					       "ecs-second-container-id", 7, "of the ECS task"),
	[FIELD_ECS_SERVICE_NAME] = TEXT(FIELD_ECS_SERVICE_NAME, "ecs-service-name", 7,
					"of the ECS task"),
	[FIELD_ECS_TASK_DEFINITION_ARN] = TEXT(FIELD_ECS_TASK_DEFINITION_ARN,
					       "ecs-task-definition-arn", 7, "of the ECS task"),
	[FIELD_ECS_TASK_ARN] = TEXT(FIELD_ECS_TASK_ARN, "ecs-task-arn", 7, "of the ECS task"),
	[FIELD_ECS_TASK_ID] = TEXT(FIELD_ECS_TASK_ID, "ecs-task-id", 7, "of the ECS task"),
	[FIELD_REJECT_REASON] = TEXT(FIELD_REJECT_REASON, "reject-reason", 8,
				     "BPA or EC; not set for groups and ACLs"),
	[FIELD_RESOURCE_ID] = TEXT(FIELD_RESOURCE_ID, "resource-id", 9, "regional NAT gateway"),
	[FIELD_ENCRYPTION_STATUS] = U64("encryption-status", 10, 255, encryption_status,
					"0 none, 1 Nitro, 2 application, 3 both"),
	[FIELD_INSTANCE_TAG] = TEXT(FIELD_INSTANCE_TAG, "instance-tag", 11,
				    "value of the chosen tag"),
	[FIELD_INSTANCE_TAG_2] = TEXT(FIELD_INSTANCE_TAG_2, "instance-tag-2", 11,
				      "of the second tag"),
	[FIELD_INTERFACE_TAG] = TEXT(FIELD_INTERFACE_TAG, "interface-tag", 11,
				     "value of the chosen tag"),
	[FIELD_INTERFACE_TAG_2] = TEXT(FIELD_INTERFACE_TAG_2, "interface-tag-2", 11,
				       "of the second tag"),
	[FIELD_ASG_TAG] = TEXT(FIELD_ASG_TAG, "asg-tag", 11, "value of the chosen tag"),
	[FIELD_ASG_TAG_2] = TEXT(FIELD_ASG_TAG_2, "asg-tag-2", 11, "of the second tag"),
	[FIELD_INTERFACE_TYPE] = TEXT(FIELD_INTERFACE_TYPE, "interface-type", 11,
				      "nat_gateway, transit_gateway, vpc_endpoint, …"),
	[FIELD_NEXT_HOP_INTERFACE_ID] = TEXT(FIELD_NEXT_HOP_INTERFACE_ID, "next-hop-interface-id",
					     11, "the other side's interface"),
	[FIELD_NEXT_HOP_SUBNET_ID] = TEXT(FIELD_NEXT_HOP_SUBNET_ID, "next-hop-subnet-id", 11,
					  "its subnet"),
	[FIELD_NEXT_HOP_AZ_ID] = TEXT(FIELD_NEXT_HOP_AZ_ID, "next-hop-az-id", 11, "its zone"),
	[FIELD_NEXT_HOP_VPC_ID] = TEXT(FIELD_NEXT_HOP_VPC_ID, "next-hop-vpc-id", 11, "its VPC"),
	[FIELD_NEXT_HOP_INTERFACE_TYPE] = TEXT(FIELD_NEXT_HOP_INTERFACE_TYPE,
					       "next-hop-interface-type", 11, "its type"),
};

_Static_assert(FIELD_COUNT <= 64, "struct record's `has` holds a bit for each field");

const struct field_info *field_info(enum field field)
{
	assert(field < FIELD_COUNT && fields[field].name);
	return &fields[field];
}

/* Parquet columns and Athena tables write '_' where the text files have '-'. */
static bool same_name(struct str given, const char *name)
{
	size_t i = 0;

	for (; i < given.len && name[i]; i++)
		if (given.ptr[i] != name[i] && !(given.ptr[i] == '_' && name[i] == '-'))
			return false;
	return i == given.len && !name[i];
}

bool field_find(struct str name, enum field *out)
{
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (same_name(name, fields[i].name)) {
			*out = (enum field)i;
			return true;
		}
	}
	return false;
}

const char *field_suggest(struct str name)
{
	const char *best = NULL;
	unsigned    distance = 4;

	for (int i = 0; i < FIELD_COUNT; i++) {
		unsigned now = str_distance(name, str_of(fields[i].name));

		if (now < distance) {
			distance = now;
			best = fields[i].name;
		}
	}
	return best;
}

size_t field_value_size(enum field_type type)
{
	switch (type) {
	case FIELD_TYPE_U64:
		return sizeof(uint64_t);
	case FIELD_TYPE_IP:
		return sizeof(struct ip);
	case FIELD_TYPE_TEXT:
		return sizeof(struct str);
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
	case FIELD_TYPE_COUNT:
		break;
	}
	return sizeof(uint8_t);
}
