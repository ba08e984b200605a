/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"

enum { SHOWN_MAX = 200 };

struct service {
	const char *name;     /* in hosts and signatures */
	const char *variable; /* behind AWS_ENDPOINT_URL_ */
};

static const struct service services[] = {
	[AWS_EC2] = { "ec2", "EC2" },
	[AWS_STS] = { "sts", "STS" },
	[AWS_ELB] = { "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2" },
	[AWS_LOGS] = { "logs", "CLOUDWATCH_LOGS" },
	[AWS_S3] = { "s3", "S3" },
	[AWS_SECURITYHUB] = { "securityhub", "SECURITYHUB" },
};

_Static_assert(ARRAY_LEN(services) == AWS_SERVICE_COUNT, "a service without a row");

struct partition {
	const char *name, *prefix, *suffix;
	const char *dual_suffix; /* NULL: no dual stack */
};

/* botocore's partitions.json; the first one has all Regions that no other prefix takes. */
static const struct partition partitions[] = {
	{ "aws", "", "amazonaws.com", "api.aws" },
	{ "aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
	{ "aws-us-gov", "us-gov-", "amazonaws.com", "api.aws" },
	{ "aws-iso", "us-iso-", "c2s.ic.gov", NULL },
	{ "aws-iso-b", "us-isob-", "sc2s.sgov.gov", NULL },
	{ "aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", NULL },
	{ "aws-iso-f", "us-isof-", "csp.hci.ic.gov", NULL },
	{ "aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu" },
};

/* "aws-cn-global" is what some calls name a partition's one Region with. */
static bool is_global_of(struct str region, const struct partition *partition)
{
	size_t len = strlen(partition->name);

	return str_starts(region, partition->name) && str_is(str_skip(region, len), "-global");
}

static const struct partition *partition_of(struct str region)
{
	for (size_t i = 1; i < ARRAY_LEN(partitions); i++)
		if (str_starts(region, partitions[i].prefix) ||
		    is_global_of(region, &partitions[i]))
			return &partitions[i];
	return &partitions[0];
}

const char *aws_partition_name(struct str region)
{
	return partition_of(region)->name;
}

const char *aws_service_name(enum aws_service service)
{
	return services[service].name;
}

/* A Region becomes part of a host: nothing else may be in it. */
static bool is_region(struct str region)
{
	if (region.len == 0 || region.len >= AWS_REGION_SIZE || region.ptr[0] == '-')
		return false;
	for (size_t i = 0; i < region.len; i++) {
		char c = region.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-'))
			return false;
	}
	return true;
}

static int read_flag(const char *name, bool *out, struct err *err)
{
	const char *text = getenv(name);

	if (!text || !text[0] || strcasecmp(text, "false") == 0)
		*out = false;
	else if (strcasecmp(text, "true") == 0)
		*out = true;
	else
		return err_set(err, ERR_USAGE, "%s: '%s' is neither true nor false", name, text);
	return 0;
}

int aws_endpoint_options_init(struct aws_endpoint_options *options, struct err *err)
{
	struct aws_endpoint_options made = { 0 };

	if (read_flag("AWS_USE_FIPS_ENDPOINT", &made.fips, err) < 0 ||
	    read_flag("AWS_USE_DUALSTACK_ENDPOINT", &made.dual_stack, err) < 0 ||
	    read_flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", &made.ignore_configured, err) < 0)
		return -1;
	*options = made;
	return 0;
}

static const char *non_empty(const char *text)
{
	return text && text[0] ? text : NULL;
}

/* The user's own endpoint for a service, or NULL. */
static const char *custom_url(const struct service		*service,
			      const struct aws_endpoint_options *options)
{
	char	    name[64];
	const char *url = non_empty(options->url);

	if (url || options->ignore_configured)
		return url;
	snprintf(name, sizeof(name), "AWS_ENDPOINT_URL_%s", service->variable);
	url = non_empty(getenv(name));
	if (!url)
		url = non_empty(getenv("AWS_ENDPOINT_URL"));
	return url ? url : non_empty(options->profile_url);
}

/* What is of no use in an endpoint: user names, queries, fragments, and bytes that belong into no URL. */
static bool has_foreign_bytes(struct str rest)
{
	for (size_t i = 0; i < rest.len; i++)
		if ((unsigned char)rest.ptr[i] <= ' ' || (unsigned char)rest.ptr[i] >= 0x7f ||
		    strchr("@?#\"<>\\^`{|}", rest.ptr[i]))
			return true;
	return false;
}

/* Without a user name and its password, and what a query says; empty when nobody can tell which of them it has. */
static struct str without_secrets(const char *url)
{
	size_t	    len = strcspn(url, "?#");
	const char *at = memrchr(url, '@', len);
	size_t	    begin = at ? (size_t)(at + 1 - url) : 0;

	if (strchr(url + len, '@'))
		return str_of("");
	return str_head((struct str){ url + begin, len - begin }, SHOWN_MAX);
}

static int take_custom(const char *url, struct aws_endpoint *out, struct err *err)
{
	bool	    is_tls = strncasecmp(url, "https://", 8) == 0;
	bool	    is_plain = strncasecmp(url, "http://", 7) == 0;
	struct str  rest = str_skip(str_of(url), is_tls ? 8 : 7), host;
	struct str  shown = without_secrets(url);
	const char *port = is_tls ? ":443" : ":80";

	while (rest.len && rest.ptr[rest.len - 1] == '/')
		rest.len--;
	host = str_head(rest, str_find(rest, '/'));
	if ((!is_tls && !is_plain) || host.len == 0 || host.ptr[0] == ':' ||
	    has_foreign_bytes(rest) || host.len >= sizeof(out->host) ||
	    strlen(url) >= sizeof(out->url))
		return err_set(
			err, ERR_USAGE,
			"endpoint '%.*s': expected http:// or https://, a host, and no user, query"
			" or fragment",
			STR_ARG(shown));
	snprintf(out->url, sizeof(out->url), "%s://%.*s", is_tls ? "https" : "http", (int)rest.len,
		 rest.ptr);
	snprintf(out->path, sizeof(out->path), "%.*s", (int)(rest.len - host.len),
		 rest.ptr + host.len);
	if (host.len > strlen(port) && str_is(str_skip(host, host.len - strlen(port)), port))
		host.len -= strlen(port); /* HTTP leaves the scheme's own port out */
	snprintf(out->host, sizeof(out->host), "%.*s", (int)host.len, host.ptr);
	out->custom = true;
	return 0;
}

int aws_endpoint_check(const char *url, struct err *err)
{
	struct aws_endpoint endpoint;

	return take_custom(url, &endpoint, err);
}

/* S3 has its own words for dual stack, and its hosts stay in the partition's first domain. */
static int s3_host(const struct partition *partition, struct str region,
		   const struct aws_endpoint_options *options, struct aws_endpoint *out,
		   struct err *err)
{
	if (options->fips && strcmp(partition->name, "aws-cn") == 0)
		return err_set(err, ERR_USAGE, "there are no FIPS endpoints of S3 in %s",
			       partition->name);
	if (str_is(region, "aws-global") && !options->fips && !options->dual_stack)
		snprintf(out->host, sizeof(out->host), "s3.%s", partition->suffix);
	else
		snprintf(out->host, sizeof(out->host), "s3%s%s.%s.%s", options->fips ? "-fips" : "",
			 options->dual_stack ? ".dualstack" : "", out->region, partition->suffix);
	return 0;
}

/* In GovCloud plain hosts are the FIPS ones, but of Security Hub; of Logs that is said Region by Region. */
static bool has_plain_fips(enum aws_service service, const struct partition *partition,
			   struct str region)
{
	if (service == AWS_LOGS)
		return str_is(region, "us-gov-east-1") || str_is(region, "us-gov-west-1");
	return service != AWS_SECURITYHUB && strcmp(partition->name, "aws-us-gov") == 0;
}

static int usual_host(enum aws_service service, const struct partition *partition,
		      const struct aws_endpoint_options *options, struct aws_endpoint *out,
		      struct err *err)
{
	bool plain = !options->fips || (!options->dual_stack &&
					has_plain_fips(service, partition, str_of(out->region)));

	if (options->dual_stack && !partition->dual_suffix)
		return err_set(err, ERR_USAGE, "there are no dual-stack endpoints in %s",
			       partition->name);
	snprintf(out->host, sizeof(out->host), "%s%s.%s.%s", services[service].name,
		 plain ? "" : "-fips", out->region,
		 options->dual_stack ? partition->dual_suffix : partition->suffix);
	return 0;
}

static int find_host(enum aws_service service, struct str region,
		     const struct aws_endpoint_options *options, struct aws_endpoint *out,
		     struct err *err)
{
	const struct partition *partition = partition_of(region);
	bool			global = str_is(region, "aws-global");
	int			result = 0;

	if (service == AWS_S3)
		result = s3_host(partition, region, options, out, err);
	else if (service == AWS_STS && global && !options->fips && !options->dual_stack)
		snprintf(out->host, sizeof(out->host), "sts.%s", partition->suffix);
	else
		result = usual_host(service, partition, options, out, err);
	if (result == 0)
		snprintf(out->url, sizeof(out->url), "https://%s", out->host);
	return result;
}

int aws_endpoint_find(enum aws_service service, struct str region,
		      const struct aws_endpoint_options *options, struct aws_endpoint *out,
		      struct err *err)
{
	struct aws_endpoint made = { 0 };
	const char	   *url = custom_url(&services[service], options);
	bool		    global = str_is(region, "aws-global");
	int		    result;

	if (!is_region(region))
		return err_set(err, ERR_USAGE, "'%.*s' is no Region", STR_ARG(region));
	if (url && (options->fips || options->dual_stack))
		return err_set(err, ERR_USAGE, "%s and an endpoint of one's own exclude each other",
			       options->fips ? "AWS_USE_FIPS_ENDPOINT"
					     : "AWS_USE_DUALSTACK_ENDPOINT");
	if (global && (service == AWS_S3 || service == AWS_STS))
		region = str_of("us-east-1");
	snprintf(made.region, sizeof(made.region), "%.*s", STR_ARG(region));
	if (url)
		result = take_custom(url, &made, err);
	else
		result = find_host(service, global ? str_of("aws-global") : region, options, &made,
				   err);
	if (result == 0)
		*out = made;
	return result;
}

/* Today's rules and those of old buckets in us-east-1, which may have capitals, '_' and 255 bytes. */
static bool is_bucket(struct str bucket)
{
	if (bucket.len < 3 || bucket.len > 255)
		return false;
	for (size_t i = 0; i < bucket.len; i++) {
		char c = bucket.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '.' || c == '_'))
			return false;
	}
	return bucket.ptr[0] != '.' && bucket.ptr[bucket.len - 1] != '.';
}

/* A label that S3's certificate (*.s3.REGION.…) covers: a dot would make two of it. */
static bool is_label(struct str bucket)
{
	for (size_t i = 0; i < bucket.len; i++)
		if (strchr("._ABCDEFGHIJKLMNOPQRSTUVWXYZ", bucket.ptr[i]))
			return false;
	return bucket.len <= 63 && bucket.ptr[0] != '-' && bucket.ptr[bucket.len - 1] != '-';
}

int aws_endpoint_take_bucket(struct aws_endpoint *endpoint, struct str bucket, struct err *err)
{
	struct aws_endpoint made = *endpoint;
	auto_buf struct buf host = buf_make(sizeof(made.host) - 1);
	auto_buf struct buf path = buf_make(sizeof(made.path) - 1);
	auto_buf struct buf url = buf_make(sizeof(made.url) - 1);

	if (!is_bucket(bucket))
		return err_set(
			err, ERR_USAGE,
			"'%.*s' is no bucket: expected 3 to 255 letters, digits, '-', '.' or '_'",
			STR_ARG(bucket));
	if (is_label(bucket) && !endpoint->custom) {
		buf_printf(&host, "%.*s.%s", STR_ARG(bucket), endpoint->host);
		buf_printf(&url, "https://%s", host.data);
	} else {
		buf_add_text(&host, endpoint->host);
		buf_printf(&path, "%s/%.*s", endpoint->path, STR_ARG(bucket));
		buf_printf(&url, "%s/%.*s", endpoint->url, STR_ARG(bucket));
	}
	if (host.overflow || path.overflow || url.overflow)
		return err_set(err, ERR_USAGE, "endpoint '%.200s' is too long", endpoint->url);
	memcpy(made.host, host.data, host.len + 1);
	memcpy(made.path, path.data, path.len + 1);
	memcpy(made.url, url.data, url.len + 1);
	*endpoint = made;
	return 0;
}
