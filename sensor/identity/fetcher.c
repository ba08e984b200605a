/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/identity/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "policies/fetch/folder_draft.h"
#include "policies/fetch/record.h"

enum {
	MS_PER_S = 1000,
	JOBS = 4,	  /* calls at a time: there are other instances */
	FIRST_MAX_S = 30, /* so late the first fetch begins at most */
	RETRY_FIRST_S = 10,
	POLL_MAX_MS = 1000000
};

/* Who asks, kept from one fetch to the next: its keys are. */
struct session {
	struct place_account account; /* chain NULL: not open */
	struct place	     place;   /* account NULL: not open */
	unsigned	     failures;
	bool		     told[FETCH_CALLS_MAX]; /* gaps of the last fetch that went well */
};

/* One fetch. */
struct attempt {
	const struct fetcher *fetcher;
	struct record_past    past;
	bool		      has_past; /* a snapshot of the same VPCs stands */
	bool		      is_whole; /* all was asked: what is no gap can be read */
	bool		      is_kept;	/* … the one that stands */
	struct fetch_result   result;
};

/* Of the callbacks of a fetch, which have no context: the channel, which ends with the sensor. */
static int channel = -1;

static bool has_ended(int wait_ms)
{
	struct pollfd fd = { .fd = channel, .events = POLLIN };

	return poll(&fd, 1, wait_ms) > 0;
}

static bool is_stopped(void)
{
	return has_ended(0);
}

/* The draft is gone; calls may be under way in other threads. */
static void stop(void)
{
	_exit(0);
}

static void tell(void *context, const struct fetch_state *state)
{
	(void)context;
	(void)state;
}

uint64_t fetcher_first_wait_ms(uint64_t every_s, uint64_t chance)
{
	uint64_t most_s = every_s / 10 < FIRST_MAX_S ? every_s / 10 : FIRST_MAX_S;

	return chance % (most_s * MS_PER_S + 1);
}

/* Up to a tenth sooner or later; after failures ten seconds, then twice that …, with half of it by chance. */
uint64_t fetcher_wait_ms(uint64_t every_s, unsigned failures, uint64_t chance)
{
	uint64_t every_ms = every_s * MS_PER_S, retry_ms = RETRY_FIRST_S * MS_PER_S;

	if (failures == 0)
		return every_ms - every_ms / 10 + chance % (every_ms / 5 + 1);
	for (; failures > 1 && retry_ms < every_ms; failures--)
		retry_ms *= 2;
	retry_ms = retry_ms < every_ms ? retry_ms : every_ms;
	return retry_ms / 2 + chance % (retry_ms / 2 + 1);
}

static uint64_t chance(void)
{
	uint64_t number;

	return getrandom(&number, sizeof(number), 0) == sizeof(number) ? number
								       : clock_now().mono.ns;
}

static void close_session(struct session *session)
{
	if (session->place.account)
		place_close(&session->place);
	place_account_done(&session->account);
	session->place = (struct place){ 0 };
}

static int open_session(const struct fetcher *fetcher, struct session *session, struct err *err)
{
	struct aws_creds_options options = { .profile = fetcher->profile,
					     .region = fetcher->region,
					     .endpoint_url = fetcher->endpoint_url };

	if (session->place.account)
		return 0;
	session->account.chain = aws_creds_open(&options, err);
	if (session->account.chain &&
	    place_account_find(&session->account, str_of(fetcher->region), err) == 0 &&
	    place_open(&session->place, &session->account, str_of(fetcher->region), err) == 0)
		return 0;
	close_session(session);
	return -1;
}

/* Another sensor with this folder would swap the snapshot under this one's hands. */
static int lock_folder(const struct fetcher *fetcher, int *fd, struct err *err)
{
	*fd = open(fetcher->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return err_sys(err, "cannot open '%s'", fetcher->folder);
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, ERR_INPUT, "another sensor fetches into '%s'", fetcher->folder);
	return err_sys(err, "cannot lock '%s'", fetcher->folder);
}

bool fetcher_is_kept(uint64_t every_s, int64_t taken_s, int64_t now_s)
{
	int64_t keep_s = 2 * every_s > FETCHER_KEEP_S ? (int64_t)(2 * every_s) : FETCHER_KEEP_S;

	/* A clock that was set back does not make it good for longer. */
	return now_s - taken_s < keep_s && taken_s - now_s < keep_s;
}

static bool is_lost(const struct attempt *attempt, const struct fetch_gap *gap)
{
	return attempt->has_past && !attempt->past.lacks[gap->call - fetch_calls];
}

/* The one that stands was loaded, as far as is known. */
static bool is_good(const struct board_model *board)
{
	return board_get(&board->loads) || !board_get(&board->refused);
}

/* fetch_options.accept */
static int accept_whole(void *context, const struct fetch_result *result, struct err *err)
{
	struct attempt	     *attempt = context;
	const struct fetcher *fetcher = attempt->fetcher;
	char		      taken[CLOCK_TIME_SIZE];

	attempt->is_whole = true;
	for (size_t i = 0; i < result->gap_count; i++) {
		const struct fetch_gap *gap = &result->gaps[i];

		if (!is_lost(attempt, gap) || !is_good(fetcher->board) ||
		    !fetcher_is_kept(fetcher->every_s, attempt->past.taken_s, result->began_s))
			continue;
		attempt->is_kept = true;
		clock_print_time(attempt->past.taken_s, taken);
		return err_set(err, ERR_REMOTE, "%s:%s: %s, which the snapshot of %s has",
			       aws_service_name(gap->call->service), gap->call->action,
			       gap->fault.code, taken);
	}
	return 0;
}

static int fetch(struct session *session, struct attempt *attempt, struct err *err)
{
	const struct fetcher *fetcher = attempt->fetcher;
	struct str	      vpcs[FETCH_VPCS_MAX];
	struct fetch_options  options = { .path = fetcher->path,
					  .accounts = &session->account,
					  .account_count = 1,
					  .places = &session->place,
					  .place_count = 1,
					  .vpcs = vpcs,
					  .vpc_count = fetcher->vpc_count,
					  .only_judging = true,
					  .jobs = JOBS,
					  .tell = tell,
					  .context = attempt,
					  .accept = accept_whole,
					  .is_stopped = is_stopped,
					  .stop = stop };
	auto_close int	      lock = -1;

	for (size_t i = 0; i < fetcher->vpc_count; i++)
		vpcs[i] = str_of(fetcher->vpcs[i]);
	if (lock_folder(fetcher, &lock, err) < 0 || open_session(fetcher, session, err) < 0)
		return -1;
	folder_draft_sweep(fetcher->path);
	attempt->has_past = record_read(&options, &attempt->past) && attempt->past.has_vpcs;
	return fetch_run(&options, &attempt->result, err);
}

/* The first failure of several, and how they end: more is on the board. */
static void note_failure(const struct fetcher *fetcher, struct session *session,
			 const struct err *err)
{
	board_add(&fetcher->board->fetch_failures, 1);
	board_say(&fetcher->board->fetch_failure, clock_seconds(clock_now().wall),
		  str_of(err->text));
	if (session->failures++ == 0)
		cli_warn("--fetch: %s; trying again, until then %s", err->text,
			 board_get(&fetcher->board->loads) ? "the old snapshot holds"
							   : "nothing is judged");
	/* Keys, names and endpoints may be others by then. */
	close_session(session);
}

static void note_success(const struct fetcher *fetcher, struct session *session,
			 const struct fetch_result *result)
{
	board_add(&fetcher->board->fetches, 1);
	board_set(&fetcher->board->fetched_s, (uint64_t)result->began_s);
	if (session->failures)
		cli_warn("--fetch: fetched again after %u failures", session->failures);
	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		const struct fetch_gap *gap = fetch_gap_of(result, call);
		bool		       *is_told = &session->told[call - fetch_calls];

		if (gap && !*is_told)
			cli_warn("--fetch: %s:%s: %s; what it would tell is unknown",
				 aws_service_name(call->service), call->action, gap->fault.code);
		*is_told = gap != NULL;
	}
	session->failures = 0;
}

/* What the place does not offer and never did is no fault that anybody could mend. */
static void note_gaps(const struct attempt *attempt)
{
	struct board_model *board = attempt->fetcher->board;

	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		const struct fetch_gap *gap = fetch_gap_of(&attempt->result, call);
		board_word	       *since_s = &board->unreadable_since_s[call - fetch_calls];

		if (gap && (aws_fault_is_denied(&gap->fault) || is_lost(attempt, gap))) {
			if (!board_get(since_s))
				board_set(since_s, (uint64_t)attempt->result.began_s);
		} else if (attempt->is_whole) {
			board_set(since_s, 0);
		}
	}
	if (attempt->is_whole)
		board_set(&board->is_kept, attempt->is_kept);
}

static void fetch_once(const struct fetcher *fetcher, struct session *session)
{
	struct attempt attempt = { .fetcher = fetcher };
	struct err     err;
	int	       result = fetch(session, &attempt, &err);

	note_gaps(&attempt);
	if (result < 0)
		note_failure(fetcher, session, &err);
	else
		note_success(fetcher, session, &attempt.result);
	fetch_result_done(&attempt.result);
}

/* False: the sensor has ended meanwhile. */
static bool pause_for(uint64_t wait_ms)
{
	while (wait_ms) {
		uint64_t piece = wait_ms < POLL_MAX_MS ? wait_ms : POLL_MAX_MS;

		if (has_ended((int)piece))
			return false;
		wait_ms -= piece;
	}
	return true;
}

int fetcher_run(void *context, int fd, struct err *err)
{
	const struct fetcher *fetcher = context;
	struct session	      session = { 0 };
	uint64_t	      wait_ms = fetcher_first_wait_ms(fetcher->every_s, chance());

	(void)err;
	channel = fd;
	while (pause_for(wait_ms) && !is_stopped()) {
		fetch_once(fetcher, &session);
		wait_ms = fetcher_wait_ms(fetcher->every_s, session.failures, chance());
	}
	close_session(&session);
	return 0;
}
