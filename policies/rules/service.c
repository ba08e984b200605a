/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/service.h"

enum { KMS_PORT = 1688 };

/* What flow logs leave out of that which is never filtered (aws-semantics.md 1.12). */
enum logs { LOGS_KEEP, LOGS_LEAVE_OUT, LOGS_LEAVE_OUT_KMS /* only tcp/1688 */ };

static const struct {
	struct ip   ip;
	const char *what;
	enum logs   logs;
} services[] = {
	{ { IP_V4, { 169, 254, 169, 253 } }, "Amazon DNS is never filtered", LOGS_LEAVE_OUT },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x53 } },
	  "Amazon DNS is never filtered",
	  LOGS_LEAVE_OUT },
	{ { IP_V4, { 169, 254, 169, 254 } },
	  "instance metadata is never filtered",
	  LOGS_LEAVE_OUT },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 } },
	  "instance metadata is never filtered",
	  LOGS_LEAVE_OUT },
	{ { IP_V4, { 169, 254, 170, 2 } }, "task metadata is never filtered", LOGS_KEEP },
	{ { IP_V4, { 169, 254, 169, 123 } }, "Amazon Time Sync is never filtered", LOGS_LEAVE_OUT },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x01, [15] = 0x23 } },
	  "Amazon Time Sync is never filtered",
	  LOGS_LEAVE_OUT },
	{ { IP_V6, { 0xfe, 0x80, 0x0e, 0xc2, [15] = 0x01 } },
	  "the VPC router's address is never filtered",
	  LOGS_LEAVE_OUT },
	{ { IP_V4, { 169, 254, 169, 250 } },
	  "Windows activation is never filtered",
	  LOGS_LEAVE_OUT_KMS },
	{ { IP_V4, { 169, 254, 169, 251 } },
	  "Windows activation is never filtered",
	  LOGS_LEAVE_OUT_KMS },
};

/* Link-local addresses and those of fd00:ec2::/32: most others are told by their first byte. */
static bool may_be_service(struct ip ip)
{
	return ip.family == IP_V4 ? ip.bytes[0] == 169 : ip.bytes[0] >= 0xfd;
}

const char *service_at(struct ip ip)
{
	if (!may_be_service(ip))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (ip_eq(ip, services[i].ip))
			return services[i].what;
	return NULL;
}

size_t service_peers(struct ip peers[static SERVICE_PEERS_MAX])
{
	_Static_assert(ARRAY_LEN(services) <= SERVICE_PEERS_MAX, "all fit");
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		peers[i] = services[i].ip;
	return ARRAY_LEN(services);
}

/* Of DHCP server and client, of DHCPv6 client and server. */
const uint16_t dhcp_ports[DHCP_PORT_COUNT] = { 67, 68, 546, 547 };

bool service_is_dhcp(const struct packet *packet)
{
	for (size_t i = 0; packet->protocol == PROTO_UDP && i < DHCP_PORT_COUNT; i++)
		if (packet->src_port == dhcp_ports[i] && packet->dst_port == dhcp_ports[i ^ 1])
			return true;
	return false;
}

bool service_is_left_out(struct ip peer, const struct packet *packet)
{
	enum logs logs = LOGS_KEEP;

	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (ip_eq(peer, services[i].ip))
			logs = services[i].logs;
	if (logs == LOGS_LEAVE_OUT_KMS)
		return packet->protocol == PROTO_TCP &&
		       (packet->src_port == KMS_PORT || packet->dst_port == KMS_PORT);
	return logs == LOGS_LEAVE_OUT || service_is_dhcp(packet);
}
