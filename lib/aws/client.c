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

struct aws_client *aws_client_open(struct aws_creds_chain *chain, enum aws_service service,
				   struct str region, struct err *err)
{
	struct aws_endpoint_options endpoint;
	struct aws_client_options   options = {
		  .service = service,
		  .region = region,
		  .keys = { .keys = chain_keys,
			    .release = chain_release,
			    .expired = chain_expired,
			    .context = chain },
		  .endpoint = &endpoint,
	};

	if (aws_creds_endpoint(chain, service, &endpoint, err) < 0)
		return NULL;
	return aws_client_new(&options, err);
}
