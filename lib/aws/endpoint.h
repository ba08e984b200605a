/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a service answers in a Region.  Hosts follow from the Region's partition by AWS's own rules, FIPS and dual
 * stack included; tests/differential holds them against botocore's rules.  STS and S3 are asked in the Region,
 * not at their old global hosts.
 *
 * An endpoint of the user's own comes, in this order, from the command line, AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, the profile; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS leaves only the command line's.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum aws_service {
	AWS_EC2,
	AWS_STS,
	AWS_ELB,
	AWS_LOGS,
	AWS_S3,
	AWS_SECURITYHUB,
	AWS_SERVICE_COUNT
};

/* What is said once for all services of a client; strings borrowed. */
struct aws_endpoint_options {
	const char *url;	 /* --endpoint-url, or NULL */
	const char *profile_url; /* endpoint_url of the profile, or NULL */
	bool	    fips, dual_stack, ignore_configured;
};

enum { AWS_URL_SIZE = 512, AWS_HOST_SIZE = 300, AWS_REGION_SIZE = 64 };

struct aws_endpoint {
	char url[AWS_URL_SIZE];	  /* "https://ec2.eu-west-1.amazonaws.com", no slash at the end */
	char host[AWS_HOST_SIZE]; /* what Host says: with a port that is not the scheme's own */
	char path[AWS_URL_SIZE];  /* of the user's own endpoint, "" for none */
	char region[AWS_REGION_SIZE]; /* to sign for */
	bool custom;		      /* the user's own */
};

/* AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS. */
int aws_endpoint_options_init(struct aws_endpoint_options *options, struct err *err) MUST_USE;

/* Whether it may be the url of the options. */
int aws_endpoint_check(const char *url, struct err *err) MUST_USE;

int aws_endpoint_find(enum aws_service service, struct str region,
		      const struct aws_endpoint_options *options, struct aws_endpoint *out,
		      struct err *err) MUST_USE;

/*
 * S3's endpoint for one bucket: the first label of the host where the name can be one, else, and always at an endpoint
 * of one's own, the beginning of the path.
 */
int aws_endpoint_take_bucket(struct aws_endpoint *endpoint, struct str bucket,
			     struct err *err) MUST_USE;

/* The name that signatures, and policies of IAM, have for a service: "elasticloadbalancing". */
const char *aws_service_name(enum aws_service service);

/* "aws", "aws-cn", …: the second field of ARNs. */
const char *aws_partition_name(struct str region);
