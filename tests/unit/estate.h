/* SPDX-License-Identifier: Apache-2.0 */
/* A world from a snapshot that the test states inline, with ' for ", and packets to hold against it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "policies/rules/packet.h"
#include "policies/rules/verdict.h"
#include "policies/world/world.h"
#include "tests/unit/estate_shop.h"
#include "tests/unit/unit.h"

/* NULL with *errors, as world_open. */
static inline struct world *estate_try(const char *text, struct err_list *errors)
{
	char	      path[64], *json = strdup(text);
	size_t	      len = strlen(text);
	int	      fd = memfd_create("snapshot", MFD_CLOEXEC);
	struct world *world;

	for (size_t i = 0; i < len; i++)
		json[i] = json[i] == '\'' ? '"' : json[i];
	if (fd < 0 || write(fd, json, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	world = world_open(path, errors);
	free(json);
	close(fd);
	return world;
}

static inline struct world *estate_open(const char *text)
{
	struct err_list errors;
	struct world   *world = estate_try(text, &errors);

	if (!world)
		fail_msg("line %u: %s", errors.items[0].line, errors.items[0].text);
	return world;
}

static inline uint32_t estate_idx(const struct world *world, enum world_kind kind, const char *id)
{
	uint32_t idx = world_index(world, kind, str_of(id));

	if (idx == WORLD_NONE)
		fail_msg("there is no %s", id);
	return idx;
}

static inline uint32_t estate_eni(const struct world *world, const char *id)
{
	return estate_idx(world, WORLD_ENI, id);
}

static inline struct ip estate_ip(const char *text)
{
	struct ip  ip;
	struct err err;

	if (ip_parse(str_of(text), &ip, &err) < 0)
		fail_msg("%s", err.text);
	return ip;
}

/* port: the destination's, or an ICMP type; code: of ICMP; -1 where it is not known. */
static inline struct packet estate_packet(int protocol, const char *src, const char *dst, int port,
					  int code)
{
	struct packet packet = { .src = estate_ip(src),
				 .dst = estate_ip(dst),
				 .protocol = (uint8_t)protocol,
				 .icmp_type = -1,
				 .icmp_code = -1 };

	if (proto_is_icmp((int16_t)protocol)) {
		packet.icmp_type = (int16_t)port;
		packet.icmp_code = (int16_t)code;
	} else if (proto_has_ports((int16_t)protocol)) {
		packet.src_port = 40000;
		packet.dst_port = (uint16_t)port;
	}
	return packet;
}

static inline struct packet estate_tcp(const char *src, const char *dst, int port)
{
	return estate_packet(PROTO_TCP, src, dst, port, 0);
}

static inline bool estate_notes(const struct world *world, const char *part)
{
	for (size_t i = 0; i < world->note_count; i++)
		if (memmem(world->notes[i].ptr, world->notes[i].len, part, strlen(part)))
			return true;
	return false;
}

/* The verdict, with the words that tell which case it was. */
#define CHECK_VERDICT(decision, expected, about)                                                   \
	do {                                                                                       \
		enum verdict check_verdict = (decision);                                           \
		if (check_verdict != (expected))                                                   \
			fail_msg("%s: %s, not %s", (about), verdict_text(check_verdict),           \
				 verdict_text(expected));                                          \
	} while (0)
