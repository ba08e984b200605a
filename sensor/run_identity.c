/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_identity.h"

#include <poll.h>
#include <string.h>

#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "sensor/run_talk.h"

enum {
	NS_PER_MS = 1000000,
	/* Longer than the second within which imds gives up, so that its words are heard. */
	AUTO_WAIT_MS = 1200,
	IMDS_WAIT_MS = 30000,
	ENIS_WAIT_MS = 1000 /* for all interfaces, of metadata that do answer */
};

/* Every device with that MAC: an ENI, and what is made on top of it. */
static void apply(const struct run_identity *identity, struct eni_set *enis,
		  const struct metadata_eni *news)
{
	for (size_t i = 0; i < enis->max; i++)
		if (memcmp(enis->enis[i].mac, news->mac, MAC_SIZE) == 0) {
			metadata_apply(news, &enis->enis[i]);
			if (identity->verbose || news->state == METADATA_SILENT)
				run_say_eni(&enis->enis[i], news);
		}
}

static bool has_mac(const struct eni *eni)
{
	static const uint8_t none[MAC_SIZE];

	return memcmp(eni->mac, none, MAC_SIZE) != 0;
}

/* Until each has its first answer, or the time is up: the rest comes later. */
static void ask_for_all(struct run_identity *identity, struct eni_set *enis)
{
	uint64_t end_ns = clock_now().mono.ns + (uint64_t)ENIS_WAIT_MS * NS_PER_MS, now_ns;
	size_t	 asked = 0;

	for (size_t i = 0; i < enis->count; i++)
		if (has_mac(&enis->enis[i])) {
			metadata_ask(identity->metadata, enis->enis[i].mac);
			asked++;
		}
	while (asked && (now_ns = clock_now().mono.ns) < end_ns) {
		struct metadata_eni news;
		struct pollfd fd = { .fd = metadata_fd(identity->metadata), .events = POLLIN };

		if (poll(&fd, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1) <= 0)
			continue;
		while (asked && metadata_take(identity->metadata, &news)) {
			apply(identity, enis, &news);
			asked--;
		}
		if (metadata_fd(identity->metadata) < 0)
			break;
	}
}

static int ask(struct run_identity *identity, bool needed, struct err *err)
{
	enum metadata_state state = metadata_identity(
		identity->metadata, needed ? IMDS_WAIT_MS : AUTO_WAIT_MS, &identity->known, err);

	if (state == METADATA_KNOWN)
		return 0;
	if (needed)
		return err_wrap(err, "--identity imds");
	if (state != METADATA_ABSENT)
		cli_warn("no instance metadata, going on without: %s", err->text);
	run_identity_end(identity);
	return 0;
}

int run_identity_begin(struct run_identity *identity, const struct sensor_args *args,
		       struct eni_set *enis, struct err *err)
{
	enum identity_source source = args_identity_source(args);
	struct metadata_args metadata = { .user = args->user,
					  .no_drop = args->no_drop,
					  .given = &identity->known };

	identity->verbose = args->verbose;
	if (args_identity(args, &identity->known, err) < 0)
		return -1;
	if (source == IDENTITY_GIVEN)
		return 0;
	identity->metadata = metadata_open(&metadata, err);
	if (!identity->metadata || ask(identity, source == IDENTITY_IMDS, err) < 0)
		return -1;
	/* Where there are none nobody will answer. */
	if (identity->metadata)
		ask_for_all(identity, enis);
	return 0;
}

int run_identity_watch(const struct run_identity *identity, struct wake *wake, struct err *err)
{
	int fd = metadata_fd(identity->metadata);

	return fd < 0 ? 0 : wake_on_input(wake, fd, err);
}

void run_identity_take(struct run_identity *identity, struct eni_set *enis)
{
	struct metadata_eni news;

	while (metadata_take(identity->metadata, &news))
		apply(identity, enis, &news);
}

void run_identity_end(struct run_identity *identity)
{
	metadata_close(identity->metadata);
	identity->metadata = NULL;
}
