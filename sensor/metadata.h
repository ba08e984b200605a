/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose interfaces these are, from EC2's instance metadata.  A process of its own asks (sensor/metadata_asker.h);
 * the sensor puts questions to it and takes what it has to say, and waits for it only at the start.
 *
 * A device is known by its MAC.  One whose MAC no ENI of the instance has (a container's, a tunnel) has no ENI; one
 * that shares an ENI's (a VLAN, ipvlan) has that one.
 */
#pragma once

#include "sensor/child.h"
#include "sensor/eni.h"
#include "sensor/identity.h"

enum metadata_state {
	METADATA_KNOWN,
	METADATA_NO_ENI, /* none with that MAC so far; a new one may take a while to be known */
	METADATA_SILENT, /* nobody answers, or not what is asked for; it is asked for again */
	METADATA_STATE_COUNT
};

enum { METADATA_ADDRESSES_MAX = 128, METADATA_PREFIXES_MAX = 64 };

/* "" and none: not said.  What is there has been checked: one word each. */
struct metadata_eni {
	uint8_t	    mac[MAC_SIZE];
	uint8_t	    state; /* enum metadata_state */
	char	    id[ENI_WORD_SIZE], vpc_id[ENI_WORD_SIZE], subnet_id[ENI_WORD_SIZE];
	char	    owner_id[16];
	struct ip   addresses[METADATA_ADDRESSES_MAX]; /* private ones, the primary IPv4 first */
	struct cidr prefixes[METADATA_PREFIXES_MAX];   /* delegated to it */
	uint32_t    address_count, prefix_count;
};

enum metadata_mode { METADATA_AUTO, METADATA_NEEDED, METADATA_NONE };

struct metadata;

/*
 * Forks, before the privileges go.  With METADATA_NONE nobody is asked and NULL is returned with *err untouched,
 * which all that follows takes as a metadata that knows nothing.
 */
int  metadata_open(struct metadata **out, enum metadata_mode mode, const char *user, bool no_drop,
		   struct err *err) MUST_USE;
void metadata_close(struct metadata *metadata);

/*
 * Who this instance is; at the start, and waits: a second, or as long as it takes to be told that there is no answer
 * when there has to be one.  1: *out is known, 0: this is no EC2 instance, or it does not say; -1: there has to be an
 * answer (METADATA_NEEDED), and *err says why there is none.
 */
int metadata_identity(struct metadata *metadata, struct identity *out, struct err *err) MUST_USE;

/* Never waits.  The answer, or several as more becomes known, comes by metadata_take. */
void metadata_ask(struct metadata *metadata, const uint8_t mac[MAC_SIZE]);

/* False: there is nothing new. */
bool metadata_take(struct metadata *metadata, struct metadata_eni *out);

/* Readable when there is; for wake_on_input.  -1: nobody is asked (any more). */
int metadata_fd(const struct metadata *metadata);

/* What records say of the interface from now on; what it was given on the command line stays. */
void metadata_apply(const struct metadata_eni *known, struct eni *eni);
