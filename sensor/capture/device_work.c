/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/device_work.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/capture/device_watch.h"
#include "sensor/eni_set.h"

/*
 * A flood of news is answered by few looks: after each there is a pause, of at least that, and of so many times what
 * the look took.
 */
enum { PAUSE_MS = 20, PAUSE_TIMES = 9 };

/* What was told of interfaces that are asked for.  More of them than this are not told of. */
enum { KNOWN_MAX = 2 * ENI_COUNT_MAX };

#define NS_PER_MS UINT64_C(1000000)

struct known {
	size_t	   count;
	bool	   attached[KNOWN_MAX];
	struct eni enis[KNOWN_MAX];
};

struct work {
	const struct device_work_args *args;
	int			       fd, watch_fd;
	bool			       is_listing; /* the sensor wants to be told */
	bool			       has_news;   /* that were not looked into */
	struct mono		       pause_end;
	struct known *known, *before; /* of the last look, and of the one before it */
};

static size_t find(const struct known *known, uint32_t ifindex)
{
	size_t i = 0;

	while (i < known->count && known->enis[i].ifindex != ifindex)
		i++;
	return i;
}

static int tell(const struct work *work, const struct device_news *news, const int *fds,
		size_t count)
{
	return device_message_send(work->fd, news, sizeof(*news), fds, count);
}

static size_t asked_for(const struct work *work, const char *name, uint32_t ifindex)
{
	return eni_set_find(work->args->asked, work->args->asked_count, name, ifindex);
}

/* One that is asked for, as it is now: told unless that is known. */
static int note(struct work *work, const struct eni *eni, size_t asked)
{
	struct known	  *known = work->known;
	size_t		   at = find(work->before, eni->ifindex);
	bool		   was_known = at < work->before->count;
	struct device_news news = { .word = DEVICE_FOUND, .asked = (uint32_t)asked, .eni = *eni };

	if (known->count == KNOWN_MAX)
		return 0;
	known->attached[known->count] = was_known && work->before->attached[at];
	known->enis[known->count++] = *eni;
	if (was_known && memcmp(&work->before->enis[at], eni, sizeof(*eni)) == 0)
		return 0;
	return tell(work, &news, NULL, 0);
}

static int note_all(struct work *work, const struct ifaddrs *list)
{
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		uint32_t   ifindex = eni_link_of(at);
		size_t	   asked = ifindex ? asked_for(work, at->ifa_name, ifindex)
					   : work->args->asked_count;
		struct eni eni;

		if (asked == work->args->asked_count)
			continue;
		/* With its padding: it is compared. */
		memset(&eni, 0, sizeof(eni));
		eni.ifindex = ifindex;
		if (eni_read(&eni, list) && note(work, &eni, asked) < 0)
			return -1;
	}
	return 0;
}

/* Looks at all that is there; what the kernel does not tell now is asked for again. */
static int look(struct work *work)
{
	struct mono	begin = clock_now().mono, end;
	struct known   *before = work->before;
	struct ifaddrs *list;
	int		result = 0;

	work->has_news = getifaddrs(&list) < 0;
	if (!work->has_news) {
		work->before = work->known;
		work->known = before;
		work->known->count = 0;
		result = note_all(work, list);
		freeifaddrs(list);
	}
	end = clock_now().mono;
	work->pause_end.ns = end.ns + PAUSE_MS * NS_PER_MS + PAUSE_TIMES * (end.ns - begin.ns);
	return result;
}

static int attach(struct work *work, struct eni *eni, struct device_news *news,
		  int fds[DEVICE_FDS_MAX], struct err *err)
{
	uint32_t ifindex = eni->ifindex;

	if (!if_indextoname(ifindex, eni->name) ||
	    asked_for(work, eni->name, ifindex) == work->args->asked_count)
		return err_set(err, ERR_INPUT, "no such interface is there and asked for");
	if (eni_look_up(eni, err) < 0)
		return -1;
	if (eni->ifindex != ifindex)
		return err_set(err, ERR_INPUT, "another interface has its name");
	return work->args->ops->attach(work->args->ops_context, eni, news, fds, err);
}

static void mark(struct work *work, uint32_t ifindex, bool attached)
{
	size_t at = find(work->known, ifindex);

	if (at == work->known->count && attached && at < KNOWN_MAX) {
		memset(&work->known->enis[at], 0, sizeof(work->known->enis[at]));
		work->known->enis[at].ifindex = ifindex;
		work->known->count++;
	}
	if (at < work->known->count)
		work->known->attached[at] = attached;
}

static int answer_attach(struct work *work, uint32_t ifindex)
{
	struct device_news news = { .word = DEVICE_ATTACHED, .eni.ifindex = ifindex };
	int		   fds[DEVICE_FDS_MAX] = { -1, -1, -1, -1 }, result;
	size_t		   count = 0;
	struct err	   err;

	if (attach(work, &news.eni, &news, fds, &err) < 0) {
		news.word = DEVICE_REFUSED;
		memcpy(news.why, err.text, sizeof(news.why) - 1);
	} else {
		mark(work, ifindex, true);
	}
	while (count < DEVICE_FDS_MAX && fds[count] >= 0)
		count++;
	result = tell(work, &news, fds, count);
	for (size_t i = 0; i < count; i++)
		mem_close_at(&fds[i]);
	return result;
}

/* One that is there still, or again by the same number, is told of again. */
static int answer_detach(struct work *work, uint32_t ifindex)
{
	struct device_news news = { .word = DEVICE_DETACHED, .eni.ifindex = ifindex };
	size_t		   at = find(work->known, ifindex);

	if (work->args->ops->detach)
		work->args->ops->detach(work->args->ops_context, ifindex);
	mark(work, ifindex, false);
	if (at < work->known->count)
		memset(&work->known->enis[at], 0, sizeof(work->known->enis[at]));
	work->has_news = true;
	return tell(work, &news, NULL, 0);
}

/* Forgets what was told of all that are not attached. */
static void begin_list(struct work *work)
{
	size_t kept = 0;

	for (size_t i = 0; i < work->known->count; i++)
		if (work->known->attached[i]) {
			work->known->attached[kept] = true;
			work->known->enis[kept++] = work->known->enis[i];
		}
	work->known->count = kept;
	work->is_listing = work->has_news = true;
}

static int answer(struct work *work, const struct device_ask *ask, int fds[DEVICE_FDS_MAX])
{
	if (ask->word == DEVICE_TAKE && work->args->ops->take) {
		work->args->ops->take(work->args->ops_context, ask->ifindex, fds);
		return 0;
	}
	for (size_t i = 0; i < DEVICE_FDS_MAX; i++)
		mem_close_at(&fds[i]);
	if (ask->word == DEVICE_LIST)
		begin_list(work);
	else if (ask->word == DEVICE_ATTACH)
		return answer_attach(work, ask->ifindex);
	else if (ask->word == DEVICE_DETACH)
		return answer_detach(work, ask->ifindex);
	return 0;
}

/* How long to wait for what comes, in milliseconds; -1: without end. */
static int time_left(const struct work *work)
{
	uint64_t now_ns = clock_now().mono.ns;

	if (!work->is_listing || !work->has_news)
		return -1;
	return now_ns >= work->pause_end.ns ? 0
					    : (int)((work->pause_end.ns - now_ns) / NS_PER_MS) + 1;
}

/* 0: goes on; 1: the sensor has ended; -1: it does not listen any more. */
static int turn(struct work *work)
{
	struct pollfd	  fds[] = { { .fd = work->fd, .events = POLLIN },
				    { .fd = work->watch_fd, .events = POLLIN } };
	struct device_ask ask;
	int		  passed[DEVICE_FDS_MAX], got;

	poll(fds, ARRAY_LEN(fds), time_left(work));
	if (fds[1].revents)
		work->has_news |= device_watch_take(work->watch_fd);
	if (fds[0].revents) {
		got = device_message_take(work->fd, &ask, sizeof(ask), passed);
		if (got == 0)
			return 1;
		if (got > 0 && answer(work, &ask, passed) < 0)
			return -1;
	}
	return time_left(work) == 0 ? look(work) : 0;
}

int device_work(void *context, int fd, struct err *err)
{
	struct work work = { .args = context, .fd = fd };
	int	    state = 0;

	work.watch_fd = device_watch_open(true, err);
	if (work.watch_fd < 0)
		return -1;
	work.known = mem_alloc(sizeof(*work.known));
	work.before = mem_alloc(sizeof(*work.before));
	while (state == 0)
		state = turn(&work);
	if (work.args->ops->detach)
		work.args->ops->detach(work.args->ops_context, 0);
	free(work.known);
	free(work.before);
	mem_close_at(&work.watch_fd);
	return 0;
}
