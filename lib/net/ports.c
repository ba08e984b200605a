/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/ports.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

enum { SERVICE_NAME_MAX = 32, SERVICE_BUFFER = 1024 };

/* A name of services(5) for tcp, else udp. */
static bool find_service(struct str text, struct ports *out)
{
	static const struct {
		const char *name;
		int16_t	    protocol;
	} protocols[] = { { "tcp", PROTO_TCP }, { "udp", PROTO_UDP } };
	char	       name[SERVICE_NAME_MAX], buffer[SERVICE_BUFFER];
	struct servent entry, *found = NULL;

	if (text.len == 0 || text.len >= sizeof(name))
		return false;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (getservbyname_r(name, protocols[i].name, &entry, buffer, sizeof(buffer),
				    &found) != 0 ||
		    !found)
			continue;
		out->protocol = protocols[i].protocol;
		out->count = 1;
		out->ranges[0].min = out->ranges[0].max = ntohs((uint16_t)entry.s_port);
		return true;
	}
	return false;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct port_range *x = a, *y = b;

	return (x->min > y->min) - (x->min < y->min);
}

/* Sorts and joins ranges that overlap or touch. */
static void normalise(struct ports *ports)
{
	uint8_t kept = 0;

	qsort(ports->ranges, ports->count, sizeof(ports->ranges[0]), compare_ranges);
	for (uint8_t i = 1; i < ports->count; i++) {
		struct port_range *last = &ports->ranges[kept], next = ports->ranges[i];

		if (next.min > (uint32_t)last->max + 1)
			ports->ranges[++kept] = next;
		else if (next.max > last->max)
			last->max = next.max;
	}
	ports->count = (uint8_t)(kept + 1);
	if (ports->count == 1 && ports->ranges[0].min == 0 && ports->ranges[0].max == 65535)
		ports->count = 0;
}

static int parse_ranges(struct str list, struct ports *ports, struct err *err)
{
	struct str rest = list;
	bool	   more = true;

	while (more) {
		struct str item = str_head(rest, str_find(rest, ',')), high = item;
		struct str low = str_cut(&high, '-');
		uint64_t   min, max;

		if (ports->count >= PORTS_MAX)
			return err_set(err, ERR_INPUT, "more than %d port ranges", PORTS_MAX);
		if (str_u64(low, 65535, &min) < 0 ||
		    str_u64(low.len == item.len ? low : high, 65535, &max) < 0)
			return err_set(err, ERR_INPUT,
				       "'%.*s' is not a port: expected 0 to 65535 or a range like "
				       "8000-8100",
				       STR_ARG(item));
		if (min > max)
			return err_set(err, ERR_INPUT, "'%.*s' is a range that runs backwards",
				       STR_ARG(item));
		ports->ranges[ports->count++] = (struct port_range){ .min = (uint16_t)min,
								     .max = (uint16_t)max };
		more = item.len < rest.len;
		rest = str_skip(rest, item.len + 1);
	}
	normalise(ports);
	return 0;
}

static int parse_icmp(struct str list, struct ports *ports, struct err *err)
{
	struct str code_text = list;
	struct str type_text = str_cut(&code_text, '/');
	uint64_t   type, code;

	if (str_u64(type_text, 255, &type) < 0)
		return err_set(err, ERR_INPUT, "'%.*s' is not an ICMP type: expected 0 to 255",
			       STR_ARG(type_text));
	ports->icmp_type = (int16_t)type;
	if (type_text.len == list.len)
		return 0;
	if (str_u64(code_text, 255, &code) < 0)
		return err_set(err, ERR_INPUT, "'%.*s' is not an ICMP code: expected 0 to 255",
			       STR_ARG(code_text));
	ports->icmp_code = (int16_t)code;
	return 0;
}

static int parse_protocol(struct str name, struct ports *ports, struct err *err)
{
	if (proto_parse(name, &ports->protocol, err) < 0 || ports->protocol == PROTO_ANY ||
	    (name.len && name.ptr[0] >= '0' && name.ptr[0] <= '9'))
		return err_set(err, ERR_INPUT,
			       "'%.*s' is not a protocol: expected tcp, udp, icmp, icmpv6, sctp, "
			       "gre, esp or proto/NUMBER",
			       STR_ARG(name));
	return 0;
}

int ports_parse(struct str text, struct ports *out, struct err *err)
{
	struct ports ports = { .protocol = PROTO_TCP, .icmp_type = -1, .icmp_code = -1 };
	struct str   rest = text;
	struct str   name = str_cut(&rest, '/');
	bool	     has_slash = name.len < text.len;
	uint64_t     number;

	if (text.len == 0)
		return err_set(err, ERR_INPUT, "a port is empty: expected one like tcp/443");
	if (str_is(text, "all")) {
		ports.protocol = PROTO_ANY;
	} else if (text.ptr[0] >= '0' && text.ptr[0] <= '9') {
		if (parse_ranges(text, &ports, err) < 0)
			return -1;
	} else if (has_slash && str_is(name, "proto")) {
		if (str_u64(rest, 255, &number) < 0)
			return err_set(err, ERR_INPUT,
				       "'%.*s' is not a protocol number: expected 0 to 255",
				       STR_ARG(rest));
		ports.protocol = (int16_t)number;
	} else if (has_slash) {
		if (parse_protocol(name, &ports, err) < 0)
			return -1;
		if (proto_is_icmp(ports.protocol)) {
			if (parse_icmp(rest, &ports, err) < 0)
				return -1;
		} else if (!proto_has_ports(ports.protocol)) {
			return err_set(err, ERR_INPUT,
				       "'%.*s': AWS's rules know no ports for %.*s; write proto/%d",
				       STR_ARG(text), STR_ARG(name), ports.protocol);
		} else if (!str_is(rest, "all") && parse_ranges(rest, &ports, err) < 0) {
			return -1;
		}
	} else if (!find_service(text, &ports) && parse_protocol(text, &ports, err) < 0) {
		return err_set(err, ERR_INPUT,
			       "'%.*s' is not a port: expected one like 5432, tcp/443, udp/53, "
			       "icmp/8, proto/47, a name of services(5), or all",
			       STR_ARG(text));
	}
	*out = ports;
	return 0;
}

void ports_print(const struct ports *ports, char out[static PORTS_TEXT_SIZE])
{
	auto_buf struct buf buf = buf_make(PORTS_TEXT_SIZE - 1);
	char		    name[PROTO_TEXT_SIZE];

	proto_print(ports->protocol, name);
	if (ports->protocol >= 0 && name[0] >= '0' && name[0] <= '9')
		buf_printf(&buf, "proto/%s", name);
	else
		buf_add_text(&buf, name);
	for (uint8_t i = 0; i < ports->count; i++) {
		buf_printf(&buf, "%c%u", i ? ',' : '/', ports->ranges[i].min);
		if (ports->ranges[i].max != ports->ranges[i].min)
			buf_printf(&buf, "-%u", ports->ranges[i].max);
	}
	if (ports->icmp_type >= 0)
		buf_printf(&buf, "/%d", ports->icmp_type);
	if (ports->icmp_code >= 0)
		buf_printf(&buf, "/%d", ports->icmp_code);
	snprintf(out, PORTS_TEXT_SIZE, "%s", buf.data);
}

bool ports_has(const struct ports *ports, int16_t protocol, uint16_t dst_port, int16_t icmp_type,
	       int16_t icmp_code)
{
	if (ports->protocol == PROTO_ANY)
		return true;
	if (ports->protocol != protocol)
		return false;
	if (proto_is_icmp(protocol))
		return (ports->icmp_type < 0 || ports->icmp_type == icmp_type) &&
		       (ports->icmp_code < 0 || ports->icmp_code == icmp_code);
	if (ports->count == 0)
		return true;
	for (uint8_t i = 0; i < ports->count; i++)
		if (dst_port >= ports->ranges[i].min && dst_port <= ports->ranges[i].max)
			return true;
	return false;
}
