/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profiles of ~/.aws/config and ~/.aws/credentials (or where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE
 * point).  A profile may be in either or both; what the credentials file says of a key holds.  A file that is not
 * there is empty; one that cannot be read is an error.
 */
#pragma once

#include "lib/aws/ini.h"

struct profiles {
	struct arena arena;
	struct buf   config_text, credentials_text;
	struct ini   config, credentials;
};

int  profiles_load(struct profiles *out, struct err *err) MUST_USE;
void profiles_done(struct profiles *profiles); /* wipes */

/* One profile; either section may be NULL. */
struct profile {
	struct str		  name;
	const struct ini_section *config, *credentials;
};

/* False when neither file has it. */
bool profile_find(const struct profiles *profiles, struct str name, struct profile *out);

/* NULL when neither section has the key; profile_text: the empty slice then. */
const struct ini_key *profile_key(const struct profile *profile, const char *key);
struct str	      profile_text(const struct profile *profile, const char *key);

/*
 * Where a service is to be called: the profile's `services` section has a word for each, then endpoint_url is for
 * all.  Empty when the profile does not say.  service is the key of such a section: "ec2", "elastic_load_balancing_v2".
 */
struct str profile_endpoint(const struct profiles *profiles, const struct profile *profile,
			    const char *service);
