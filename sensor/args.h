/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's options, and what they mean together. */
#pragma once

#include "lib/base/cli.h"
#include "lib/flow/format.h"
#include "sensor/capture/hook.h"
#include "sensor/identity/identity.h"
#include "sensor/scope.h"

struct sensor_args {
	struct cli_list interfaces, locals, vpc_cidrs, outputs, events;
	const char     *read, *format, *backend, *hook, *user, *identity;
	const char     *snapshot, *policy, *fetch;
	const char     *account_id, *vpc_id, *subnet_id, *instance_id, *region, *az_id, *config;
	const char     *state, *endpoint_url, *profile, *metrics;
	uint64_t	interval_s, max_flows, max_interfaces, memory_mib, output_queue_mib,
		spool_mib; /* 0: not given */
	uint64_t model_memory_mib, cpu_percent, event_interval_s;
	bool all_traffic, check_privileges, detach, help_metrics, no_drop, no_header, verbose, wait;
};

int args_check(const struct sensor_args *args, struct err *err) MUST_USE;

/* Of checked arguments. */
bool	       args_allow_backend(const struct sensor_args *args, const char *name);
enum hook_kind args_hook(const struct sensor_args *args);

/* Who tells whose packets these are. */
enum identity_source {
	IDENTITY_AUTO, /* the instance metadata, when there are any */
	IDENTITY_IMDS, /* … and there have to be */
	IDENTITY_GIVEN /* the command line alone */
};

enum identity_source args_identity_source(const struct sensor_args *args);

/* What the command line says of it. */
int args_identity(const struct sensor_args *args, struct identity *given, struct err *err) MUST_USE;

/* Seconds from one fetch to the next, of --fetch. */
uint64_t args_fetch_s(const struct sensor_args *args);

/* What all records have in common; the record borrows from both. */
struct record args_common(const struct sensor_args *args, const struct identity *identity);
struct scope  args_scope(const struct sensor_args *args, const struct identity *identity);

/* The first field that is not known goes to *unknown, empty when there is none. */
int args_format(const struct sensor_args *args, struct format *format, struct str *unknown,
		struct err *err) MUST_USE;

/* The interface of a file; it need not be one of this host: its number is only there to tell flows apart. */
int args_file_eni(const struct sensor_args *args, struct eni *eni, struct err *err) MUST_USE;
