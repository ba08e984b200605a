/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a snapshot, and paths through the world that it makes.  A path that gets through has no hop
 * that says otherwise; one that is refused names a hop, or client ports none of which gets a reply; whatever
 * a hop does not allow has a reason; a command that would open it has words.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "simulator/explain.h"
#include "simulator/remedy.h"
#include "tests/fuzz/fuzz.h"

enum { ENDS_MAX = 12, TEXT_MAX = 4096 };

/* Sources and destinations beside the interfaces: the internet, hosts of it, networks on premises. */
static const struct ip outsiders[] = {
	{ IP_NONE, { 0 } },
	{ IP_V4, { 203, 0, 113, 130 } },
	{ IP_V4, { 192, 168, 7, 7 } },
	{ IP_V4, { 198, 51, 100, 10 } },
	{ IP_V6, { 0, 0x64, 0xff, 0x9b, [12] = 203, [14] = 113, [15] = 9 } },
	{ IP_V6, { 0x2a, 0, [15] = 9 } },
};

static const struct packet headers[] = {
	{ .protocol = PROTO_TCP, .dst_port = 443, .icmp_type = -1, .icmp_code = -1 },
	{ .protocol = PROTO_UDP, .dst_port = 53, .icmp_type = -1, .icmp_code = -1 },
	{ .protocol = PROTO_ICMP, .icmp_type = 8, .icmp_code = -1 },
	{ .protocol = PROTO_ICMPV6, .icmp_type = 128, .icmp_code = 0 },
	{ .protocol = PROTO_GRE, .icmp_type = -1, .icmp_code = -1 },
};

static void check_hop(const struct world *world, const struct question *question,
		      const struct path *path, const struct hop *hop)
{
	const struct obstacle obstacle = { world, question, path, hop,
					   hop >= path->back.hops &&
						   hop < path->back.hops + HOPS_MAX };
	auto_buf struct buf   words = buf_make(TEXT_MAX);
	auto_buf struct buf   command = buf_make(TEXT_MAX);

	explain_hop_rule(world, hop, &words);
	explain_hop_effect(world, hop, &words);
	explain_hop_reason(world, hop, &words);
	buf_clear(&words);
	if (hop->decision.verdict == VERDICT_ALLOW)
		return;
	PROPERTY(hop->decision.reason != REASON_NONE);
	if (hop->decision.verdict != VERDICT_DENY)
		return;
	remedy_nearest(&obstacle, &words);
	buf_clear(&words);
	remedy_words(&obstacle, &words);
	remedy_command(&obstacle, &command);
	PROPERTY(command.len == 0 || words.len > 0);
}

static bool denies(const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++)
		if (leg->hops[i].decision.verdict == VERDICT_DENY)
			return true;
	return false;
}

static void check_path(const struct world *world, const struct question *question)
{
	struct path path;

	path_walk(world, question, &path);
	PROPERTY(path.forward.count <= HOPS_MAX && path.back.count <= HOPS_MAX);
	PROPERTY(path.forward.verdict <= leg_verdict(&path.forward));
	PROPERTY(path.back.verdict <= leg_verdict(&path.back));
	if (path.verdict == VERDICT_ALLOW)
		PROPERTY(path.forward.verdict == VERDICT_ALLOW &&
			 (!path.back_needed || path.back.verdict == VERDICT_ALLOW));
	if (path.verdict == VERDICT_DENY)
		PROPERTY(denies(&path.forward) || path.back.verdict == VERDICT_DENY);
	for (size_t i = 0; i < path.forward.count; i++)
		check_hop(world, question, &path, &path.forward.hops[i]);
	for (size_t i = 0; i < path.back.count; i++)
		check_hop(world, question, &path, &path.back.hops[i]);
}

/* The first address of each of the first interfaces, then those outside. */
static size_t find_ends(const struct world *world, struct end *out)
{
	size_t count = 0;

	for (uint32_t i = 0; i < world->counts[WORLD_ENI] && count < ENDS_MAX; i++)
		for (uint32_t j = 0; j < world->enis[i].address_count && count < ENDS_MAX; j++)
			out[count++] = (struct end){ .eni_idx = i,
						     .ip = world->enis[i].addresses[j].ip };
	for (size_t i = 0; i < ARRAY_LEN(outsiders); i++)
		out[count++] = (struct end){ .eni_idx = WORLD_NONE, .ip = outsiders[i] };
	return count;
}

static void check_pair(const struct world *world, const struct end *src, const struct end *dst)
{
	struct question question = { .src = *src,
				     .dst = *dst,
				     .client_ports = path_default_client_ports() };

	if (src->ip.family && dst->ip.family ? src->ip.family != dst->ip.family
					     : src->ip.family == dst->ip.family)
		return;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		question.packet = headers[i];
		question.packet.src = src->ip;
		question.packet.dst = dst->ip;
		check_path(world, &question);
	}
}

static struct world *load(const uint8_t *data, size_t size)
{
	int		fd = memfd_create("snapshot", MFD_CLOEXEC);
	char		path[64];
	struct world   *world;
	struct err_list errors;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	world = world_open(path, &errors);
	close(fd);
	return world;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_world struct world *world = load(data, size);
	struct end		 ends[ENDS_MAX + ARRAY_LEN(outsiders)];
	size_t			 count = world ? find_ends(world, ends) : 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			if (i != j)
				check_pair(world, &ends[i], &ends[j]);
	return 0;
}
