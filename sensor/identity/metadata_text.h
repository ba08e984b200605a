/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of instance metadata: ids, addresses and blocks, one a line.  Whoever answers at 169.254.169.254 may be
 * anybody; what becomes part of records, names of objects and paths is letters, digits and hyphens.
 */
#pragma once

#include "lib/net/cidr.h"

/* An id or a name of AWS's: lower-case letters, digits and hyphens, not empty. */
bool metadata_is_id(struct str text);

/* Of a text, with or without a line end, which has to be an id, into out, NUL-terminated.  path is for errors. */
int metadata_parse_id(struct str text, const char *path, char *out, size_t size,
		      struct err *err) MUST_USE;

/* A MAC as Linux and AWS write it, "0a:ff:c2:00:00:01"; and the text of one. */
enum { MAC_TEXT_SIZE = 18 };
int  metadata_parse_mac(struct str text, uint8_t out[static 6], struct err *err) MUST_USE;
void metadata_print_mac(const uint8_t mac[static 6], char out[static MAC_TEXT_SIZE]);

/* Lists that grow, up to max; each item stands once, and what is more than max is left out. */
struct ip_list {
	struct ip *items;
	uint32_t  *count;
	uint32_t   max;
};

struct cidr_list {
	struct cidr *items;
	uint32_t    *count;
	uint32_t     max;
};

/* Adds the lines of a text; after an error nothing has been added. */
int metadata_add_ips(struct ip_list list, struct str text, const char *path,
		     struct err *err) MUST_USE;
int metadata_add_cidrs(struct cidr_list list, struct str text, const char *path,
		       struct err *err) MUST_USE;
