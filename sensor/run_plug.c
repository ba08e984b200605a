/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_plug.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sensor/capture/device_watch.h"
#include "sensor/live/live.h"
#include "sensor/run_talk.h"

static bool can_come_back(const struct run_plug *plug)
{
	return plug->keeper && device_keeper_fd(plug->keeper) >= 0;
}

static void say_none_comes(struct run_plug *plug)
{
	if (!plug->is_told)
		run_say_none_comes(plug->keeper ? "what attaches to them has ended"
						: "libpcap would need privileges");
	plug->is_told = true;
}

void run_plug_begin(struct run_plug *plug)
{
	if (plug->ops->keeper)
		plug->keeper = plug->ops->keeper(plug->capture);
	if (plug->keeper)
		plug->is_waiting = !device_keeper_ask(plug->keeper, DEVICE_LIST, 0);
	else if (eni_set_has_pattern(plug->enis))
		say_none_comes(plug);
}

int run_plug_fd(const struct run_plug *plug)
{
	return can_come_back(plug) ? device_keeper_fd(plug->keeper) : -1;
}

/* By ifindex, 0 for a free one; max: there is none. */
static size_t find_place(const struct run_plug *plug, uint32_t ifindex)
{
	size_t i = 0;

	while (i < plug->enis->max && plug->enis->enis[i].ifindex != ifindex)
		i++;
	return i;
}

/* An id is one interface's at a time.  That another one went may not have been heard of yet. */
static struct str id_for(const struct run_plug *plug, uint32_t asked, size_t place)
{
	struct str id = asked < plug->enis->asked_count ? plug->enis->asked[asked].id
							: (struct str){ 0 };

	for (size_t i = 0; i < plug->enis->max; i++) {
		const struct eni *other = &plug->enis->enis[i];

		if (i != place && other->ifindex && other->id.ptr == id.ptr && !other->is_gone &&
		    device_is_there(other->ifindex))
			return (struct str){ 0 };
	}
	return id;
}

/* What the instance metadata say of a MAC stays as long as it has that; an ENI never changes its primary address. */
static void keep_known(const struct eni *was, struct eni *eni)
{
	memcpy(eni->known_id, was->known_id, sizeof(eni->known_id));
	memcpy(eni->vpc_id, was->vpc_id, sizeof(eni->vpc_id));
	memcpy(eni->subnet_id, was->subnet_id, sizeof(eni->subnet_id));
	memcpy(eni->account_id, was->account_id, sizeof(eni->account_id));
	memcpy(eni->vpc_cidrs, was->vpc_cidrs, sizeof(eni->vpc_cidrs));
	eni->vpc_cidr_count = was->vpc_cidr_count;
	if (was->known_id[0] && was->primary.family != IP_NONE)
		eni->primary = was->primary;
}

static void take_eni(struct run_plug *plug, size_t place, const struct device_news *news)
{
	static const uint8_t no_mac[MAC_SIZE];
	struct eni	    *eni = &plug->enis->enis[place], was = *eni;

	*eni = news->eni;
	eni->id = was.ifindex ? was.id : id_for(plug, news->asked, place);
	eni->is_gone = was.is_gone;
	if (was.ifindex && memcmp(was.mac, eni->mac, sizeof(eni->mac)) == 0)
		keep_known(&was, eni);
	else if (memcmp(eni->mac, no_mac, sizeof(no_mac)) != 0)
		metadata_ask(plug->metadata, eni->mac);
}

/* One that is measured is as it is now; another gets a place, and is asked for. */
static void take_found(struct run_plug *plug, const struct device_news *news)
{
	size_t place = find_place(plug, news->eni.ifindex);

	if (!news->eni.ifindex)
		return;
	if (place == plug->enis->max)
		place = find_place(plug, 0);
	if (place == plug->enis->max) {
		if (!plug->is_told_full)
			run_say_no_place(&news->eni, plug->enis->max);
		plug->is_told_full = plug->is_waiting = true;
		return;
	}
	if (!plug->enis->enis[place].ifindex || plug->enis->enis[place].is_gone) {
		plug->asked[place] = plug->asked[place] ||
				     device_keeper_ask(plug->keeper, DEVICE_ATTACH,
						       news->eni.ifindex);
		plug->is_waiting |= !plug->asked[place];
		if (!plug->asked[place])
			return;
	}
	take_eni(plug, place, news);
}

static void give_up(struct run_plug *plug, size_t place, const char *why)
{
	struct eni *eni = &plug->enis->enis[place];

	plug->asked[place] = false;
	/* One that is gone again already is no news. */
	if (device_is_there(eni->ifindex))
		run_say_refused(eni, why);
	if (eni->is_gone)
		/* It has windows to be written. */
		return;
	plug->ops->unplug(plug->capture, place);
	*eni = (struct eni){ 0 };
}

static void take_attached(struct run_plug *plug, const struct device_news *news,
			  const int fds[DEVICE_FDS_MAX])
{
	size_t	    place = find_place(plug, news->eni.ifindex);
	struct eni *eni = &plug->enis->enis[place];
	struct wall now = clock_now().wall;
	struct err  err;

	if (place == plug->enis->max || !plug->asked[place]) {
		for (size_t i = 0; i < DEVICE_FDS_MAX; i++)
			mem_close_at(&fds[i]);
		return;
	}
	if (plug->ops->plug(plug->capture, place, news, fds, &err) < 0) {
		give_up(plug, place, err.text);
		return;
	}
	plug->asked[place] = eni->is_gone = false;
	windows_come(plug->windows, place, now);
	if (plug->live)
		live_come(plug->live, eni->ifindex, now);
	run_say_came(eni);
	/* It may have gone before there was anybody to see it. */
	if (!device_is_there(eni->ifindex))
		windows_gone(plug->windows, eni->ifindex);
}

static void take_news(struct run_plug *plug)
{
	struct device_news news;
	int		   fds[DEVICE_FDS_MAX];

	while (plug->keeper && device_keeper_take(plug->keeper, &news, fds)) {
		size_t place = find_place(plug, news.eni.ifindex);

		if (news.word == DEVICE_FOUND)
			take_found(plug, &news);
		else if (news.word == DEVICE_ATTACHED)
			take_attached(plug, &news, fds);
		else if (news.word == DEVICE_REFUSED && place < plug->enis->max &&
			 plug->asked[place])
			give_up(plug, place, news.why);
	}
}

static void take_gone(struct run_plug *plug)
{
	bool others = windows_left(plug->windows) != 0;

	for (size_t i = 0; i < plug->enis->max; i++) {
		struct eni *eni = &plug->enis->enis[i];

		if (!eni->ifindex || eni->is_gone || !windows_is_gone(plug->windows, i))
			continue;
		eni->is_gone = true;
		memcpy(plug->gone, eni->name, sizeof(plug->gone));
		if (plug->keeper)
			(void)device_keeper_ask(plug->keeper, DEVICE_DETACH, eni->ifindex);
		if (others || can_come_back(plug))
			run_say_gone(eni, others);
		if (others && !plug->keeper)
			say_none_comes(plug);
	}
}

/* Places of which all is written are free. */
static void free_places(struct run_plug *plug)
{
	bool freed = false;

	for (size_t i = 0; plug->ops->unplug && i < plug->enis->max; i++) {
		struct eni *eni = &plug->enis->enis[i];

		if (!eni->ifindex || !eni->is_gone || !windows_is_over(plug->windows, i))
			continue;
		plug->ops->unplug(plug->capture, i);
		windows_forget(plug->windows, i);
		*eni = (struct eni){ 0 };
		freed = true;
	}
	if (freed && plug->is_waiting && can_come_back(plug))
		plug->is_waiting = !device_keeper_ask(plug->keeper, DEVICE_LIST, 0);
}

int run_plug_turn(struct run_plug *plug, struct err *err)
{
	take_news(plug);
	take_gone(plug);
	free_places(plug);
	if (plug->keeper && !can_come_back(plug))
		say_none_comes(plug);
	if (windows_left(plug->windows) || can_come_back(plug))
		return 0;
	if (!plug->gone[0])
		return err_set(err, ERR_INPUT, "there is no interface, and none can be measured");
	return err_set(err, ERR_INPUT, "interface '%s' disappeared, and no other is left",
		       plug->gone);
}
