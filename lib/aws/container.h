/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys for a container: ECS says where in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, EKS and others in …_FULL_URI.  A
 * full URI without TLS is asked only where nothing leaves the host: loopback, and the addresses that ECS and EKS have
 * for it.  What AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (read each time) or …_TOKEN has goes along.
 */
#pragma once

#include "lib/aws/http.h"
#include "lib/aws/keys.h"

int container_keys(struct aws_http *http, struct held_keys *out, struct err *err) MUST_USE;

/* Whether a full URI may be asked. */
bool container_may_ask(struct str uri);
