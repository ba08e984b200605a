/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where credentials come from: the AWS CLI's order, gone through once with the environment and the profiles as they
 * are.  Nothing is asked over the network here.
 *
 *	environment                    unless a profile was asked for by flag
 *	a profile's role_arn           with its source_profile or credential_source, as many roles as they name
 *	web identity                   from the environment (same exception), then from the profile
 *	the profile's keys             in the credentials file; credential_process; in the config file
 *	container, instance metadata
 *
 * and then the roles that flags ask for, each assumed with the keys of the one before.
 */
#pragma once

#include "lib/aws/canonical.h"
#include "lib/aws/profile.h"
#include "lib/aws/timing.h"

struct aws_creds_options {
	const char		*profile, *region, *endpoint_url; /* NULL: not asked for */
	const char *const	*role_arns;			  /* assumed one after the other */
	size_t			 role_arn_count;
	const char		*external_id; /* for all of them */
	const struct aws_timing *timing;      /* NULL: the real clocks */
};

enum creds_source {
	CREDS_ENVIRONMENT,  /* AWS_ACCESS_KEY_ID and its kin, read each time */
	CREDS_PROFILE,	    /* keys in a file */
	CREDS_PROCESS,	    /* a profile's credential_process */
	CREDS_WEB_IDENTITY, /* a token in a file, for a role */
	CREDS_CONTAINER,    /* ECS, EKS pod identity */
	CREDS_INSTANCE,	    /* EC2's instance metadata */
	CREDS_SOURCE_COUNT
};

struct creds_role {
	struct str arn, session_name, external_id; /* the latter two may be empty */
	uint32_t   duration_s;			   /* 0: what STS gives */
};

enum { CREDS_ROLES_MAX = 16 };

/* Slices of the environment, the profiles and the options, which must outlive it. */
struct creds_plan {
	enum creds_source source;
	struct str	  profile;    /* whose */
	struct aws_keys	  keys;	      /* CREDS_PROFILE */
	struct str	  process;    /* CREDS_PROCESS */
	struct str	  token_file; /* CREDS_WEB_IDENTITY; the first role is its own */
	struct creds_role web_identity;
	struct creds_role roles[CREDS_ROLES_MAX]; /* in the order in which they are assumed */
	size_t		  role_count;
	struct str	  region;      /* empty: nobody says one */
	bool		  last_resort; /* instance metadata since there was nothing else */
};

int creds_plan_make(const struct aws_creds_options *options, const struct profiles *profiles,
		    struct creds_plan *out, struct err *err) MUST_USE;

/* The profile that holds without a flag: AWS_DEFAULT_PROFILE, AWS_PROFILE, "default". */
struct str creds_profile_name(const struct aws_creds_options *options);

/* "the environment", "profile 'x'", … for errors. */
void creds_plan_name(const struct creds_plan *plan, struct buf *out);
