/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetch has read, for people; and the policy of IAM that it needs. */
#pragma once

#include <stdio.h>

#include "policies/fetch/fetch.h"

void print_fetch(const struct fetch_options *options, const struct fetch_result *result, FILE *out);

/* The least that lets a caller make every call of the table. */
void print_iam_policy(FILE *out);

/* The least that lets a sensor fetch what it judges by, and deliver; BUCKET stands for that of its output. */
void print_iam_policy_of_sensor(FILE *out);
