/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An estate for benchmarks of flow logs: one VPC, three tiers (web, app, db) in two zones each, both families,
 * one interface and instance a host.  Everything about a host follows from its index, so that a log and a
 * snapshot made by two programs speak of the same hosts.
 */
#pragma once

#include <stdint.h>

#include "lib/net/ip.h"

enum made_tier { MADE_WEB, MADE_APP, MADE_DB, MADE_TIER_COUNT };

/* Hosts of a tier; an interface in ten thousand rules would be no other work than one in ten. */
enum { MADE_WEBS = 800, MADE_APPS = 800, MADE_DBS = 400, MADE_HOSTS = 2000, MADE_ZONES = 2 };

#define MADE_ACCOUNT "123456789012"
#define MADE_REGION  "eu-west-1"
#define MADE_VPC     "vpc-0a1b2c3d4e5f60718"

struct made_host {
	enum made_tier tier;
	uint32_t       index, zone; /* index: within the tier */
	struct ip      v4, v6;
	char	       eni[22], instance[20], subnet[25];
};

struct made_host made_host_at(enum made_tier tier, uint32_t index);

/* The network ACL of web subnets denies this one; scanners sit in it. */
#define MADE_DENIED_BLOCK "45.155.204.0/22"

/* snapshot.json and estate.policy in the folder.  -1: a file could not be written (errno). */
int made_estate_write(const char *folder);

/* splitmix64's finish (Vigna): spreads an index over all bits. */
uint64_t made_hash(uint64_t value);
