/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/eni.h"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "sensor/gateway.h"

_Static_assert((int)FLOW_INGRESS == (int)DIRECTION_INGRESS, "one numbering of directions");
_Static_assert((int)FLOW_EGRESS == (int)DIRECTION_EGRESS, "one numbering of directions");

bool eni_is_word(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
			return false;
	return text.len > 0;
}

int eni_parse(const char *text, struct eni *out, struct err *err)
{
	struct str rest = str_of(text);
	bool	   has_id = str_find(rest, '=') < rest.len;
	struct str name = str_cut(&rest, '=');
	struct eni eni = { .ethernet = true };

	if (!eni_is_word(name) || name.len >= sizeof(eni.name))
		return err_set(err, ERR_USAGE, "'%.*s' is not the name of an interface",
			       STR_ARG(name));
	if (has_id && !eni_is_word(rest))
		return err_set(err, ERR_USAGE, "'%s': expected NAME=ENI, as in ens5=eni-0a1b2c3d",
			       text);
	memcpy(eni.name, name.ptr, name.len);
	if (has_id)
		eni.id = rest;
	*out = eni;
	return 0;
}

static struct ip ip_of_sockaddr(const struct sockaddr *address)
{
	struct sockaddr_in v4;

	if (!address || address->sa_family != AF_INET)
		return (struct ip){ 0 };
	memcpy(&v4, address, sizeof(v4));
	return ip_from_bytes(IP_V4, &v4.sin_addr);
}

/* The list has the addresses as the kernel keeps them: the primary one comes first. */
static void read_primary(struct eni *eni, const struct ifaddrs *list)
{
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		struct ip address = ip_of_sockaddr(at->ifa_addr);
		struct ip mask = ip_of_sockaddr(at->ifa_netmask), router = address;

		if (address.family == IP_NONE || strcmp(at->ifa_name, eni->name) != 0)
			continue;
		eni->primary = address;
		for (size_t i = 0; i < sizeof(router.bytes); i++)
			router.bytes[i] &= mask.bytes[i];
		router = ip_add(router, 1);
		if (gateway_is(eni->ifindex, router))
			eni->router = router;
		return;
	}
}

uint32_t eni_link_of(const struct ifaddrs *item)
{
	struct sockaddr_ll link;

	if (!item->ifa_addr)
		/* A link whose kind has no addresses, a tunnel say. */
		return if_nametoindex(item->ifa_name);
	if (item->ifa_addr->sa_family != AF_PACKET)
		return 0;
	memcpy(&link, item->ifa_addr, sizeof(link));
	return (uint32_t)link.sll_ifindex;
}

static void read_link(struct eni *eni, const struct sockaddr *address)
{
	struct sockaddr_ll link = { 0 };

	if (address)
		memcpy(&link, address, sizeof(link));
	memset(eni->mac, 0, sizeof(eni->mac));
	if (link.sll_hatype == ARPHRD_ETHER)
		memcpy(eni->mac, link.sll_addr, sizeof(eni->mac));
	eni->ethernet = link.sll_hatype == ARPHRD_ETHER || link.sll_hatype == ARPHRD_LOOPBACK;
}

bool eni_read(struct eni *eni, const struct ifaddrs *list)
{
	const struct ifaddrs *at = list;

	while (at && eni_link_of(at) != eni->ifindex)
		at = at->ifa_next;
	if (!at)
		return false;
	memset(eni->name, 0, sizeof(eni->name));
	memcpy(eni->name, at->ifa_name, strnlen(at->ifa_name, sizeof(eni->name) - 1));
	read_link(eni, at->ifa_addr);
	eni->primary = eni->router = (struct ip){ 0 };
	read_primary(eni, list);
	return true;
}

/* It may be named by an alternative name, which neither its addresses nor its routes go by. */
int eni_look_up(struct eni *eni, struct err *err)
{
	struct eni	found = *eni;
	struct ifaddrs *list;
	bool		is_there;

	found.ifindex = if_nametoindex(eni->name);
	if (!found.ifindex)
		return err_set(err, ERR_INPUT, "interface '%s' does not exist", eni->name);
	if (getifaddrs(&list) < 0)
		return err_sys(err, "cannot list the addresses of '%s'", eni->name);
	is_there = eni_read(&found, list);
	freeifaddrs(list);
	if (!is_there)
		return err_set(err, ERR_INPUT, "interface '%s' disappeared", eni->name);
	*eni = found;
	return 0;
}

struct str eni_id(const struct eni *eni)
{
	return eni->id.len ? eni->id : str_of(eni->known_id);
}

size_t eni_taken(const struct eni *enis, size_t count)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		taken += enis[i].ifindex != 0;
	return taken;
}

int eni_add_local(struct eni *eni, struct ip ip, struct err *err)
{
	if (eni->local_count == ENI_LOCALS_MAX)
		return err_set(err, ERR_USAGE, "more than %d addresses", ENI_LOCALS_MAX);
	if (eni->primary.family == IP_NONE && ip.family == IP_V4)
		eni->primary = ip;
	eni->locals[eni->local_count++] = ip;
	return 0;
}

struct ip flow_key_src(const struct flow_key *key)
{
	return ip_from_bytes(key->family == 4 ? IP_V4 : IP_V6, key->src);
}

struct ip flow_key_dst(const struct flow_key *key)
{
	return ip_from_bytes(key->family == 4 ? IP_V4 : IP_V6, key->dst);
}

/* bytes: an address of the key, in whose family the rest of the 16 bytes is zero, as in struct ip. */
static bool is_local(const struct eni *eni, const struct flow_key *key, const uint8_t *bytes)
{
	for (size_t i = 0; i < eni->local_count; i++)
		if (eni->locals[i].family == key->family &&
		    memcmp(eni->locals[i].bytes, bytes, sizeof(eni->locals[i].bytes)) == 0)
			return true;
	return false;
}

/* 224.0.0.0/4 and 255.255.255.255, or ff00::/8. */
static bool is_for_many(const struct flow_key *key)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (key->family == 6)
		return key->dst[0] == 0xff;
	return key->dst[0] >> 4 == 14 || memcmp(key->dst, broadcast, sizeof(broadcast)) == 0;
}

enum flow_direction eni_direction(const struct eni *eni, const struct flow_key *key)
{
	if (is_local(eni, key, key->src))
		return FLOW_EGRESS;
	if (is_local(eni, key, key->dst) || (eni->local_count && is_for_many(key)))
		return FLOW_INGRESS;
	return FLOW_UNKNOWN;
}

static void set_u64(struct record *record, enum field field, uint64_t *place, uint64_t value)
{
	*place = value;
	record_set(record, field);
}

static void set_ip(struct record *record, enum field field, struct ip *place, struct ip value)
{
	*place = value;
	record_set(record, field);
}

static void set_text(struct record *record, enum field field, struct str text)
{
	if (!text.len)
		return;
	record->text[field] = text;
	record_set(record, field);
}

/*
 * aws-semantics.md 1.9: on the interface's own side srcaddr or dstaddr is its primary IPv4 address, whatever
 * stands in the packet (a secondary address, that of a pod, of a host routed for); pkt-* tells the truth.
 */
static void set_addresses(struct record *record, const struct eni *eni, const struct flow_key *key)
{
	struct ip src = flow_key_src(key), dst = flow_key_dst(key);
	bool	  shown = eni->primary.family == IP_V4 && key->family == 4;

	set_ip(record, FIELD_PKT_SRCADDR, &record->pkt_srcaddr, src);
	set_ip(record, FIELD_PKT_DSTADDR, &record->pkt_dstaddr, dst);
	set_ip(record, FIELD_SRCADDR, &record->srcaddr,
	       shown && key->direction == FLOW_EGRESS ? eni->primary : src);
	set_ip(record, FIELD_DSTADDR, &record->dstaddr,
	       shown && key->direction == FLOW_INGRESS ? eni->primary : dst);
}

static uint64_t seconds_of(uint64_t ns)
{
	return (uint64_t)clock_seconds((struct wall){ .ns = (int64_t)ns });
}

static struct record begin_record(const struct eni *eni, const struct record *common,
				  enum log_status status)
{
	struct record record = *common;

	record_set(&record, FIELD_VERSION);
	record.log_status = (uint8_t)status;
	record_set(&record, FIELD_LOG_STATUS);
	set_text(&record, FIELD_INTERFACE_ID, eni_id(eni));
	set_text(&record, FIELD_ACCOUNT_ID, str_of(eni->account_id));
	set_text(&record, FIELD_VPC_ID, str_of(eni->vpc_id));
	set_text(&record, FIELD_SUBNET_ID, str_of(eni->subnet_id));
	return record;
}

struct record eni_status_record(const struct eni *eni, const struct record *common,
				enum log_status status, int64_t start_s, int64_t end_s)
{
	struct record record = begin_record(eni, common, status);

	set_u64(&record, FIELD_START, &record.start, (uint64_t)start_s);
	set_u64(&record, FIELD_END, &record.end, (uint64_t)end_s);
	return record;
}

struct record eni_record(const struct eni *eni, const struct record *common,
			 const struct flow *flow)
{
	const struct flow_key	*key = &flow->key;
	const struct flow_count *count = &flow->count;
	struct record		 record = begin_record(eni, common, LOG_STATUS_OK);

	record.action = ACTION_ACCEPT;
	record_set(&record, FIELD_ACTION);
	set_text(&record, FIELD_TYPE, str_of(key->family == 4 ? "IPv4" : "IPv6"));
	set_addresses(&record, eni, key);
	set_u64(&record, FIELD_SRCPORT, &record.srcport, key->src_port);
	set_u64(&record, FIELD_DSTPORT, &record.dstport, key->dst_port);
	set_u64(&record, FIELD_PROTOCOL, &record.protocol, key->protocol);
	set_u64(&record, FIELD_PACKETS, &record.packets, count->packets);
	set_u64(&record, FIELD_BYTES, &record.bytes, count->bytes);
	set_u64(&record, FIELD_START, &record.start, seconds_of(count->first_ns));
	set_u64(&record, FIELD_END, &record.end, seconds_of(count->last_ns));
	set_u64(&record, FIELD_TCP_FLAGS, &record.tcp_flags, count->tcp_flags);
	if (key->direction != FLOW_UNKNOWN) {
		record.flow_direction = key->direction;
		record_set(&record, FIELD_FLOW_DIRECTION);
	}
	return record;
}
