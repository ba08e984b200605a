/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that are held, with the time until which they may be used, in one piece of memory that is wiped when it is let
 * go.  Also: reading them from the JSON that credential processes, containers and instances hand out.
 */
#pragma once

#include <stdint.h>

#include "lib/aws/canonical.h"

#define AWS_KEYS_FOREVER INT64_MAX

/* A zeroed one holds nothing. */
struct held_keys {
	struct buf	text;	 /* all three, one behind the other */
	struct aws_keys keys;	 /* slices of it */
	int64_t		expires; /* seconds since 1970, or AWS_KEYS_FOREVER */
};

/* Copies; what *held had is wiped.  Fails on keys that cannot be sent: too long, or with a control character. */
int  held_keys_set(struct held_keys *held, const struct aws_keys *keys, int64_t expires,
		   struct err *err) MUST_USE;
void held_keys_done(struct held_keys *held);

#define auto_keys __attribute__((cleanup(held_keys_done)))

/* Who speaks: the names of the members differ. */
enum keys_dialect {
	KEYS_OF_PROCESS, /* Version 1, SessionToken, Expiration if any */
	KEYS_OF_SERVICE	 /* Token, Expiration; Code and Message when there are none */
};

/* source is how errors call the document.  Nothing of the document is quoted but a service's Code and Message. */
int held_keys_parse(struct str json, const char *source, enum keys_dialect dialect,
		    struct held_keys *out, struct err *err) MUST_USE;
