/* SPDX-License-Identifier: Apache-2.0 */
/* A stretch of packets as the JSON answers have it (docs/cli.md): protocol, from, to. */
#pragma once

#include <cjson/cJSON.h>

#include "simulator/reach/packet_words.h"

/*
 * Members of object: "protocol", "from" and "to" (ports, or types of ICMP), "code" and "code_to" when not all
 * codes fare alike.  Of "all" and "other" from and to are 0 and 65535; "other" lists in "except" the protocols
 * that it does not mean.
 */
void piece_json_put(cJSON *object, const struct packet_piece *piece);
