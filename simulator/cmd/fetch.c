/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/fetch.h"

#include <string.h>
#include <sys/prctl.h>

#include "lib/base/progress.h"
#include "simulator/cmd/ending.h"
#include "simulator/cmd/verbs.h"
#include "simulator/report/print_fetch.h"

enum { JOBS_MAX = 64, JOBS_USUAL = 8, PLACES_MAX = 4 * REGIONS_MAX };

struct fetch_args {
	const char     *write, *external_id, *endpoint_url;
	struct cli_list regions, vpcs, profiles, role_arns;
	uint64_t	jobs;
	bool		quiet, no_progress;
};

static const struct fetch_args fetch_defaults = { .jobs = JOBS_USUAL };

static const struct opt fetch_opts[] = {
	OPT_STR('w', "write", struct fetch_args, write, "PATH", "folder that the snapshot goes to"),
	OPT_LIST(0, "region", struct fetch_args, regions, "REGION",
		 "which; `all`: those that the account has enabled; default: the AWS CLI's"),
	OPT_LIST(0, "vpc", struct fetch_args, vpcs, "VPC",
		 "only what belongs to it, and what joins VPCs"),
	OPT_LIST(0, "profile", struct fetch_args, profiles, "NAME",
		 "whose keys; several: their accounts side by side"),
	OPT_LIST(0, "role-arn", struct fetch_args, role_arns, "ARN",
		 "role to assume; several: their accounts side by side"),
	OPT_STR(0, "external-id", struct fetch_args, external_id, "ID", "that the roles ask for"),
	OPT_STR(0, "endpoint-url", struct fetch_args, endpoint_url, "URL",
		"ask there instead of AWS, for all services"),
	OPT_U64(0, "jobs", struct fetch_args, jobs, "N", 1, JOBS_MAX, "calls at a time; default 8"),
	OPT_FLAG('q', "quiet", struct fetch_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-progress", struct fetch_args, no_progress, "no progress on the terminal"),
	OPT_END,
};

/* All that a fetch works on; a zeroed one is empty. */
struct fetching {
	struct place_account accounts[CLI_LIST_MAX];
	size_t		     account_count;
	struct place	     places[PLACES_MAX];
	size_t		     place_count;
	struct progress	     progress;
};

static void fetching_done(struct fetching *fetching)
{
	for (size_t i = 0; i < fetching->place_count; i++)
		place_close(&fetching->places[i]);
	for (size_t i = 0; i < fetching->account_count; i++)
		place_account_done(&fetching->accounts[i]);
}

static int check_args(const struct fetch_args *args, struct err *err)
{
	if (!args->write)
		return err_set(err, ERR_USAGE, "no place for the snapshot: give --write PATH");
	if (args->profiles.count > 1 && args->role_arns.count > 1)
		return err_set(err, ERR_USAGE,
			       "--profile and --role-arn: only one of them can be given several "
			       "times");
	for (size_t i = 0; i < args->regions.count; i++)
		if (!place_is_region(str_of(args->regions.items[i])))
			return err_set(err, ERR_USAGE, "--region '%s': expected one like eu-west-1",
				       args->regions.items[i]);
	for (size_t i = 0; i < args->vpcs.count; i++)
		if (!str_starts(str_of(args->vpcs.items[i]), "vpc-"))
			return err_set(err, ERR_USAGE, "--vpc '%s': expected an id like vpc-0a1b",
				       args->vpcs.items[i]);
	return 0;
}

static bool is_all(const struct fetch_args *args)
{
	for (size_t i = 0; i < args->regions.count; i++)
		if (strcmp(args->regions.items[i], "all") == 0)
			return true;
	return false;
}

/* The Region that is asked who the keys belong to. */
static int home_region(const struct fetch_args *args, const struct place_account *account,
		       struct str *out, struct err *err)
{
	struct str own = aws_creds_region(account->chain);

	if (args->regions.count && !is_all(args))
		*out = str_of(args->regions.items[0]);
	else
		*out = own.len || !is_all(args) ? own : str_of("us-east-1");
	if (out->len == 0)
		return err_set(err, ERR_USAGE,
			       "no Region: give --region, set AWS_REGION, or `region` in the "
			       "profile");
	if (!place_is_region(*out))
		return err_set(err, ERR_USAGE, "'%.*s' is no Region, expected one like eu-west-1",
			       STR_ARG(*out));
	return 0;
}

static int add_place(struct fetching *fetching, const struct place_account *account,
		     struct str region, struct err *err)
{
	for (size_t i = 0; i < fetching->place_count; i++)
		if (fetching->places[i].account == account &&
		    str_is(region, fetching->places[i].region))
			return 0;
	if (fetching->place_count == PLACES_MAX)
		return err_set(err, ERR_USAGE, "more than %d Regions of all accounts", PLACES_MAX);
	if (place_open(&fetching->places[fetching->place_count], account, region, err) < 0)
		return -1;
	fetching->place_count++;
	return 0;
}

static int add_places(struct fetching *fetching, const struct fetch_args *args,
		      struct place_account *account, struct err *err)
{
	char	   all[REGIONS_MAX][AWS_REGION_SIZE];
	struct str home;
	int	   count = 0;

	if (home_region(args, account, &home, err) < 0 ||
	    place_account_find(account, home, err) < 0)
		return -1;
	for (size_t i = 0; &fetching->accounts[i] != account; i++)
		if (strcmp(fetching->accounts[i].id, account->id) == 0)
			return err_set(err, ERR_USAGE, "two of the keys given are of account %s",
				       account->id);
	if (is_all(args)) {
		count = place_regions(account, home, all, err);
		if (count < 0)
			return -1;
	}
	for (int i = 0; i < count; i++)
		if (add_place(fetching, account, str_of(all[i]), err) < 0)
			return -1;
	for (size_t i = 0; count == 0 && i < args->regions.count; i++)
		if (add_place(fetching, account, str_of(args->regions.items[i]), err) < 0)
			return -1;
	return args->regions.count ? 0 : add_place(fetching, account, home, err);
}

static int add_account(struct fetching *fetching, const struct fetch_args *args, size_t idx,
		       struct err *err)
{
	struct place_account	*account = &fetching->accounts[fetching->account_count];
	struct aws_creds_options options = { .external_id = args->external_id,
					     .endpoint_url = args->endpoint_url };

	if (args->profiles.count)
		options.profile = args->profiles.items[args->profiles.count > 1 ? idx : 0];
	if (args->role_arns.count) {
		options.role_arns = &args->role_arns.items[args->role_arns.count > 1 ? idx : 0];
		options.role_arn_count = 1;
	}
	if (args->regions.count && !is_all(args))
		options.region = args->regions.items[0];
	account->chain = aws_creds_open(&options, err);
	if (!account->chain)
		return -1;
	fetching->account_count++;
	return add_places(fetching, args, account, err);
}

static void tell(void *context, const struct fetch_state *state)
{
	const struct progress_state told = { .bytes = state->bytes,
					     .count = state->objects,
					     .what = "objects" };

	progress_tell(context, &told);
}

static int run_fetch(struct fetching *fetching, const struct fetch_args *args,
		     struct fetch_result *result, struct err *err)
{
	struct str	     vpcs[CLI_LIST_MAX];
	struct fetch_options options = { .path = args->write,
					 .accounts = fetching->accounts,
					 .places = fetching->places,
					 .vpcs = vpcs,
					 .vpc_count = args->vpcs.count,
					 .jobs = (unsigned)args->jobs,
					 .tell = tell,
					 .context = &fetching->progress,
					 .is_stopped = ending_is_set,
					 .stop = ending_follow };
	int		     status;
	size_t count = args->profiles.count > args->role_arns.count ? args->profiles.count
								    : args->role_arns.count;

	for (size_t i = 0; i < args->vpcs.count; i++)
		vpcs[i] = str_of(args->vpcs.items[i]);
	for (size_t i = 0; i < (count ? count : 1); i++)
		if (add_account(fetching, args, i, err) < 0)
			return -1;
	options.account_count = fetching->account_count;
	options.place_count = fetching->place_count;
	ending_catch();
	progress_start(&fetching->progress, !args->no_progress && !args->quiet);
	status = fetch_run(&options, result, err);
	progress_done(&fetching->progress);
	ending_follow(); /* the last call had ended when it came */
	if (status < 0)
		return -1;
	for (size_t i = 0; i < result->gap_count; i++)
		cli_warn("%s %s: %s:%s: %s; what it would tell is unknown",
			 result->gaps[i].place->region, result->gaps[i].place->account->id,
			 aws_service_name(result->gaps[i].call->service),
			 result->gaps[i].call->action, result->gaps[i].fault.code);
	if (!args->quiet)
		print_fetch(&options, result, stdout);
	return 0;
}

static int fetch_cmd_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct fetch_args		     *args = args_ptr;
	struct fetching			      fetching = { 0 };
	auto_fetch_result struct fetch_result result = { 0 };
	int				      status;

	(void)operands;
	prctl(PR_SET_DUMPABLE, 0); /* keys must not get into a core dump */
	if (check_args(args, err) < 0)
		return -1;
	status = run_fetch(&fetching, args, &result, err);
	fetching_done(&fetching);
	if (status < 0 && err->kind != ERR_USAGE)
		err->kind = ERR_REMOTE; /* whatever stopped it: there is no new snapshot */
	return status;
}

const struct cmd cmd_fetch = {
	.name = "fetch",
	.operands = "",
	.summary = "what AWS says today: writes a snapshot",
	.examples =
		"  weir fetch --write shop.snap\n"
		"  weir fetch --profile prod --region eu-west-1 --region us-east-1 -w shop.snap\n"
		"  weir fetch --role-arn arn:aws:iam::111122223333:role/audit --role-arn \\\n"
		"      arn:aws:iam::444455556666:role/audit --region all -w estate.snap\n"
		"  weir fetch --vpc vpc-0a1b2c3d4e5f60718 -w shop.snap\n"
		"  weir help iam            the policy that the caller needs\n",
	.opts = fetch_opts,
	.args_size = sizeof(struct fetch_args),
	.defaults = &fetch_defaults,
	.statuses = { [0] = "the snapshot is written; a call that was denied is a gap and named",
		      [3] = "the summary cannot be written",
		      [5] = "AWS, credentials, network or disk failure: there is no new snapshot" },
	.run = fetch_cmd_run,
};
