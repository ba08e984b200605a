/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/rule_text.h"

#include "lib/net/proto.h"

void rule_text_range(int16_t protocol, struct port_range ports, int16_t icmp_type,
		     int16_t icmp_code, struct buf *out)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(protocol, name);
	if (protocol >= 0 && name[0] >= '0' && name[0] <= '9')
		buf_add_text(out, "proto/");
	buf_add_text(out, name);
	if (proto_has_ports(protocol) && (ports.min != 0 || ports.max != 65535)) {
		buf_printf(out, "/%u", ports.min);
		if (ports.max != ports.min)
			buf_printf(out, "-%u", ports.max);
	}
	if (icmp_type >= 0)
		buf_printf(out, "/%d", icmp_type);
	if (icmp_code >= 0)
		buf_printf(out, "/%d", icmp_code);
}

void rule_text_sg_in(const struct world *world, const struct sg_rule *rule, struct buf *out)
{
	char cidr[CIDR_TEXT_SIZE];

	rule_text_range(rule->protocol, rule->ports, rule->icmp_type, rule->icmp_code, out);
	buf_add_text(out, rule->egress ? " to " : " from ");
	if (rule->peer_kind == PEER_CIDR) {
		cidr_print(rule->cidr, cidr);
		buf_add_text(out, cidr);
		return;
	}
	buf_add_text(out, rule->peer_kind == PEER_GROUP ? "sg " : "prefix list ");
	if (rule->peer_kind == PEER_GROUP && rule->peer_idx != WORLD_NONE)
		buf_add_visible(out, world->sgs[rule->peer_idx].object.name);
	else
		buf_add_visible(out, rule->peer_id);
}

void rule_text_nacl(const struct nacl_rule *rule, struct buf *out)
{
	char cidr[CIDR_TEXT_SIZE];

	buf_add_text(out, rule->allow ? "allow " : "deny ");
	rule_text_range(rule->protocol, rule->ports, rule->icmp_type, rule->icmp_code, out);
	cidr_print(rule->cidr, cidr);
	buf_printf(out, " %s", cidr);
}
