/* SPDX-License-Identifier: Apache-2.0 */
/* Whose networks are read, and where: an account as one set of keys sees it, and one Region of it. */
#pragma once

#include "lib/aws/call.h"
#include "lib/aws/creds.h"

enum { ACCOUNT_SIZE = 13, REGIONS_MAX = 64 };

/* A zeroed one is empty; place_account_find fills in who it is. */
struct place_account {
	struct aws_creds_chain *chain; /* owned */
	char			id[ACCOUNT_SIZE];
	char		       *arn;   /* of the caller */
	struct aws_client_stats stats; /* of what was asked to find out */
};

struct place {
	const struct place_account *account;
	char			    region[AWS_REGION_SIZE];
	struct aws_client	   *ec2, *elb;
};

/* Asks STS who the keys belong to. */
int  place_account_find(struct place_account *account, struct str region, struct err *err) MUST_USE;
void place_account_done(struct place_account *account);

/* The Regions that the account has enabled, into out (of REGIONS_MAX); how many, or -1. */
int place_regions(struct place_account *account, struct str region, char out[][AWS_REGION_SIZE],
		  struct err *err) MUST_USE;

int  place_open(struct place *place, const struct place_account *account, struct str region,
		struct err *err) MUST_USE;
void place_close(struct place *place);

/* What has been asked there, all services together. */
struct aws_client_stats place_stats(const struct place *place);

/* A name of a Region that is fit for a path. */
bool place_is_region(struct str text);
