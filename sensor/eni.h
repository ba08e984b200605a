/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network interface as records show it: its id, its primary address, what its own addresses are.  What
 * all records of a sensor have in common (account, VPC, instance …) is no part of it.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/flow/record.h"
#include "lib/net/ip.h"
#include "sensor/flow_table.h"
#include "sensor/identity/identity.h"

enum { ENI_LOCALS_MAX = 64, ENI_COUNT_MAX = 256, ENI_WORD_SIZE = 32, MAC_SIZE = 6 };

struct ifaddrs;

/* ifindex 0, where there is an array of these: a free place. */
struct eni {
	char	   name[IF_NAMESIZE];
	struct str id;		  /* borrowed; empty: not given, then known_id may have it */
	uint8_t	   mac[MAC_SIZE]; /* zero: it has none */
	/* As the instance metadata says; "": it does not. */
	char known_id[ENI_WORD_SIZE], vpc_id[ENI_WORD_SIZE], subnet_id[ENI_WORD_SIZE];
	char account_id[ACCOUNT_ID_SIZE];
	/* Of its VPC, which need not be the instance's. */
	struct cidr vpc_cidrs[IDENTITY_CIDRS_MAX];
	size_t	    vpc_cidr_count;
	uint32_t    ifindex;
	bool	    ethernet; /* false: its frames begin with the IP header */
	struct ip   primary;  /* the first IPv4 address; IP_NONE when it has none */
	struct ip   router;   /* base + 1 of its block, when routes go there; else IP_NONE */
	struct ip   locals[ENI_LOCALS_MAX];
	size_t	    local_count;
	bool	    is_gone; /* it disappeared, and that was told */
};

/* "ens5" or "ens5=eni-0123456789abcdef0"; text is borrowed. */
int eni_parse(const char *text, struct eni *out, struct err *err) MUST_USE;

/* Looks the interface up on this host by its name: index, link type, MAC, primary address, router. */
int eni_look_up(struct eni *eni, struct err *err) MUST_USE;

/* The same by its index, from a list of getifaddrs; the name as it is now.  Whether it stands there. */
bool eni_read(struct eni *eni, const struct ifaddrs *list);

/* Which interface an item of that list stands for, by its index; 0: it is one of its addresses. */
uint32_t eni_link_of(const struct ifaddrs *item);

/* The interface-id, given or known; empty: neither. */
struct str eni_id(const struct eni *eni);

/* How many of these places are taken. */
size_t eni_taken(const struct eni *enis, size_t count);

int eni_add_local(struct eni *eni, struct ip ip, struct err *err) MUST_USE;

/*
 * The direction of a packet in a capture that does not tell: what our address sent is egress, what is for
 * our address or for many (multicast, broadcast) is ingress.
 */
enum flow_direction eni_direction(const struct eni *eni, const struct flow_key *key);

/*
 * What all records have in common is in `common` and copied; the record borrows from it and from eni.  A
 * record of a window and no flow (NODATA, SKIPDATA) has besides that the interface and the times.
 */
struct record eni_record(const struct eni *eni, const struct record *common,
			 const struct flow *flow);
struct record eni_status_record(const struct eni *eni, const struct record *common,
				enum log_status status, int64_t start_s, int64_t end_s);

struct ip flow_key_src(const struct flow_key *key);
struct ip flow_key_dst(const struct flow_key *key);

/* What may stand in a record as it is: no blanks, nothing that is not printable. */
bool eni_is_word(struct str text);
