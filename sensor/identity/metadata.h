/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose interfaces these are, from EC2's instance metadata.  A process of its own asks (sensor/identity/metadata_asker.h);
 * the sensor puts questions to it and takes what it has to say, and waits for it only at the start.
 *
 * A device is known by its MAC.  One whose MAC no ENI of the instance has (a container's, a tunnel) has no ENI; one
 * that shares an ENI's (a VLAN, ipvlan) has that one.
 */
#pragma once

#include "sensor/eni.h"
#include "sensor/identity/identity.h"

enum metadata_state {
	METADATA_KNOWN,
	METADATA_NO_ENI, /* none with that MAC so far; a new one may take a while to be known */
	METADATA_SILENT, /* no answer, or not what is asked for; of an ENI it is asked again */
	METADATA_ABSENT, /* of the instance: nobody is there to answer */
	METADATA_STATE_COUNT
};

enum { METADATA_ADDRESSES_MAX = 128, METADATA_PREFIXES_MAX = 64 };

/* "" and none: not said.  What is there has been checked: ids of AWS's. */
struct metadata_eni {
	uint8_t	    mac[MAC_SIZE];
	uint8_t	    state; /* enum metadata_state */
	char	    id[ENI_WORD_SIZE], vpc_id[ENI_WORD_SIZE], subnet_id[ENI_WORD_SIZE];
	char	    owner_id[ACCOUNT_ID_SIZE];
	struct ip   addresses[METADATA_ADDRESSES_MAX]; /* private ones, the primary IPv4 first */
	struct cidr prefixes[METADATA_PREFIXES_MAX];   /* delegated to it */
	struct cidr vpc_cidrs[IDENTITY_CIDRS_MAX];     /* of its VPC, the primary one first */
	uint32_t    address_count, prefix_count, vpc_cidr_count;
};

struct metadata_args {
	const char	      *user; /* as privileges_drop has it */
	bool		       no_drop;
	const struct identity *given; /* copied: what is in it is not taken from the metadata */
};

struct metadata;

/* Forks, before the privileges go. */
struct metadata *metadata_open(const struct metadata_args *args, struct err *err) MUST_USE;
void		 metadata_close(struct metadata *metadata); /* accepts NULL */

/*
 * Who this instance is, with what is given; waits wait_ms at most.  METADATA_KNOWN, or why it is not in *err, and
 * *out is what is given.
 */
enum metadata_state metadata_identity(struct metadata *metadata, unsigned wait_ms,
				      struct identity *out, struct err *err) MUST_USE;

/* Never waits.  The answer, or several as more becomes known, comes by metadata_take.  Accepts NULL: nobody is asked. */
void metadata_ask(struct metadata *metadata, const uint8_t mac[MAC_SIZE]);

/* False: there is nothing new, or nobody (NULL). */
bool metadata_take(struct metadata *metadata, struct metadata_eni *out);

/* Readable when there is, for wake_on_input.  -1: nobody is asked any more. */
int metadata_fd(const struct metadata *metadata);

/* What records say of the interface from now on; an id given for it on the command line stays. */
void metadata_apply(const struct metadata_eni *known, struct eni *eni);
