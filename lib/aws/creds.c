/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/creds.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/container.h"
#include "lib/aws/imds.h"
#include "lib/aws/process.h"
#include "lib/aws/sts.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum {
	REFRESH_S = 300,     /* so long before their end keys are asked for again */
	REFRESH_PAUSE_S = 10 /* and so long after an attempt not again, while they hold */
};

struct aws_creds_chain {
	struct arena		 arena; /* what the options said */
	struct aws_creds_options options;
	struct aws_timing	 timing;
	struct profiles		 profiles;
	struct profile		 profile;
	struct creds_plan	 plan;
	const char		*token_file;
	const char		*profile_urls[AWS_SERVICE_COUNT]; /* NULL: the profile says none */
	pthread_mutex_t		 lock;				  /* of what follows */
	struct aws_http		*http;
	struct imds		 imds;
	struct held_keys	 held;
	int64_t			 not_before; /* the next attempt to refresh */
};

static const char *copy(struct arena *arena, const char *text)
{
	return text ? arena_str(arena, str_of(text)).ptr : NULL;
}

static void copy_options(struct aws_creds_chain *chain, const struct aws_creds_options *options)
{
	struct arena *arena = &chain->arena;
	const char  **arns = arena_alloc(arena, (options->role_arn_count + 1) * sizeof(*arns));

	for (size_t i = 0; i < options->role_arn_count; i++)
		arns[i] = copy(arena, options->role_arns[i]);
	chain->options = (struct aws_creds_options){
		.profile = copy(arena, options->profile),
		.region = copy(arena, options->region),
		.endpoint_url = copy(arena, options->endpoint_url),
		.role_arns = arns,
		.role_arn_count = options->role_arn_count,
		.external_id = copy(arena, options->external_id),
	};
	chain->timing = options->timing ? *options->timing : aws_timing_real;
}

static void find_urls(struct aws_creds_chain *chain)
{
	static const char *const sections[AWS_SERVICE_COUNT] = {
		[AWS_EC2] = "ec2",
		[AWS_STS] = "sts",
		[AWS_ELB] = "elastic_load_balancing_v2",
		[AWS_LOGS] = "cloudwatch_logs",
		[AWS_S3] = "s3",
	};

	for (int i = 0; i < AWS_SERVICE_COUNT; i++) {
		struct str url = profile_endpoint(&chain->profiles, &chain->profile, sections[i]);

		if (url.len)
			chain->profile_urls[i] = arena_str(&chain->arena, url).ptr;
	}
}

struct aws_creds_chain *aws_creds_open(const struct aws_creds_options *options, struct err *err)
{
	struct aws_creds_chain *chain = mem_alloc(sizeof(*chain));

	pthread_mutex_init(&chain->lock, NULL);
	chain->http = aws_http_new();
	copy_options(chain, options);
	if (profiles_load(&chain->profiles, err) < 0 ||
	    creds_plan_make(&chain->options, &chain->profiles, &chain->plan, err) < 0) {
		aws_creds_close(chain);
		return NULL;
	}
	profile_find(&chain->profiles, creds_profile_name(&chain->options), &chain->profile);
	chain->token_file = arena_str(&chain->arena, chain->plan.token_file).ptr;
	find_urls(chain);
	return chain;
}

void aws_creds_close(struct aws_creds_chain *chain)
{
	if (!chain)
		return;
	held_keys_done(&chain->held);
	imds_done(&chain->imds);
	aws_http_free(chain->http);
	profiles_done(&chain->profiles);
	arena_done(&chain->arena);
	pthread_mutex_destroy(&chain->lock);
	free(chain);
}

static int64_t now_of(const struct aws_creds_chain *chain)
{
	return chain->timing.wall_s(chain->timing.context);
}

static int environment_keys(struct held_keys *out, struct err *err)
{
	struct str	token = str_of(getenv("AWS_SECURITY_TOKEN"));
	struct str	end = str_of(getenv("AWS_CREDENTIAL_EXPIRATION"));
	struct aws_keys keys = { .access_key = str_of(getenv("AWS_ACCESS_KEY_ID")),
				 .secret_key = str_of(getenv("AWS_SECRET_ACCESS_KEY")),
				 .token = token.len ? token : str_of(getenv("AWS_SESSION_TOKEN")) };
	int64_t		expires = AWS_KEYS_FOREVER;

	if (keys.access_key.len == 0)
		return err_set(err, ERR_REMOTE, "AWS_ACCESS_KEY_ID is not set");
	if (keys.secret_key.len == 0)
		return err_set(err, ERR_REMOTE, "AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY");
	if (end.len && stamp_parse(end, &expires) < 0)
		return err_set(err, ERR_REMOTE, "AWS_CREDENTIAL_EXPIRATION is no time");
	return held_keys_set(out, &keys, expires, err);
}

/* The keys that the roles are assumed with, or all there are. */
static int first_keys(struct aws_creds_chain *chain, const struct sts *sts, struct held_keys *out,
		      struct err *err)
{
	const struct creds_plan *plan = &chain->plan;

	switch (plan->source) {
	case CREDS_ENVIRONMENT:
		return environment_keys(out, err);
	case CREDS_PROFILE:
		return held_keys_set(out, &plan->keys, AWS_KEYS_FOREVER, err);
	case CREDS_PROCESS:
		return process_keys(plan->process, out, err);
	case CREDS_WEB_IDENTITY:
		return sts_web_identity(sts, chain->token_file, &plan->web_identity, out, err);
	case CREDS_CONTAINER:
		return container_keys(chain->http, out, err);
	case CREDS_INSTANCE:
		return imds_keys(&chain->imds, chain->http, now_of(chain), out, err);
	case CREDS_SOURCE_COUNT:
		break;
	}
	return err_set(err, ERR_REMOTE, "no source of credentials");
}

/* Says whose keys they would have been; and of the last in the order, that nothing came before it. */
static int blame(const struct aws_creds_chain *chain, struct err *err)
{
	auto_buf struct buf name = buf_make(sizeof(err->text));

	err->kind = ERR_REMOTE;
	creds_plan_name(&chain->plan, &name);
	if (chain->plan.last_resort)
		return err_wrap(
			err,
			"no credentials: none in the environment, none in profile '%.*s' of the "
			"AWS configuration; %s",
			STR_ARG(chain->plan.profile), name.data);
	return err_wrap(err, "no credentials: %s", name.data);
}

/* The keys that the plan leads to, all the way. */
static int fetch(struct aws_creds_chain *chain, struct held_keys *out, struct err *err)
{
	struct aws_endpoint_options endpoint;
	struct sts		    sts = { .http = chain->http,
					    .endpoint = &endpoint,
					    .region = chain->plan.region };
	auto_keys struct held_keys  found = { 0 };

	if (aws_creds_endpoint(chain, AWS_STS, &endpoint, err) < 0 ||
	    first_keys(chain, &sts, &found, err) < 0)
		return blame(chain, err);
	for (size_t i = 0; i < chain->plan.role_count; i++) {
		auto_keys struct held_keys with = found;

		found = (struct held_keys){ 0 };
		if (sts_assume_role(&sts, &with.keys, &chain->plan.roles[i], &found, err) < 0)
			return blame(chain, err);
	}
	held_keys_done(out);
	*out = found;
	found = (struct held_keys){ 0 };
	return 0;
}

static int expired(const struct aws_creds_chain *chain, struct err *err)
{
	char when[CLOCK_TIME_SIZE];

	clock_print_time(chain->held.expires, when);
	err_set(err, ERR_REMOTE, "the keys have ended at %s", when);
	return blame(chain, err);
}

/* Under the lock.  While the old keys hold, that there are no new ones is no failure yet. */
static int refresh(struct aws_creds_chain *chain, int64_t now, struct err *err)
{
	bool	   holds = chain->held.text.capacity && chain->held.expires > now;
	struct err why;

	if (holds && (chain->held.expires - REFRESH_S > now || now < chain->not_before))
		return 0;
	chain->not_before = now + REFRESH_PAUSE_S;
	if (fetch(chain, &chain->held, &why) < 0) {
		if (holds)
			return 0;
		*err = why;
		return -1;
	}
	return chain->held.expires > now ? 0 : expired(chain, err);
}

int aws_creds_keys(struct aws_creds_chain *chain, struct aws_keys *out, struct err *err)
{
	int status;

	pthread_mutex_lock(&chain->lock);
	status = refresh(chain, now_of(chain), err);
	if (status == 0) {
		const struct held_keys *held = &chain->held;
		char		       *copied = mem_alloc(held->text.len + 1);
		size_t			secret_at = held->keys.access_key.len;
		size_t			token_at = secret_at + held->keys.secret_key.len;

		memcpy(copied, held->text.data, held->text.len);
		*out = (struct aws_keys){
			.access_key = { copied, held->keys.access_key.len },
			.secret_key = { copied + secret_at, held->keys.secret_key.len },
			.token = { copied + token_at, held->keys.token.len },
		};
	}
	pthread_mutex_unlock(&chain->lock);
	return status;
}

void aws_creds_release(struct aws_creds_chain *chain, struct aws_keys *keys)
{
	char *copied = (char *)keys->access_key.ptr;

	(void)chain;
	OPENSSL_cleanse(copied, keys->access_key.len + keys->secret_key.len + keys->token.len);
	free(copied);
	*keys = (struct aws_keys){ 0 };
}

/* Of many threads whose calls fail, the first lets them go. */
bool aws_creds_expired(struct aws_creds_chain *chain, struct str access_key)
{
	const struct creds_plan *plan = &chain->plan;

	if (plan->role_count == 0 &&
	    (plan->source == CREDS_ENVIRONMENT || plan->source == CREDS_PROFILE))
		return false;
	pthread_mutex_lock(&chain->lock);
	if (str_eq(chain->held.keys.access_key, access_key))
		held_keys_done(&chain->held);
	pthread_mutex_unlock(&chain->lock);
	return true;
}

struct str aws_creds_region(const struct aws_creds_chain *chain)
{
	return chain->plan.region;
}

int aws_creds_endpoint(const struct aws_creds_chain *chain, enum aws_service service,
		       struct aws_endpoint_options *out, struct err *err)
{
	struct aws_endpoint_options found;

	if (aws_endpoint_options_init(&found, err) < 0)
		return -1;
	found.url = chain->options.endpoint_url;
	found.profile_url = chain->profile_urls[service];
	*out = found;
	return 0;
}

void aws_creds_name(const struct aws_creds_chain *chain, struct buf *out)
{
	creds_plan_name(&chain->plan, out);
	for (size_t i = 0; i < chain->plan.role_count; i++) {
		buf_add_text(out, ", role ");
		buf_add_str(out, chain->plan.roles[i].arn);
	}
}
