/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two interfaces whose groups say the same in other words, or almost: the second has the rules of the first in
 * another order, with blocks and ranges of ports cut in two; or one port less.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A snapshot with eni-a of sg-a, which has that many rules, and eni-b of sg-b. */
void made_rules_write(FILE *out, uint32_t rules, bool is_different);
