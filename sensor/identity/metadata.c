/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/identity/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/child.h"
#include "sensor/identity/metadata_asker.h"
#include "sensor/shared_memory.h"

enum { NS_PER_MS = 1000000 };

struct metadata {
	struct child	       child;
	struct metadata_asker *asker; /* shared with the child */
	struct identity	       given;
};

struct metadata *metadata_open(const struct metadata_args *args, struct err *err)
{
	struct metadata *metadata = mem_alloc(sizeof(*metadata));

	metadata->child = CHILD_NONE;
	metadata->given = *args->given;
	metadata->asker = shared_memory_new(sizeof(*metadata->asker), err);
	if (metadata->asker) {
		struct child_args child = { .name = "weir-metadata",
					    .channel = CHILD_TALKS,
					    .needs = NEED_NETWORK | NEED_THREADS,
					    .user = args->user,
					    .no_drop = args->no_drop,
					    .run = metadata_asker_run,
					    .context = metadata->asker,
					    .restarts = &metadata->asker->restarts };

		if (child_start(&metadata->child, &child, err) == 0) {
			(void)fcntl(metadata->child.fd, F_SETFL, O_NONBLOCK);
			return metadata;
		}
	}
	metadata_close(metadata);
	return NULL;
}

void metadata_close(struct metadata *metadata)
{
	if (!metadata)
		return;
	child_end(&metadata->child, 0);
	shared_memory_free(metadata->asker, sizeof(*metadata->asker));
	free(metadata);
}

int metadata_fd(const struct metadata *metadata)
{
	return metadata ? metadata->child.fd : -1;
}

/* A question that finds no room is not asked: nobody has taken hundreds of them, and nobody will. */
static void put(struct metadata *metadata, const struct metadata_question *question)
{
	if (metadata_fd(metadata) >= 0)
		(void)!write(metadata->child.fd, question, sizeof(*question));
}

/* The next answer that makes sense; false: there is none yet, or never again. */
static bool get(struct metadata *metadata, struct metadata_answer *answer)
{
	while (metadata_fd(metadata) >= 0) {
		ssize_t got = read(metadata->child.fd, answer, sizeof(*answer));

		if (got == (ssize_t)sizeof(*answer) && metadata_answer_is_sane(answer))
			return true;
		if (got < 0 && errno == EAGAIN)
			return false;
		/* Nobody is there: at its end the fd would wake for ever. */
		if (got == 0 || (got < 0 && errno != EINTR))
			child_end(&metadata->child, 0);
	}
	return false;
}

static void prefer(char *place, const char *given, size_t size)
{
	if (given[0])
		memcpy(place, given, size);
}

static void add_given(const struct identity *given, struct identity *out)
{
	prefer(out->account_id, given->account_id, sizeof(out->account_id));
	prefer(out->region, given->region, sizeof(out->region));
	prefer(out->az_id, given->az_id, sizeof(out->az_id));
	prefer(out->vpc_id, given->vpc_id, sizeof(out->vpc_id));
	prefer(out->subnet_id, given->subnet_id, sizeof(out->subnet_id));
	prefer(out->instance_id, given->instance_id, sizeof(out->instance_id));
	if (given->vpc_cidr_count) {
		memcpy(out->vpc_cidrs, given->vpc_cidrs, sizeof(out->vpc_cidrs));
		out->vpc_cidr_count = given->vpc_cidr_count;
	}
}

/* Before anything else has been asked: what comes is the answer. */
enum metadata_state metadata_identity(struct metadata *metadata, unsigned wait_ms,
				      struct identity *out, struct err *err)
{
	struct metadata_question question = { .topic = METADATA_INSTANCE };
	struct metadata_answer	 answer = { .state = METADATA_ABSENT };
	uint64_t      end_ns = clock_now().mono.ns + (uint64_t)wait_ms * NS_PER_MS, now_ns;
	struct pollfd fd = { .fd = metadata_fd(metadata), .events = POLLIN };
	bool	      told = false;

	put(metadata, &question);
	while (!told && metadata_fd(metadata) >= 0 && (now_ns = clock_now().mono.ns) < end_ns) {
		(void)poll(&fd, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		told = get(metadata, &answer) && answer.topic == METADATA_INSTANCE;
	}
	*out = metadata->given;
	if (!told) {
		err_set(err, ERR_REMOTE, "no answer within %u ms", wait_ms);
		return METADATA_ABSENT;
	}
	if (answer.state != METADATA_KNOWN) {
		err_set(err, ERR_REMOTE, "%s", answer.why);
		return answer.state;
	}
	*out = answer.identity;
	add_given(&metadata->given, out);
	return METADATA_KNOWN;
}

void metadata_ask(struct metadata *metadata, const uint8_t mac[MAC_SIZE])
{
	struct metadata_question question = { .topic = METADATA_ENI };

	memcpy(question.mac, mac, MAC_SIZE);
	put(metadata, &question);
}

bool metadata_take(struct metadata *metadata, struct metadata_eni *out)
{
	struct metadata_answer answer;

	do {
		if (!get(metadata, &answer))
			return false;
	} while (answer.topic != METADATA_ENI);
	*out = answer.eni;
	if (metadata->given.account_id[0])
		out->owner_id[0] = '\0';
	if (metadata->given.vpc_id[0])
		out->vpc_id[0] = '\0';
	if (metadata->given.subnet_id[0])
		out->subnet_id[0] = '\0';
	if (metadata->given.vpc_cidr_count)
		out->vpc_cidr_count = 0;
	return true;
}

void metadata_apply(const struct metadata_eni *known, struct eni *eni)
{
	if (known->state != METADATA_KNOWN)
		return;
	memcpy(eni->known_id, known->id, sizeof(eni->known_id));
	memcpy(eni->vpc_id, known->vpc_id, sizeof(eni->vpc_id));
	memcpy(eni->subnet_id, known->subnet_id, sizeof(eni->subnet_id));
	memcpy(eni->account_id, known->owner_id, sizeof(eni->account_id));
	memcpy(eni->vpc_cidrs, known->vpc_cidrs, sizeof(eni->vpc_cidrs));
	eni->vpc_cidr_count = known->vpc_cidr_count;
	/* The host may have been given its addresses in another order, or by others. */
	if (known->address_count && known->addresses[0].family == IP_V4)
		eni->primary = known->addresses[0];
}
