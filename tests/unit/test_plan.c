/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which credentials are looked for; tests/differential/test_creds.py has botocore as judge of it. */
#include "lib/aws/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { TEXT_MAX = 2000, ENVIRONMENT_MAX = 8 };

struct plan_case {
	const char *config, *credentials;
	const char *environment[ENVIRONMENT_MAX]; /* "NAME=value", NULL ends */
	const char *profile;
	const char *found; /* what describe() says, or the error */
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text ? text : "", file) >= 0 && fclose(file) == 0);
}

static void add_part(struct buf *out, const char *what, struct str value)
{
	if (value.len)
		buf_printf(out, "%s%.*s", what, STR_ARG(value));
}

/* "keys AK1 of p, role R as S for E" */
static void describe(const struct creds_plan *plan, struct buf *out)
{
	creds_plan_name(plan, out);
	add_part(out, ": ", plan->keys.access_key);
	add_part(out, "+", plan->keys.token);
	add_part(out, ": ", plan->process);
	if (plan->source == CREDS_WEB_IDENTITY) {
		add_part(out, ": ", plan->token_file);
		add_part(out, ", ", plan->web_identity.arn);
		add_part(out, " as ", plan->web_identity.session_name);
	}
	for (size_t i = 0; i < plan->role_count; i++) {
		add_part(out, ", role ", plan->roles[i].arn);
		add_part(out, " as ", plan->roles[i].session_name);
		add_part(out, " for ", plan->roles[i].external_id);
	}
	add_part(out, ", in ", plan->region);
}

static void check_case(const struct plan_case *plan_case, const struct aws_creds_options *options)
{
	char		    folder[] = "/tmp/weir-plan-XXXXXX", config[64], credentials[64];
	struct profiles	    profiles;
	struct creds_plan   plan;
	auto_buf struct buf found = buf_make(TEXT_MAX);
	struct err	    err;

	CHECK(mkdtemp(folder));
	snprintf(config, sizeof(config), "%s/config", folder);
	snprintf(credentials, sizeof(credentials), "%s/credentials", folder);
	write_file(config, plan_case->config);
	write_file(credentials, plan_case->credentials);
	unit_clear_environment();
	setenv("AWS_CONFIG_FILE", config, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", credentials, 1);
	for (size_t i = 0; i < ENVIRONMENT_MAX && plan_case->environment[i]; i++)
		CHECK(putenv((char *)plan_case->environment[i]) == 0);
	CHECK(profiles_load(&profiles, &err) == 0);
	if (creds_plan_make(options, &profiles, &plan, &err) < 0)
		buf_add_text(&found, err.text);
	else
		describe(&plan, &found);
	CHECK_STR(buf_str(&found), plan_case->found);
	profiles_done(&profiles);
	CHECK(unlink(config) == 0 && unlink(credentials) == 0 && rmdir(folder) == 0);
}

#define KEYS(name) "aws_access_key_id = " name "\naws_secret_access_key = s\n"

TEST(the_first_of_the_order_that_has_something_wins)
{
	static const struct plan_case cases[] = {
		{ .found = "instance metadata" },
		{ .environment = { "AWS_ACCESS_KEY_ID=E", "AWS_SECRET_ACCESS_KEY=s" },
		  .credentials = "[default]\n" KEYS("F"),
		  .found = "the environment" },
		{ .environment = { "AWS_ACCESS_KEY_ID=E", "AWS_SECRET_ACCESS_KEY=s" },
		  .credentials = "[p]\n" KEYS("F"),
		  .profile = "p",
		  .found = "the keys of profile 'p': F" },
		{ .environment = { "AWS_ACCESS_KEY_ID=E", "AWS_PROFILE=p" },
		  .credentials = "[p]\n" KEYS("F"),
		  .found = "the environment" },
		{ .environment = { "AWS_PROFILE=p" },
		  .credentials = "[p]\n" KEYS("F") "aws_session_token = T\n",
		  .found = "the keys of profile 'p': F+T" },
		{ .credentials = "[default]\n" KEYS("F"),
		  .config = "[default]\n" KEYS("C") "region = eu-west-1\n",
		  .found = "the keys of profile 'default': F, in eu-west-1" },
		{ .config = "[default]\n" KEYS("C") "credential_process = /bin/x -y\n",
		  .found = "credential_process of profile 'default': /bin/x -y" },
		{ .config = "[profile p]\n" KEYS("C"),
		  .profile = "p",
		  .found = "the keys of profile 'p': C" },
		{ .environment = { "AWS_WEB_IDENTITY_TOKEN_FILE=/t", "AWS_ROLE_ARN=R",
				   "AWS_ROLE_SESSION_NAME=S" },
		  .credentials = "[default]\n" KEYS("F"),
		  .found = "the web identity: /t, R as S" },
		{ .environment = { "AWS_WEB_IDENTITY_TOKEN_FILE=/t", "AWS_ROLE_ARN=R" },
		  .credentials = "[p]\n" KEYS("F"),
		  .profile = "p",
		  .found = "the keys of profile 'p': F" },
		{ .config = "[default]\nweb_identity_token_file = /u\nrole_arn = Q\n",
		  .found = "the web identity: /u, Q" },
		{ .environment = { "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/" },
		  .found = "the container's credentials" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i], &(struct aws_creds_options){ .profile = cases[i].profile });
}

TEST(a_profile_of_a_role_leads_to_where_its_keys_come_from)
{
	static const struct plan_case cases[] = {
		{ .config = "[default]\nrole_arn = R\nsource_profile = base\nexternal_id = X\n"
			    "role_session_name = S\n[profile base]\n" KEYS("B"),
		  .found = "the keys of profile 'base': B, role R as S for X" },
		{ .config = "[default]\nrole_arn = R1\nsource_profile = two\n"
			    "[profile two]\nrole_arn = R2\nsource_profile = three\n"
			    "[profile three]\nrole_arn = R3\ncredential_source = "
			    "Ec2InstanceMetadata\n",
		  .found = "instance metadata, role R3, role R2, role R1" },
		{ .config = "[default]\nrole_arn = R\nsource_profile = default\n" KEYS("B"),
		  .found = "the keys of profile 'default': B, role R" },
		{ .config = "[default]\nrole_arn = R1\nsource_profile = two\n"
			    "[profile two]\nrole_arn = R2\nsource_profile = two\n" KEYS("B"),
		  .found = "the keys of profile 'two': B, role R1" },
		{ .config = "[default]\nrole_arn = R\ncredential_source = Environment\n",
		  .found = "the environment, role R" },
		{ .config = "[default]\nrole_arn = R\nsource_profile = w\n"
			    "[profile w]\nrole_arn = Q\nweb_identity_token_file = /t\n",
		  .found = "the web identity: /t, Q, role R" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i], &(struct aws_creds_options){ 0 });
}

TEST(what_leads_nowhere_is_named)
{
	static const struct plan_case cases[] = {
		{ .profile = "p", .found = "no profile 'p' in the AWS configuration" },
		{ .environment = { "AWS_PROFILE=p" },
		  .found = "no profile 'p' in the AWS configuration" },
		{ .config = "[default]\nrole_arn = R\n",
		  .found = "profile 'default': role_arn without source_profile or "
			   "credential_source" },
		{ .config = "[default]\nrole_arn = R\nsource_profile = x\n",
		  .found = "profile 'default': its source_profile does not exist" },
		{ .config = "[default]\nrole_arn = R\nsource_profile = default\n",
		  .found = "profile 'default': its source_profile leads back to itself" },
		{ .config = "[default]\nrole_arn = R\nsource_profile = b\n"
			    "[profile b]\nrole_arn = R\nsource_profile = default\n",
		  .found = "profile 'b': its source_profile leads back to itself" },
		{ .config =
			  "[default]\nrole_arn = R\nsource_profile = b\n[profile b]\nregion = x\n",
		  .found = "profile 'b': has no credentials" },
		{ .config = "[default]\nrole_arn = R\nsource_profile = b\ncredential_source = "
			    "Environment\n",
		  .found = "profile 'default': both source_profile and credential_source" },
		{ .config = "[default]\nrole_arn = R\ncredential_source = Elsewhere\n",
		  .found = "profile 'default': credential_source is none of Environment, "
			   "EcsContainer, "
			   "Ec2InstanceMetadata" },
		{ .credentials = "[default]\naws_access_key_id = A\n",
		  .found = "profile 'default': aws_access_key_id without aws_secret_access_key" },
		{ .environment = { "AWS_WEB_IDENTITY_TOKEN_FILE=/t" },
		  .found =
			  "a web identity without a role: set AWS_ROLE_ARN, or role_arn in profile "
			  "'default'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i], &(struct aws_creds_options){ .profile = cases[i].profile });
}

TEST(a_chain_of_more_profiles_than_roles_are_kept_for_ends)
{
	auto_buf struct buf config = buf_make(TEXT_MAX);
	struct plan_case    chain = { .profile = "p0", .found = "more than 16 roles to assume" };

	for (int i = 0; i < 20; i++)
		buf_printf(&config, "[profile p%d]\nrole_arn = R\nsource_profile = p%d\n", i,
			   i + 1);
	chain.config = config.data;
	check_case(&chain, &(struct aws_creds_options){ .profile = "p0" });
}

TEST(roles_by_flag_come_last_and_the_region_of_a_flag_first)
{
	static const char *const       arns[] = { "A", "B" };
	const struct aws_creds_options options = {
		.role_arns = arns, .role_arn_count = 2, .external_id = "X", .region = "us-east-2"
	};
	static const struct plan_case plan_case = {
		.environment = { "AWS_REGION=eu-west-1" },
		.config = "[default]\nrole_arn = R\nsource_profile = default\n" KEYS("B"),
		.found = "the keys of profile 'default': B, role R, role A for X, role B for X, "
			 "in us-east-2"
	};

	check_case(&plan_case, &options);
}

TEST(a_services_section_says_where_a_service_is)
{
	struct profiles profiles = { .config_text = buf_make(TEXT_MAX) };
	struct profile	profile;
	struct err	err;

	buf_add_text(&profiles.config_text,
		     "[profile \"a b\"]\nservices = local\nendpoint_url = http://all\n"
		     "[services local]\nec2 =\n  endpoint_url = http://ec2\n");
	CHECK(ini_parse(&profiles.config_text, "config", &profiles.arena, &profiles.config, &err) ==
	      0);
	CHECK(profile_find(&profiles, str_of("a b"), &profile));
	CHECK_STR(profile_endpoint(&profiles, &profile, "ec2"), "http://ec2");
	CHECK_STR(profile_endpoint(&profiles, &profile, "sts"), "http://all");
	profiles_done(&profiles);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_of_the_order_that_has_something_wins),
		cmocka_unit_test(a_profile_of_a_role_leads_to_where_its_keys_come_from),
		cmocka_unit_test(what_leads_nowhere_is_named),
		cmocka_unit_test(a_chain_of_more_profiles_than_roles_are_kept_for_ends),
		cmocka_unit_test(roles_by_flag_come_last_and_the_region_of_a_flag_first),
		cmocka_unit_test(a_services_section_says_where_a_service_is),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
