/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/plan.h"

#include <assert.h>
#include <stdlib.h>

struct planning {
	const struct profiles *profiles;
	struct creds_plan     *plan;
	bool		       no_environment; /* a profile by flag keeps it out */
	struct str	       visited[CREDS_ROLES_MAX];
	size_t		       visited_count;
	struct err	      *err;
};

/* A variable that is set to nothing is as good as not set. */
static struct str environment(const char *name)
{
	return str_of(getenv(name));
}

struct str creds_profile_name(const struct aws_creds_options *options)
{
	struct str name = str_of(options->profile);

	if (name.len == 0)
		name = environment("AWS_DEFAULT_PROFILE");
	if (name.len == 0)
		name = environment("AWS_PROFILE");
	return name.len ? name : str_of("default");
}

static int fail(const struct planning *planning, const struct profile *profile, const char *what)
{
	return err_set(planning->err, ERR_REMOTE, "profile '%.*s': %s", STR_ARG(profile->name),
		       what);
}

static int add_role(struct planning *planning, const struct creds_role *role)
{
	struct creds_plan *plan = planning->plan;

	if (plan->role_count == CREDS_ROLES_MAX)
		return err_set(planning->err, ERR_REMOTE, "more than %d roles to assume",
			       CREDS_ROLES_MAX);
	plan->roles[plan->role_count++] = *role;
	return 0;
}

/* Keys of one section: an access key says that they are there, and then the secret must be. */
static int use_keys(struct planning *planning, const struct profile *profile,
		    const struct ini_section *section)
{
	static const char *const tokens[] = { "aws_security_token", "aws_session_token" };
	const struct ini_key	*access_key = ini_key(section, "aws_access_key_id");
	const struct ini_key	*secret_key = ini_key(section, "aws_secret_access_key");
	struct creds_plan	*plan = planning->plan;

	if (!access_key)
		return 0;
	if (!secret_key)
		return fail(planning, profile, "aws_access_key_id without aws_secret_access_key");
	plan->source = CREDS_PROFILE;
	plan->profile = profile->name;
	plan->keys = (struct aws_keys){ .access_key = access_key->value,
					.secret_key = secret_key->value };
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]) && !plan->keys.token.len; i++) {
		const struct ini_key *token = ini_key(section, tokens[i]);

		if (token)
			plan->keys.token = token->value;
	}
	return 1;
}

static struct str setting(const struct profile *profile, bool no_environment, const char *variable,
			  const char *key)
{
	struct str value = { 0 };

	if (!no_environment)
		value = environment(variable);
	return value.len ? value : profile_text(profile, key);
}

/* All of these: 1 found, 0 not here, -1 an error. */
static int use_web_identity(struct planning *planning, const struct profile *profile,
			    bool no_environment)
{
	struct creds_plan *plan = planning->plan;
	struct str	   file = setting(profile, no_environment, "AWS_WEB_IDENTITY_TOKEN_FILE",
					  "web_identity_token_file");

	if (file.len == 0)
		return 0;
	plan->source = CREDS_WEB_IDENTITY;
	plan->profile = profile->name;
	plan->token_file = file;
	plan->web_identity = (struct creds_role){
		.arn = setting(profile, no_environment, "AWS_ROLE_ARN", "role_arn"),
		.session_name = setting(profile, no_environment, "AWS_ROLE_SESSION_NAME",
					"role_session_name"),
	};
	if (plan->web_identity.arn.len == 0)
		return err_set(planning->err, ERR_REMOTE,
			       "a web identity without a role: set AWS_ROLE_ARN, or role_arn in "
			       "profile '%.*s'",
			       STR_ARG(profile->name));
	return 1;
}

/* What a profile has by itself, without other profiles. */
static int use_profile(struct planning *planning, const struct profile *profile,
		       bool no_environment)
{
	struct str process = profile_text(profile, "credential_process");
	int	   status = use_web_identity(planning, profile, no_environment);

	if (status)
		return status;
	if (profile_key(profile, "sso_account_id") || profile_key(profile, "sso_role_name"))
		return fail(
			planning, profile,
			"AWS SSO is not for weir: after 'aws sso login', set credential_process to "
			"'aws configure export-credentials --profile NAME' in a profile of its "
			"own");
	status = use_keys(planning, profile, profile->credentials);
	if (status)
		return status;
	if (process.len) {
		planning->plan->source = CREDS_PROCESS;
		planning->plan->profile = profile->name;
		planning->plan->process = process;
		return 1;
	}
	return use_keys(planning, profile, profile->config);
}

static bool has_keys(const struct profile *profile)
{
	return profile_key(profile, "aws_access_key_id") ||
	       profile_key(profile, "aws_secret_access_key");
}

static bool has_role(const struct profile *profile)
{
	return profile_key(profile, "role_arn") && !profile_key(profile, "web_identity_token_file");
}

static int use_credential_source(struct planning *planning, const struct profile *profile,
				 struct str source)
{
	static const struct {
		const char	 *name;
		enum creds_source source;
	} sources[] = {
		{ "Environment", CREDS_ENVIRONMENT },
		{ "EcsContainer", CREDS_CONTAINER },
		{ "Ec2InstanceMetadata", CREDS_INSTANCE },
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (str_is(source, sources[i].name)) {
			planning->plan->source = sources[i].source;
			planning->plan->profile = profile->name;
			return 0;
		}
	return fail(planning, profile,
		    "credential_source is none of Environment, EcsContainer, Ec2InstanceMetadata");
}

/* A profile may name itself as source when it has keys: its role is assumed with those. */
static int check_source(struct planning *planning, const struct profile *profile,
			const struct profile *source)
{
	for (size_t i = 0; i < planning->visited_count; i++)
		if (str_eq(planning->visited[i], source->name) &&
		    !(str_eq(source->name, profile->name) && has_keys(source)))
			return fail(planning, profile, "its source_profile leads back to itself");
	if (planning->visited_count == CREDS_ROLES_MAX)
		return err_set(planning->err, ERR_REMOTE, "more than %d roles to assume",
			       CREDS_ROLES_MAX);
	planning->visited[planning->visited_count++] = source->name;
	return 0;
}

static int read_role(struct planning *planning, const struct profile *profile,
		     struct creds_role *out)
{
	struct str duration = profile_text(profile, "duration_seconds");
	uint64_t   seconds = 0;

	if (profile_key(profile, "mfa_serial"))
		return fail(planning, profile,
			    "asks for the code of an MFA device, and weir does not: hand temporary "
			    "keys "
			    "over in the environment");
	if (duration.len && str_u64(duration, UINT32_MAX, &seconds) < 0)
		return fail(planning, profile, "duration_seconds is no number");
	*out = (struct creds_role){
		.arn = profile_text(profile, "role_arn"),
		.session_name = profile_text(profile, "role_session_name"),
		.external_id = profile_text(profile, "external_id"),
		.duration_s = (uint32_t)seconds,
	};
	return out->arn.len ? 0 : fail(planning, profile, "role_arn is empty");
}

/*
 * From a profile's role to where its keys come from; the roles on the way are kept in `chain` and added the other way
 * round.
 */
static int use_role(struct planning *planning, struct profile profile)
{
	struct creds_role chain[CREDS_ROLES_MAX];
	size_t		  count = 0;

	planning->visited[planning->visited_count++] = profile.name;
	for (bool more = true; more;) {
		struct str     source = profile_text(&profile, "credential_source"), name;
		struct profile next;

		name = profile_text(&profile, "source_profile");
		if (source.len && name.len)
			return fail(planning, &profile,
				    "both source_profile and credential_source");
		if (!source.len && !name.len)
			return fail(planning, &profile,
				    "role_arn without source_profile or credential_source");
		assert(count < CREDS_ROLES_MAX); /* check_source counts the profiles */
		if (read_role(planning, &profile, &chain[count++]) < 0)
			return -1;
		if (source.len) {
			if (use_credential_source(planning, &profile, source) < 0)
				return -1;
			break;
		}
		if (!profile_find(planning->profiles, name, &next))
			return fail(planning, &profile, "its source_profile does not exist");
		if (check_source(planning, &profile, &next) < 0)
			return -1;
		more = !has_keys(&next) && has_role(&next);
		if (!more) {
			int found = use_profile(planning, &next, true);

			if (found <= 0)
				return found < 0 ? -1 : fail(planning, &next, "has no credentials");
		}
		profile = next;
	}
	while (count)
		if (add_role(planning, &chain[--count]) < 0)
			return -1;
	return 1;
}

/* The order. */
static int use_first(struct planning *planning, const struct profile *profile)
{
	int found;

	if (!planning->no_environment && environment("AWS_ACCESS_KEY_ID").len) {
		planning->plan->source = CREDS_ENVIRONMENT;
		return 0;
	}
	found = has_role(profile) ? use_role(planning, *profile)
				  : use_profile(planning, profile, planning->no_environment);
	if (found)
		return found < 0 ? -1 : 0;
	if (environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").len ||
	    environment("AWS_CONTAINER_CREDENTIALS_FULL_URI").len)
		planning->plan->source = CREDS_CONTAINER;
	else
		planning->plan->source = CREDS_INSTANCE;
	planning->plan->last_resort = planning->plan->source == CREDS_INSTANCE;
	return 0;
}

static struct str region_of(const struct aws_creds_options *options, const struct profile *profile)
{
	struct str region = str_of(options->region);

	if (region.len == 0)
		region = environment("AWS_REGION");
	if (region.len == 0)
		region = environment("AWS_DEFAULT_REGION");
	return region.len ? region : profile_text(profile, "region");
}

int creds_plan_make(const struct aws_creds_options *options, const struct profiles *profiles,
		    struct creds_plan *out, struct err *err)
{
	struct creds_plan plan = { .profile = creds_profile_name(options) };
	struct planning	  planning = { .profiles = profiles,
				       .plan = &plan,
				       .no_environment = str_of(options->profile).len > 0,
				       .err = err };
	struct profile	  profile;
	bool named = options->profile || getenv("AWS_DEFAULT_PROFILE") || getenv("AWS_PROFILE");

	if (!profile_find(profiles, plan.profile, &profile) && named)
		return err_set(err, ERR_USAGE, "no profile '%.*s' in the AWS configuration",
			       STR_ARG(plan.profile));
	plan.region = region_of(options, &profile);
	if (use_first(&planning, &profile) < 0)
		return -1;
	for (size_t i = 0; i < options->role_arn_count; i++) {
		struct creds_role role = { .arn = str_of(options->role_arns[i]),
					   .external_id = str_of(options->external_id) };

		if (add_role(&planning, &role) < 0)
			return -1;
	}
	*out = plan;
	return 0;
}

void creds_plan_name(const struct creds_plan *plan, struct buf *out)
{
	static const char *const names[CREDS_SOURCE_COUNT] = {
		[CREDS_ENVIRONMENT] = "the environment",
		[CREDS_PROFILE] = "the keys",
		[CREDS_PROCESS] = "credential_process",
		[CREDS_WEB_IDENTITY] = "the web identity",
		[CREDS_CONTAINER] = "the container's credentials",
		[CREDS_INSTANCE] = "instance metadata",
	};

	buf_add_text(out, names[plan->source]);
	if (plan->source == CREDS_PROFILE || plan->source == CREDS_PROCESS)
		buf_printf(out, " of profile '%.*s'", STR_ARG(plan->profile));
}
