/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/proto.h"

#include <stdio.h>
#include <strings.h>

/* AWS returns names for the first four and numbers for the rest; people also write the others. */
static const struct {
	const char *name;
	int16_t	    number;
} names[] = {
	{ "tcp", PROTO_TCP },	    { "udp", PROTO_UDP }, { "icmp", PROTO_ICMP },
	{ "icmpv6", PROTO_ICMPV6 }, { "gre", PROTO_GRE }, { "esp", PROTO_ESP },
	{ "sctp", PROTO_SCTP },	    { "all", PROTO_ANY }, { "-1", PROTO_ANY },
	{ "any", PROTO_ANY },
};

int proto_parse(struct str text, int16_t *out, struct err *err)
{
	uint64_t number;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_of(names[i].name).len == text.len &&
		    strncasecmp(names[i].name, text.ptr, text.len) == 0) {
			*out = names[i].number;
			return 0;
		}
	}
	if (str_u64(text, 255, &number) < 0)
		return err_set(
			err, ERR_INPUT,
			"'%.*s' is not a protocol: expected a name like tcp, a number from 0 "
			"to 255, or -1",
			STR_ARG(text));
	*out = (int16_t)number;
	return 0;
}

void proto_print(int16_t protocol, char out[static PROTO_TEXT_SIZE])
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].number == protocol) {
			snprintf(out, PROTO_TEXT_SIZE, "%s", names[i].name);
			return;
		}
	}
	snprintf(out, PROTO_TEXT_SIZE, "%d", protocol);
}

bool proto_has_ports(int16_t protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_UDP;
}

bool proto_is_icmp(int16_t protocol)
{
	return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
}
