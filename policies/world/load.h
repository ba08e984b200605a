/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world while it is being loaded.  One load_<family>.c file per family of resources; load.c has the table
 * of top-level keys.  A loader adds an object or says what is wrong with the document.
 */
#pragma once

#include "lib/base/json.h"
#include "policies/world/world.h"

/* The rows of SecurityGroupRules until they are joined onto their groups. */
struct pending_rule {
	struct sg_rule rule;
	struct str     group_id;
};

struct loader {
	struct world	    *world;
	struct err_list	    *errors;
	struct pending_rule *pending;
	size_t		     pending_count, pending_capacity;
	struct world_family *family; /* of the object being loaded */
};

/* 0, or -1 with *err: text without a place, which the caller adds. */
typedef int load_fn(struct loader *loader, const cJSON *object, struct err *err);

load_fn load_vpc, load_subnet, load_sg, load_sg_rule, load_nacl, load_eni, load_reservation,
	load_rtb, load_prefix_list;

/*
 * The object with that id, new and zeroed but for its `object`, or the old one to be overwritten: the last
 * document wins.
 */
void *load_object(struct loader *loader, enum world_kind kind, const cJSON *object,
		  const char *id_name, struct err *err);

struct str load_text(struct loader *loader, const cJSON *object,
		     const char *name); /* in the arena */

/* The strings of a list of objects, by member name (or of a list of strings: NULL).  NULL when empty. */
struct str *load_texts(struct loader *loader, const cJSON *list, const char *name, uint32_t *count);

int load_cidr(const cJSON *object, const char *name, struct cidr *out, struct err *err);

/* What a rule covers beside its protocol. */
struct load_range {
	struct port_range ports;		/* TCP and UDP */
	int16_t		  icmp_type, icmp_code; /* -1: any */
};

/* names: {"FromPort", "ToPort"} and the like; ports or ICMP type and code, by protocol. */
int load_range(const cJSON *object, const char *const names[static 2], int16_t protocol,
	       struct load_range *out, struct err *err);

void load_note(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* After the last document: joins rules, resolves references, notes what dangles. */
void link_world(struct loader *loader);
