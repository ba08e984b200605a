/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_fetch.h"

#include <stdio.h>
#include <string.h>

#include "sensor/call_filter.h"

static void add_vpc(struct fetcher *fetcher, const char *vpc)
{
	if (!vpc[0] || fetcher->vpc_count == FETCH_VPCS_MAX)
		return;
	for (size_t i = 0; i < fetcher->vpc_count; i++)
		if (strcmp(fetcher->vpcs[i], vpc) == 0)
			return;
	snprintf(fetcher->vpcs[fetcher->vpc_count++], ENI_WORD_SIZE, "%s", vpc);
}

int run_fetch_place(struct run_fetch *run, struct sensor_args *args, struct err *err)
{
	struct fetcher *fetcher = &run->fetcher;

	if (!args->fetch)
		return 0;
	if (strlen(args->state) >= sizeof(fetcher->folder))
		return err_set(err, ERR_USAGE, "--state: '%s' is too long", args->state);
	snprintf(fetcher->folder, sizeof(fetcher->folder), "%s", args->state);
	snprintf(fetcher->path, sizeof(fetcher->path), "%s/snapshot", args->state);
	args->snapshot = fetcher->path;
	return 0;
}

static int set_subject(struct fetcher *fetcher, const struct identity *known,
		       const struct eni_set *enis, struct err *err)
{
	add_vpc(fetcher, known->vpc_id);
	for (size_t i = 0; i < enis->count; i++)
		add_vpc(fetcher, enis->enis[i].vpc_id);
	if (fetcher->vpc_count == 0)
		return err_set(err, ERR_INPUT,
			       "--fetch: the instance metadata do not say which VPC this is: give "
			       "--vpc-id");
	if (!place_is_region(str_of(known->region)))
		return err_set(err, ERR_INPUT,
			       "--fetch: the instance metadata do not say which Region this is: "
			       "give --region");
	snprintf(fetcher->region, sizeof(fetcher->region), "%s", known->region);
	return 0;
}

int run_fetch_begin(struct run_fetch *run, const struct sensor_args *args,
		    const struct run_identity *identity, const struct eni_set *enis,
		    struct err *err)
{
	struct fetcher	 *fetcher = &run->fetcher;
	struct child_args child = { .name = "weir-fetch",
				    .channel = CHILD_READS,
				    .needs = NEED_NETWORK | NEED_FILES | NEED_THREADS,
				    .user = args->user,
				    .no_drop = args->no_drop,
				    .folders = { fetcher->folder },
				    .run = fetcher_run,
				    .context = fetcher,
				    .restarts = &run->fetcher.board->fetch_failures };

	if (!args->fetch)
		return 0;
	fetcher->every_s = args_fetch_s(args);
	fetcher->profile = args->profile;
	fetcher->endpoint_url = args->endpoint_url;
	if (set_subject(fetcher, &identity->known, enis, err) < 0 ||
	    child_start(&run->child, &child, err) < 0)
		return -1;
	run->is_on = true;
	return 0;
}

/* A fetch that is under way leaves its draft: the next one removes it. */
void run_fetch_end(struct run_fetch *run)
{
	if (run->is_on)
		child_end(&run->child, 0);
	run->is_on = false;
}
