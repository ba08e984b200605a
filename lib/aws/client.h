/* SPDX-License-Identifier: Apache-2.0 */
/* Clients (lib/aws/call.h) with the keys and endpoints of a chain of credentials. */
#pragma once

#include "lib/aws/call.h"
#include "lib/aws/creds.h"

/* The chain must live as long as the client.  Any number of clients may share it. */
struct aws_client *aws_client_open(struct aws_creds_chain *chain, enum aws_service service,
				   struct str region, struct err *err) MUST_USE;

/* Of S3, for the objects of one bucket: the paths of its calls are keys. */
struct aws_client *aws_client_open_bucket(struct aws_creds_chain *chain, struct str bucket,
					  struct str region, struct err *err) MUST_USE;
