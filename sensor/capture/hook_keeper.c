/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/hook_keeper.h"

#include "lib/base/mem.h"
#include "sensor/call_filter.h"

enum { INGRESS, EGRESS, DIRECTIONS };

struct keeper {
	enum hook_kind wanted;
	int	       programs[HOOK_PROGRAMS_COUNT][DIRECTIONS];
	struct hook    hooks[ENI_COUNT_MAX]; /* of clsact; kind HOOK_NONE: free */
};

static void *keeper_new(enum hook_kind wanted)
{
	struct keeper *keeper = mem_alloc(sizeof(*keeper));

	keeper->wanted = wanted;
	for (size_t i = 0; i < HOOK_PROGRAMS_COUNT; i++)
		keeper->programs[i][INGRESS] = keeper->programs[i][EGRESS] = -1;
	return keeper;
}

static void take(void *context, uint32_t number, const int fds[DEVICE_FDS_MAX])
{
	struct keeper *keeper = context;

	for (size_t i = 0; i < DEVICE_FDS_MAX; i++) {
		if (number >= HOOK_PROGRAMS_COUNT || i >= DIRECTIONS) {
			mem_close_at(&fds[i]);
			continue;
		}
		mem_close_at(&keeper->programs[number][i]);
		keeper->programs[number][i] = fds[i];
	}
}

static struct hook *find_free(struct keeper *keeper)
{
	for (size_t i = 0; i < ENI_COUNT_MAX; i++)
		if (keeper->hooks[i].kind == HOOK_NONE)
			return &keeper->hooks[i];
	return NULL;
}

static int attach(void *context, const struct eni *eni, struct device_news *news,
		  int fds[DEVICE_FDS_MAX], struct err *err)
{
	struct keeper *keeper = context;
	const int     *programs =
		keeper->programs[eni->ethernet ? HOOK_PROGRAMS_ETHERNET : HOOK_PROGRAMS_IP];
	struct hook hook = { .kind = keeper->wanted }, *place = find_free(keeper);

	if (programs[INGRESS] < 0 || programs[EGRESS] < 0)
		return err_set(err, ERR_INPUT,
			       "there was no interface of its kind when the sensor was started");
	if (!place)
		return err_set(err, ERR_INPUT, "too many interfaces");
	if (hook_attach(&hook, eni->ifindex, programs[INGRESS], programs[EGRESS], err) < 0)
		return -1;
	news->hook = hook.kind;
	if (hook.kind == HOOK_TCX) {
		fds[INGRESS] = hook.tcx.ingress_fd;
		fds[EGRESS] = hook.tcx.egress_fd;
	} else {
		news->is_behind = hook.tc.is_behind;
		*place = hook;
	}
	return 0;
}

static void detach(void *context, uint32_t ifindex)
{
	struct keeper *keeper = context;

	for (size_t i = 0; i < ENI_COUNT_MAX; i++)
		if (keeper->hooks[i].kind != HOOK_NONE &&
		    (!ifindex || keeper->hooks[i].tc.ifindex == ifindex))
			hook_detach(&keeper->hooks[i]);
}

const struct device_ops hook_keeper = {
	.name = "weir-hooks",
	.needs = NEED_ATTACH,
	.context_new = keeper_new,
	.take = take,
	.attach = attach,
	.detach = detach,
};
