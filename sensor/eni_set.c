/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/eni_set.h"

#include <fnmatch.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"

static bool is_pattern(const char *name)
{
	return strcmp(name, "all") == 0 || strpbrk(name, "*?[") != NULL;
}

static bool is_physical(const char *name)
{
	char path[sizeof("/sys/class/net//device") + IF_NAMESIZE];

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", name);
	return access(path, F_OK) == 0;
}

static bool is_loopback(const char *name)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq   request = { 0 };

	memcpy(request.ifr_name, name, strnlen(name, IF_NAMESIZE - 1));
	return fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
	       (request.ifr_flags & IFF_LOOPBACK) != 0;
}

static bool is_match(const char *pattern, const char *name)
{
	bool matches = strcmp(pattern, "all") == 0 ? is_physical(name)
						   : fnmatch(pattern, name, 0) == 0;

	return matches && !is_loopback(name);
}

static const struct eni *find(const struct eni_set *set, uint32_t ifindex)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->enis[i].ifindex == ifindex)
			return &set->enis[i];
	return NULL;
}

size_t eni_set_find(const struct eni *asked, size_t count, const char *name, uint32_t ifindex)
{
	/* A name may be an alternative one, which only the kernel knows. */
	for (size_t i = 0; i < count; i++)
		if (!is_pattern(asked[i].name) &&
		    (strcmp(asked[i].name, name) == 0 || if_nametoindex(asked[i].name) == ifindex))
			return i;
	for (size_t i = 0; i < count; i++)
		if (is_pattern(asked[i].name) && is_match(asked[i].name, name))
			return i;
	return count;
}

bool eni_set_has_pattern(const struct eni_set *set)
{
	for (size_t i = 0; i < set->asked_count; i++)
		if (is_pattern(set->asked[i].name))
			return true;
	return false;
}

bool eni_set_may_find_any(const struct eni_set *set)
{
	for (size_t i = 0; i < set->asked_count; i++)
		if (is_pattern(set->asked[i].name) && strcmp(set->asked[i].name, "all") != 0)
			return true;
	/* Of a name that is not there nobody knows what it will be. */
	return set->count < set->asked_count;
}

static int add(struct eni_set *set, struct eni eni, struct err *err)
{
	if (set->count == set->max)
		return err_set(err, ERR_USAGE,
			       "--interface: more than %zu interfaces; see --max-interfaces",
			       set->max);
	if (eni_look_up(&eni, err) < 0)
		return -1;
	set->enis[set->count++] = eni;
	return 0;
}

static int add_named(struct eni_set *set, const struct eni *eni, struct err *err)
{
	uint32_t ifindex = if_nametoindex(eni->name);

	if (!ifindex && set->wait)
		return 0;
	if (ifindex && find(set, ifindex))
		return err_set(err, ERR_USAGE, "--interface: '%s' stands twice", eni->name);
	return add(set, *eni, err);
}

static int check_matches(const struct eni_set *set, const struct eni *pattern, size_t matches,
			 struct err *err)
{
	if (!matches && !set->wait && strcmp(pattern->name, "all") == 0)
		return err_set(err, ERR_INPUT, "--interface: 'all' finds no physical interface");
	if (!matches && !set->wait)
		return err_set(err, ERR_INPUT, "--interface: no interface matches '%s'",
			       pattern->name);
	if (matches > 1 && pattern->id.len)
		return err_set(err, ERR_USAGE,
			       "--interface: '%s' matches %zu interfaces, which cannot all be %.*s",
			       pattern->name, matches, STR_ARG(pattern->id));
	return 0;
}

/* Twice over the list: what is refused is refused before anything is added. */
static int add_matching(struct eni_set *set, const struct eni *pattern,
			const struct if_nameindex *list, struct err *err)
{
	size_t matches = 0;

	for (const struct if_nameindex *at = list; at->if_index; at++)
		matches += is_match(pattern->name, at->if_name);
	if (check_matches(set, pattern, matches, err) < 0)
		return -1;
	for (const struct if_nameindex *at = list; at->if_index; at++) {
		struct eni eni = *pattern;

		if (!is_match(pattern->name, at->if_name) || find(set, at->if_index))
			continue;
		snprintf(eni.name, sizeof(eni.name), "%s", at->if_name);
		if (add(set, eni, err) < 0)
			return -1;
	}
	return 0;
}

static int look_up_patterns(struct eni_set *set, struct err *err)
{
	struct if_nameindex *list = if_nameindex();
	int		     result = 0;

	if (!list)
		return err_sys(err, "cannot list the interfaces");
	for (size_t i = 0; i < set->asked_count && result == 0; i++)
		if (is_pattern(set->asked[i].name))
			result = add_matching(set, &set->asked[i], list, err);
	if_freenameindex(list);
	return result;
}

int eni_set_look_up(struct eni_set *set, const struct cli_list *list, struct err *err)
{
	set->count = 0;
	set->asked_count = list->count;
	if (!set->max)
		set->max = ENI_COUNT_MAX;
	for (size_t i = 0; i < list->count; i++)
		if (eni_parse(list->items[i], &set->asked[i], err) < 0)
			return err_wrap(err, "--interface");
	for (size_t i = 0; i < list->count; i++)
		if (!is_pattern(set->asked[i].name) && add_named(set, &set->asked[i], err) < 0)
			return -1;
	return look_up_patterns(set, err);
}
