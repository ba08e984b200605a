/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile's credential_process: a program that prints keys as JSON.  It is run without a shell, with nothing on its
 * standard input (which may be ours to read) and our standard error, for what it has to say to the user.
 */
#pragma once

#include "lib/aws/keys.h"

int process_keys(struct str command, struct held_keys *out, struct err *err) MUST_USE;
