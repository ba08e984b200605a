/* SPDX-License-Identifier: Apache-2.0 */
/* The process that attaches to interfaces: to what it does, and what it is left.  Nothing is really attached. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "sensor/capture/device_keeper.h"
#include "sensor/privileges.h"
#include "tests/unit/unit.h"

enum { LOOPBACK = 1, NOT_THERE = 1 << 30 };

/* What the process did: in memory that is shared with it. */
static struct seen {
	_Atomic uint32_t taken, attached, detached, detached_all;
} * seen;

static const struct eni asked[] = { { .name = "lo" }, { .name = "weir-none" } };

static void take(void *context, uint32_t number, const int fds[DEVICE_FDS_MAX])
{
	(void)context;
	seen->taken = number;
	mem_close_at(&fds[0]);
}

static int attach(void *context, const struct eni *eni, struct device_news *news,
		  int fds[DEVICE_FDS_MAX], struct err *err)
{
	(void)context;
	(void)err;
	seen->attached = eni->ifindex;
	news->hook = HOOK_TCX;
	fds[0] = dup(STDIN_FILENO);
	return 0;
}

static void detach(void *context, uint32_t ifindex)
{
	(void)context;
	seen->detached = ifindex;
	seen->detached_all += !ifindex;
}

static const struct device_ops made_ops = {
	.name = "weir-test", .take = take, .attach = attach, .detach = detach
};

static struct device_keeper *open_keeper(const struct device_ops *ops, bool no_drop)
{
	struct device_keeper_args args = {
		.ops = ops, .asked = asked, .asked_count = ARRAY_LEN(asked), .no_drop = no_drop
	};
	struct err	      err;
	struct device_keeper *keeper;

	memset(seen, 0, sizeof(*seen));
	keeper = device_keeper_open(&args, &err);
	if (!keeper)
		fail_msg("%s", err.text);
	return keeper;
}

/* The next news; fails when there is none in time. */
static struct device_news next_news(struct device_keeper *keeper)
{
	struct pollfd	   fd = { .fd = device_keeper_fd(keeper), .events = POLLIN };
	struct device_news news;
	int		   fds[DEVICE_FDS_MAX];

	assert_int_equal(poll(&fd, 1, 60000), 1);
	assert_true(device_keeper_take(keeper, &news, fds));
	for (size_t i = 0; i < DEVICE_FDS_MAX; i++)
		mem_close_at(&fds[i]);
	return news;
}

TEST(what_is_asked_for_is_attached_and_comes_as_descriptors)
{
	struct device_keeper *keeper = open_keeper(&made_ops, true);
	struct device_news    news;
	struct err	      err;
	int		      fds[DEVICE_FDS_MAX];

	CHECK(device_keeper_give(keeper, 7, (const int[]){ STDIN_FILENO }, 1, &err) == 0);
	assert_int_equal(device_keeper_attach(keeper, LOOPBACK, &news, fds, &err), 0);
	CHECK(news.hook == HOOK_TCX && strcmp(news.eni.name, "lo") == 0);
	CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC && fds[1] == -1);
	CHECK(seen->attached == LOOPBACK && seen->taken == 7);
	close(fds[0]);
	device_keeper_close(keeper);
}

TEST(nothing_else_is_attached_whoever_asks)
{
	struct device_keeper *keeper = open_keeper(&made_ops, true);
	struct device_news    news;
	struct err	      err;
	int		      fds[DEVICE_FDS_MAX];

	CHECK(device_keeper_attach(keeper, NOT_THERE, &news, fds, &err) == -1);
	CHECK_TEXT(err.text, "no such interface is there and asked for");
	CHECK(seen->attached == 0);
	device_keeper_close(keeper);
}

TEST(words_that_mean_nothing_are_passed_over)
{
	struct device_keeper *keeper = open_keeper(&made_ops, true);
	struct device_news    news;
	struct err	      err;
	int		      fds[DEVICE_FDS_MAX];

	CHECK(device_keeper_ask(keeper, (enum device_word)77, LOOPBACK));
	CHECK(device_keeper_ask(keeper, DEVICE_FOUND, LOOPBACK));
	CHECK(write(device_keeper_fd(keeper), "half", 4) == 4);
	assert_int_equal(device_keeper_attach(keeper, LOOPBACK, &news, fds, &err), 0);
	close(fds[0]);
	device_keeper_close(keeper);
}

TEST(what_is_there_is_told_once_and_again_when_it_is_detached)
{
	struct device_keeper *keeper = open_keeper(&made_ops, true);
	struct device_news    news;
	struct err	      err;
	int		      fds[DEVICE_FDS_MAX];

	CHECK(device_keeper_ask(keeper, DEVICE_LIST, 0));
	news = next_news(keeper);
	CHECK(news.word == DEVICE_FOUND && news.asked == 0 && news.eni.ifindex == LOOPBACK);
	assert_int_equal(device_keeper_attach(keeper, LOOPBACK, &news, fds, &err), 0);
	close(fds[0]);
	CHECK(device_keeper_ask(keeper, DEVICE_DETACH, LOOPBACK));
	CHECK(next_news(keeper).word == DEVICE_DETACHED);
	CHECK(seen->detached == LOOPBACK);
	CHECK(next_news(keeper).word == DEVICE_FOUND);
	CHECK(device_keeper_ask(keeper, DEVICE_LIST, 0));
	CHECK(next_news(keeper).word == DEVICE_FOUND);
	device_keeper_close(keeper);
}

TEST(all_is_detached_when_the_sensor_ends)
{
	struct device_keeper *keeper = open_keeper(&made_ops, true);

	device_keeper_close(keeper);
	/* It is waited for by the sensor for a while only. */
	for (int i = 0; i < 6000 && !seen->detached_all; i++)
		poll(NULL, 0, 10);
	CHECK(seen->detached_all == 1);
}

/* Refused with what each attempt was, in words. */
static int attempt_all(void *context, const struct eni *eni, struct device_news *news,
		       int fds[DEVICE_FDS_MAX], struct err *err)
{
	int results[5];

	(void)context;
	(void)eni;
	(void)news;
	(void)fds;
	results[0] = open("/proc/version", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
	results[1] = open("/tmp/weir-test-keeper", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno
											     : 0;
	results[2] = execl("/bin/true", "true", (char *)NULL) < 0 ? errno : 0;
	results[3] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
	results[4] = fork() < 0 ? errno : 0;
	return err_set(err, ERR_INPUT, "read %d, write %d, execute %d, connect %d, fork %d",
		       results[0], results[1], results[2], results[3], results[4]);
}

static void check_attempts(unsigned needs)
{
	struct device_ops     ops = { .name = "weir-test", .needs = needs, .attach = attempt_all };
	struct device_keeper *keeper;
	struct device_news    news;
	struct err	      err;
	int		      fds[DEVICE_FDS_MAX];

	if (privileges_missing(privileges_kept_for(needs)))
		return;
	keeper = open_keeper(&ops, false);
	CHECK(device_keeper_attach(keeper, LOOPBACK, &news, fds, &err) == -1);
	CHECK_TEXT(err.text, "read 1, write 1, execute 1, connect 1, fork 1");
	device_keeper_close(keeper);
}

/* EPERM is 1. */
TEST(it_opens_no_file_executes_nothing_and_speaks_to_no_network)
{
	check_attempts(NEED_ATTACH);
	check_attempts(NEED_SOCKETS);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_attached_and_comes_as_descriptors),
		cmocka_unit_test(nothing_else_is_attached_whoever_asks),
		cmocka_unit_test(words_that_mean_nothing_are_passed_over),
		cmocka_unit_test(what_is_there_is_told_once_and_again_when_it_is_detached),
		cmocka_unit_test(all_is_detached_when_the_sensor_ends),
		cmocka_unit_test(it_opens_no_file_executes_nothing_and_speaks_to_no_network),
	};

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(seen != MAP_FAILED);
	return unit_run(argc, argv, tests,
			CALL_FILTER_OFF ? ARRAY_LEN(tests) - 1 : ARRAY_LEN(tests));
}
