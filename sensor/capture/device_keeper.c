/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/device_keeper.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/child.h"
#include "sensor/privileges.h"

/* How long what is attached may take; a kernel that is busy with its networks is slow in that. */
enum { ANSWER_MS = 10000, END_MS = 2000 };

#define NS_PER_MS UINT64_C(1000000)

struct device_keeper {
	struct child		child;
	struct device_work_args work; /* copied by the fork */
	uint64_t		kept; /* capabilities */
	bool			no_drop;
};

struct device_keeper *device_keeper_open(const struct device_keeper_args *args, struct err *err)
{
	struct device_keeper *keeper = mem_alloc(sizeof(*keeper));
	struct child_args     child = { .name = args->ops->name,
					.channel = CHILD_TALKS,
					.needs = args->ops->needs,
					.user = args->user,
					.no_drop = args->no_drop,
					.run = device_work,
					.context = &keeper->work };

	/* Which kernels ask for at every call; CAP_SYS_ADMIN, which stands for it, is too much to keep. */
	if (child.needs & NEED_ATTACH && privileges_has(CAP_BPF))
		child.needs |= NEED_BPF;
	keeper->no_drop = args->no_drop;
	keeper->kept = privileges_kept_for(child.needs);
	keeper->work = (struct device_work_args){ .ops = args->ops,
						  .asked = args->asked,
						  .asked_count = args->asked_count };
	if (args->ops->context_new)
		keeper->work.ops_context = args->ops->context_new(args->hook);
	if (child_start(&keeper->child, &child, err) < 0 ||
	    fcntl(keeper->child.fd, F_SETFL, O_NONBLOCK) < 0) {
		device_keeper_close(keeper);
		return NULL;
	}
	return keeper;
}

void device_keeper_close(struct device_keeper *keeper)
{
	if (!keeper)
		return;
	child_end(&keeper->child, END_MS);
	free(keeper->work.ops_context);
	free(keeper);
}

void device_keeper_print(const struct device_keeper *keeper, struct buf *out)
{
	buf_printf(out, "%s with ", keeper->work.ops->name);
	if (keeper->no_drop) {
		buf_printf(out, "the same");
		return;
	}
	privileges_print(keeper->kept, out);
}

int device_keeper_fd(const struct device_keeper *keeper)
{
	return keeper->child.fd;
}

int device_keeper_give(struct device_keeper *keeper, uint32_t number, const int *fds, size_t count,
		       struct err *err)
{
	struct device_ask ask = { .word = DEVICE_TAKE, .ifindex = number };

	if (device_message_send(keeper->child.fd, &ask, sizeof(ask), fds, count) < 0)
		return err_sys(err, "cannot hand over the program");
	return 0;
}

bool device_keeper_ask(struct device_keeper *keeper, enum device_word word, uint32_t ifindex)
{
	struct device_ask ask = { .word = word, .ifindex = ifindex };

	return keeper->child.fd >= 0 &&
	       device_message_send(keeper->child.fd, &ask, sizeof(ask), NULL, 0) == 0;
}

bool device_keeper_take(struct device_keeper *keeper, struct device_news *news,
			int fds[DEVICE_FDS_MAX])
{
	int got;

	if (keeper->child.fd < 0)
		return false;
	got = device_message_take(keeper->child.fd, news, sizeof(*news), fds);
	if (got == 0)
		child_end(&keeper->child, 0);
	return got > 0;
}

static void close_fds(const int fds[DEVICE_FDS_MAX])
{
	for (size_t i = 0; i < DEVICE_FDS_MAX; i++)
		mem_close_at(&fds[i]);
}

/* The answer of one of two kinds for that interface; false when it did not come in time. */
static bool wait_for(struct device_keeper *keeper, const struct device_news *wanted,
		     struct device_news *news, int fds[DEVICE_FDS_MAX], int wait_ms)
{
	uint64_t end_ns = clock_now().mono.ns + (uint64_t)wait_ms * NS_PER_MS, now_ns;

	while (keeper->child.fd >= 0 && (now_ns = clock_now().mono.ns) < end_ns) {
		struct pollfd fd = { .fd = keeper->child.fd, .events = POLLIN };

		poll(&fd, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		if (!device_keeper_take(keeper, news, fds))
			continue;
		if (news->eni.ifindex == wanted->eni.ifindex &&
		    (news->word == wanted->word || news->word == DEVICE_REFUSED))
			return true;
		close_fds(fds);
	}
	return false;
}

int device_keeper_attach(struct device_keeper *keeper, uint32_t ifindex, struct device_news *news,
			 int fds[DEVICE_FDS_MAX], struct err *err)
{
	struct device_news wanted = { .word = DEVICE_ATTACHED, .eni.ifindex = ifindex };

	if (!device_keeper_ask(keeper, DEVICE_ATTACH, ifindex) ||
	    !wait_for(keeper, &wanted, news, fds, ANSWER_MS))
		return err_set(err, ERR_SYSTEM, "%s does not answer", keeper->work.ops->name);
	if (news->word == DEVICE_REFUSED)
		return err_set(err, ERR_SYSTEM, "%s", news->why);
	return 0;
}

void device_keeper_detach_all(struct device_keeper *keeper)
{
	struct device_news wanted = { .word = DEVICE_DETACHED }, news;
	int		   fds[DEVICE_FDS_MAX];

	if (device_keeper_ask(keeper, DEVICE_DETACH, 0))
		(void)wait_for(keeper, &wanted, &news, fds, END_MS);
}
