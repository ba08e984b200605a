/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/inputs.h"

#include <string.h>

#include "lib/base/clock.h"
#include "simulator/path.h"

enum { SECONDS_A_DAY = 86400 };

static void tell_notes(const struct world *world)
{
	for (size_t i = 0; i < world->family_count; i++)
		if (!world->families[i].modelled)
			cli_warn("snapshot: %.*s (%u) is not used", STR_ARG(world->families[i].key),
				 world->families[i].objects);
		else if (world->families[i].dead)
			cli_warn("snapshot: %.*s: %u deleted or disassociated, left out",
				 STR_ARG(world->families[i].key), world->families[i].dead);
	for (size_t i = 0; i < world->note_count; i++)
		cli_warn("snapshot: %.*s", STR_ARG(world->notes[i]));
	if (world->notes_left_out)
		cli_warn("snapshot: %llu more notes", (unsigned long long)world->notes_left_out);
}

/* A tier that holds nothing makes the policy silent about what its author meant. */
static void warn_empty_tiers(const struct inputs *inputs)
{
	for (uint32_t i = 0; i < inputs->intent->tier_count; i++) {
		const struct intent_tier *tier = &inputs->intent->tiers[i];

		if (judge_is_empty(inputs->judge, i))
			cli_warn("%.*s:%u: no interface of the snapshot is in tier '%.*s'",
				 STR_ARG(inputs->intent->source), tier->line, STR_ARG(tier->name));
	}
}

static int parse_unknown(const char *text, enum verdict *out, struct err *err)
{
	if (!text || strcmp(text, "fail") == 0)
		*out = VERDICT_UNKNOWN;
	else if (strcmp(text, "deny") == 0)
		*out = VERDICT_DENY;
	else if (strcmp(text, "allow") == 0)
		*out = VERDICT_ALLOW;
	else
		return err_set(err, ERR_USAGE, "--unknown '%s': expected fail, deny or allow",
			       text);
	return 0;
}

int inputs_need_snapshot(const struct input_args *args, struct err *err)
{
	if (args->snapshot)
		return 0;
	return err_set(err, ERR_USAGE, "no snapshot: give --snapshot PATH or set WEIR_SNAPSHOT");
}

int inputs_open(const struct input_args *args, struct inputs *out, struct err *err)
{
	auto_inputs struct inputs inputs = { 0 };
	struct err_list		  errors;

	if (parse_unknown(args->unknown, &inputs.unknown_as, err) < 0 ||
	    inputs_need_snapshot(args, err) < 0)
		return -1;
	if (args->policy) {
		inputs.intent = intent_open(args->policy, &errors);
		if (!inputs.intent)
			return cli_complain_all(&errors, err);
	}
	inputs.world = world_open(args->snapshot, &errors);
	if (!inputs.world)
		return cli_complain_all(&errors, err);
	if (args->verbose)
		tell_notes(inputs.world);
	for (size_t i = 0; !args->verbose && i < inputs.world->denial_count; i++)
		cli_warn("snapshot: %.*s", STR_ARG(inputs.world->denials[i]));
	if (inputs.intent) {
		inputs.judge = judge_new(inputs.intent, inputs.world);
		warn_empty_tiers(&inputs);
	}
	*out = inputs;
	inputs = (struct inputs){ 0 };
	return 0;
}

void inputs_close(struct inputs *inputs)
{
	judge_free(inputs->judge);
	intent_free(inputs->intent);
	world_free(inputs->world);
	*inputs = (struct inputs){ 0 };
}

int inputs_day(const char *at, int32_t *day, struct err *err)
{
	if (!at)
		*day = (int32_t)(clock_seconds(clock_now().wall) / SECONDS_A_DAY);
	else if (clock_parse_date(str_of(at), day) < 0)
		return err_set(err, ERR_USAGE, "--at '%s': expected a date like 2027-03-31", at);
	return 0;
}

int inputs_ports(const char *text, struct ports *out, struct err *err)
{
	if (!text || ports_parse(str_of(text), out, err) == 0)
		return 0;
	err->kind = ERR_USAGE;
	return -1;
}

int inputs_client_ports(const char *text, struct port_range *out, struct err *err)
{
	struct ports ports;

	*out = path_default_client_ports();
	if (!text)
		return 0;
	if (ports_parse(str_of(text), &ports, err) < 0 || ports.protocol != PROTO_TCP ||
	    ports.count > 1)
		return err_set(err, ERR_USAGE,
			       "--client-ports '%s': expected a range like 1024-65535", text);
	*out = ports.count ? ports.ranges[0] : (struct port_range){ .min = 0, .max = 65535 };
	return 0;
}
