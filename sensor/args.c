/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/args.h"

#include <string.h>

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

int args_check(const struct sensor_args *args, struct err *err)
{
	if (args->check_privileges && (args->read || args->detach))
		return err_set(err, ERR_USAGE,
			       "--check-privileges neither reads a file nor detaches");
	if (args->user && args->no_drop)
		return err_set(err, ERR_USAGE, "--user and --no-drop contradict each other");
	if (args->read && args->detach)
		return err_set(err, ERR_USAGE, "--detach and --read are two different things");
	if (!args->read && !args->detach && !args->check_privileges && !args->interfaces.count)
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
	if (args->policy && !args->snapshot)
		return err_set(
			err, ERR_USAGE,
			"--policy '%s' says what should flow, but not who has which address: "
			"give --snapshot PATH too, or set WEIR_SNAPSHOT",
			args->policy);
	if (args->snapshot && strcmp(args->snapshot, "-") == 0)
		return err_set(
			err, ERR_USAGE,
			"--snapshot: the sensor reads a folder or file, which it can read again");
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

int args_common(const struct sensor_args *args, struct record *common, struct err *err)
{
	const struct {
		const char *option, *text;
		enum field  field;
	} words[] = {
		{ "account-id", args->account_id, FIELD_ACCOUNT_ID },
		{ "vpc-id", args->vpc_id, FIELD_VPC_ID },
		{ "subnet-id", args->subnet_id, FIELD_SUBNET_ID },
		{ "instance-id", args->instance_id, FIELD_INSTANCE_ID },
		{ "region", args->region, FIELD_REGION },
		{ "az-id", args->az_id, FIELD_AZ_ID },
	};
	struct record record = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!words[i].text)
			continue;
		if (!eni_is_word(str_of(words[i].text)))
			return err_set(err, ERR_USAGE,
				       "--%s: '%s' cannot stand in a record: expected one word",
				       words[i].option, words[i].text);
		record.text[words[i].field] = str_of(words[i].text);
		record_set(&record, words[i].field);
	}
	*common = record;
	return 0;
}

int args_scope(const struct sensor_args *args, struct scope *scope, struct err *err)
{
	*scope = (struct scope){ .all = args->all_traffic };
	for (size_t i = 0; i < args->vpc_cidrs.count; i++)
		if (scope_add_vpc_cidr(scope, args->vpc_cidrs.items[i], err) < 0)
			return err_wrap(err, "--vpc-cidr");
	return 0;
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
