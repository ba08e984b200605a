/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/args.h"

#include <string.h>

#include "lib/aws/endpoint.h"
#include "sensor/amount.h"
#include "sensor/identity/fetcher.h"
#include "sensor/service/metrics_server.h"

_Static_assert((int)SCOPE_CIDRS_MAX == (int)IDENTITY_CIDRS_MAX, "one number of blocks");

static int check_backend(const struct sensor_args *args, struct err *err)
{
	const char *backend = args->backend;

	if (strcmp(backend, "auto") != 0 && strcmp(backend, "bpf") != 0 &&
	    strcmp(backend, "packet") != 0 && strcmp(backend, "pcap") != 0)
		return err_set(err, ERR_USAGE,
			       "--backend: '%s' is none of auto, bpf, packet and pcap", backend);
	if (strcmp(args->hook, "auto") != 0 && strcmp(args->hook, "tcx") != 0 &&
	    strcmp(args->hook, "clsact") != 0)
		return err_set(err, ERR_USAGE, "--hook: '%s' is none of auto, tcx and clsact",
			       args->hook);
	if (args->read && (strcmp(backend, "bpf") == 0 || strcmp(backend, "packet") == 0))
		return err_set(err, ERR_USAGE, "--backend %s cannot --read a file", backend);
	if (!WEIR_BPF && strcmp(backend, "bpf") == 0)
		return err_set(err, ERR_USAGE, "this sensor was built without eBPF");
	return 0;
}

static int check_identity(const struct sensor_args *args, struct err *err)
{
	if (strcmp(args->identity, "auto") != 0 && strcmp(args->identity, "imds") != 0 &&
	    strcmp(args->identity, "none") != 0)
		return err_set(err, ERR_USAGE, "--identity: '%s' is none of auto, imds and none",
			       args->identity);
	if (args->read && strcmp(args->identity, "imds") == 0)
		return err_set(err, ERR_USAGE,
			       "--identity imds says who this instance is, and --read reads what "
			       "may be of another");
	return 0;
}

static int check_fetch(const struct sensor_args *args, struct err *err)
{
	uint64_t every_s;

	if (!args->fetch)
		return 0;
	if (args->read)
		return err_set(err, ERR_USAGE,
			       "--fetch fetches what is there now, and --read reads what was");
	if (args->snapshot)
		return err_set(err, ERR_USAGE,
			       "--fetch keeps its own snapshot, in --state: it judges by that, and "
			       "not by --snapshot '%s'",
			       args->snapshot);
	if (amount_parse_duration(str_of(args->fetch), &every_s, err) < 0)
		return err_wrap(err, "--fetch");
	if (every_s < FETCHER_EVERY_MIN_S)
		return err_set(err, ERR_USAGE, "--fetch: '%s' is less than %d s", args->fetch,
			       FETCHER_EVERY_MIN_S);
	return 0;
}

uint64_t args_fetch_s(const struct sensor_args *args)
{
	uint64_t   every_s = 0;
	struct err err;

	return amount_parse_duration(str_of(args->fetch), &every_s, &err) < 0 ? 0 : every_s;
}

int args_check(const struct sensor_args *args, struct err *err)
{
	struct format format;
	struct str    unknown;

	if (args->check_privileges && (args->read || args->detach))
		return err_set(err, ERR_USAGE,
			       "--check-privileges neither reads a file nor detaches");
	if (args->user && args->no_drop)
		return err_set(err, ERR_USAGE, "--user and --no-drop contradict each other");
	if (args->read && args->detach)
		return err_set(err, ERR_USAGE, "--detach and --read are two different things");
	if (!args->read && !args->detach && !args->check_privileges && !args->help_metrics &&
	    !args->interfaces.count)
		return err_set(err, ERR_USAGE,
			       "nothing to measure: expected --interface NAME or --read FILE");
	if (args->read && !*args->read)
		return err_set(err, ERR_USAGE, "--read: '' is not the name of a file");
	if (args->read && args->interfaces.count > 1)
		return err_set(err, ERR_USAGE, "--read takes one --interface at most");
	if (args->locals.count && !args->read)
		return err_set(err, ERR_USAGE,
			       "--local goes with --read: a live interface knows its addresses");
	if (args->max_flows && args->memory_mib)
		return err_set(err, ERR_USAGE,
			       "--max-flows and --memory: each decides the other, give one");
	if (check_identity(args, err) < 0 || check_fetch(args, err) < 0)
		return -1;
	if (args->endpoint_url && aws_endpoint_check(args->endpoint_url, err) < 0)
		return err_wrap(err, "--endpoint-url");
	if (strcmp(args->metrics, "none") != 0 && metrics_server_check(args->metrics, err) < 0)
		return -1;
	if (args->policy && !args->snapshot && !args->fetch)
		return err_set(
			err, ERR_USAGE,
			"--policy '%s' says what should flow, but not who has which address: "
			"give --snapshot PATH too, or set WEIR_SNAPSHOT",
			args->policy);
	if (args->snapshot && strcmp(args->snapshot, "-") == 0)
		return err_set(
			err, ERR_USAGE,
			"--snapshot: the sensor reads a folder or file, which it can read again");
	if (args_format(args, &format, &unknown, err) < 0)
		return -1;
	return check_backend(args, err);
}

bool args_allow_backend(const struct sensor_args *args, const char *name)
{
	return strcmp(args->backend, "auto") == 0 || strcmp(args->backend, name) == 0;
}

enum hook_kind args_hook(const struct sensor_args *args)
{
	return strcmp(args->hook, "tcx") == 0	   ? HOOK_TCX
	       : strcmp(args->hook, "clsact") == 0 ? HOOK_CLSACT
						   : HOOK_NONE;
}

/* Into a text of an identity, which has as much room as AWS's ids and names need. */
static int take_word(const char *option, const char *text, char *out, size_t size, struct err *err)
{
	if (!text)
		return 0;
	if (!eni_is_word(str_of(text)))
		return err_set(err, ERR_USAGE,
			       "--%s: '%s' cannot stand in a record: expected one word", option,
			       text);
	if (strlen(text) >= size)
		return err_set(err, ERR_USAGE, "--%s: '%s' is longer than %zu bytes", option, text,
			       size - 1);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int take_blocks(const struct sensor_args *args, struct identity *out, struct err *err)
{
	struct scope scope = { 0 };

	for (size_t i = 0; i < args->vpc_cidrs.count; i++)
		if (scope_add_vpc_cidr(&scope, args->vpc_cidrs.items[i], err) < 0)
			return err_wrap(err, "--vpc-cidr");
	memcpy(out->vpc_cidrs, scope.vpc, sizeof(out->vpc_cidrs));
	out->vpc_cidr_count = scope.vpc_count;
	return 0;
}

int args_identity(const struct sensor_args *args, struct identity *given, struct err *err)
{
	struct identity out = { 0 };

	if (take_word("account-id", args->account_id, out.account_id, sizeof(out.account_id), err) <
		    0 ||
	    take_word("vpc-id", args->vpc_id, out.vpc_id, sizeof(out.vpc_id), err) < 0 ||
	    take_word("subnet-id", args->subnet_id, out.subnet_id, sizeof(out.subnet_id), err) <
		    0 ||
	    take_word("instance-id", args->instance_id, out.instance_id, sizeof(out.instance_id),
		      err) < 0 ||
	    take_word("region", args->region, out.region, sizeof(out.region), err) < 0 ||
	    take_word("az-id", args->az_id, out.az_id, sizeof(out.az_id), err) < 0 ||
	    take_blocks(args, &out, err) < 0)
		return -1;
	*given = out;
	return 0;
}

enum identity_source args_identity_source(const struct sensor_args *args)
{
	if (args->read || strcmp(args->identity, "none") == 0)
		return IDENTITY_GIVEN;
	return strcmp(args->identity, "imds") == 0 ? IDENTITY_IMDS : IDENTITY_AUTO;
}

struct record args_common(const struct sensor_args *args, const struct identity *identity)
{
	const struct {
		const char *text;
		enum field  field;
	} words[] = {
		{ identity->account_id, FIELD_ACCOUNT_ID },
		{ identity->instance_id, FIELD_INSTANCE_ID },
		{ identity->region, FIELD_REGION },
		{ identity->az_id, FIELD_AZ_ID },
		/* Not of the first interface: others, and those of containers, may be elsewhere. */
		{ args->vpc_id, FIELD_VPC_ID },
		{ args->subnet_id, FIELD_SUBNET_ID },
	};
	struct record record = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!words[i].text || !words[i].text[0])
			continue;
		record.text[words[i].field] = str_of(words[i].text);
		record_set(&record, words[i].field);
	}
	return record;
}

struct scope args_scope(const struct sensor_args *args, const struct identity *identity)
{
	struct scope scope = { .all = args->all_traffic, .vpc_count = identity->vpc_cidr_count };

	memcpy(scope.vpc, identity->vpc_cidrs, sizeof(scope.vpc));
	return scope;
}

int args_format(const struct sensor_args *args, struct format *format, struct str *unknown,
		struct err *err)
{
	*format = format_default();
	*unknown = (struct str){ 0 };
	if (args->format && format_parse(str_of(args->format), format, unknown, err) < 0) {
		err->kind = ERR_USAGE;
		return err_wrap(err, "--format");
	}
	return 0;
}

int args_file_eni(const struct sensor_args *args, struct eni *eni, struct err *err)
{
	const struct cli_list *locals = &args->locals;

	*eni = (struct eni){ 0 };
	if (args->interfaces.count && eni_parse(args->interfaces.items[0], eni, err) < 0)
		return err_wrap(err, "--interface");
	eni->ifindex = 1;
	for (size_t i = 0; i < locals->count; i++) {
		struct ip ip;

		if (ip_parse(str_of(locals->items[i]), &ip, err) < 0 ||
		    eni_add_local(eni, ip, err) < 0) {
			err->kind = ERR_USAGE;
			return err_wrap(err, "--local");
		}
	}
	return 0;
}
