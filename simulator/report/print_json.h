/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of cJSON onto a stream, without characters that a terminal would obey: they are escaped. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints root and a newline, and frees it.  spread: over lines, for people; else one line. */
void print_json(cJSON *root, bool spread, FILE *out);

/* A piece of text that cJSON has printed. */
void print_json_text(const char *text, size_t len, FILE *out);
