/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of an object of AWS's.  One that is there, and is not of the type that AWS prints, is remembered by the loader,
 * and the object is refused: read as missing, half of a network would be taken for closed.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/net/cidr.h"
#include "lib/net/ports.h"

struct loader;

/* Of objects.  NULL: not there, or null, as some tools print what is empty. */
const cJSON *load_list(struct loader *loader, const cJSON *object, const char *name);
/* The same of strings. */
const cJSON *load_strings(struct loader *loader, const cJSON *object, const char *name);
const cJSON *load_inner(struct loader *loader, const cJSON *object, const char *name);

/* The fallback: not there, or null. */
bool load_flag(struct loader *loader, const cJSON *object, const char *name, bool fallback);
/* A member without which half of what it divides would be taken for the other half: 0, or -1 with *err. */
int load_bool(const cJSON *object, const char *name, bool *out, struct err *err);

/* In the arena. */
struct str load_text(struct loader *loader, const cJSON *object, const char *name);

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
