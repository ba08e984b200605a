/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/client.h"

static int chain_keys(void *context, struct aws_keys *out, struct err *err)
{
	return aws_creds_keys(context, out, err);
}

static void chain_release(void *context, struct aws_keys *keys)
{
	aws_creds_release(context, keys);
}

static bool chain_expired(void *context, struct str access_key)
{
	return aws_creds_expired(context, access_key);
}

static struct aws_client *open_for(struct aws_creds_chain	   *chain,
				   const struct aws_client_options *where, struct err *err)
{
	struct aws_endpoint_options endpoint;
	struct aws_client_options   options = *where;

	if (aws_creds_endpoint(chain, options.service, &endpoint, err) < 0)
		return NULL;
	options.endpoint = &endpoint;
	options.keys = (struct aws_keys_source){ .keys = chain_keys,
						 .release = chain_release,
						 .expired = chain_expired,
						 .context = chain };
	return aws_client_new(&options, err);
}

struct aws_client *aws_client_open(struct aws_creds_chain *chain, enum aws_service service,
				   struct str region, struct err *err)
{
	struct aws_client_options options = { .service = service, .region = region };

	return open_for(chain, &options, err);
}

struct aws_client *aws_client_open_bucket(struct aws_creds_chain *chain, struct str bucket,
					  struct str region, struct err *err)
{
	struct aws_client_options options = { .service = AWS_S3,
					      .region = region,
					      .bucket = bucket };

	return open_for(chain, &options, err);
}
