/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 addresses as flow logs write them, a group at a time. */
#pragma once

#include "lib/net/ip.h"

/*
 * False where this is none, and where a dotted quad is a part of it: that is for ip_parse, which gives
 * the same answer in every other case.  8 bytes behind the text may be read.
 */
bool v6_read(const char *text, size_t len, struct ip *out);
