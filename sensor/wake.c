/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/wake.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/mark.h"
#include "lib/base/mem.h"

static int hold(const int *signals, size_t count)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Started by nohup or the like it outlives its terminal; a signal that is blocked would come all the same. */
static bool is_hangup_ignored(void)
{
	struct sigaction action;

	return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int watch(const struct wake *wake, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };

	return epoll_ctl(wake->fd, EPOLL_CTL_ADD, fd, &event);
}

int wake_open(struct wake *wake, bool reloads, struct err *err)
{
	static const int stop[] = { SIGINT, SIGTERM, SIGHUP };
	static const int ask[] = { SIGUSR1 }, reload[] = { SIGHUP };
	bool		 hangs_up = !is_hangup_ignored(), stops = hangs_up && !reloads;

	*wake = WAKE_NONE;
	signal(SIGPIPE, SIG_IGN);
	wake->stop_fd = hold(stop, stops ? ARRAY_LEN(stop) : ARRAY_LEN(stop) - 1);
	wake->reload_fd = hold(reload, reloads ? 1 : 0);
	wake->ask_fd = hold(ask, ARRAY_LEN(ask));
	wake->terminal_fd = hangs_up ? open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC) : -1;
	wake->fd = epoll_create1(EPOLL_CLOEXEC);
	if (wake->stop_fd < 0 || wake->reload_fd < 0 || wake->ask_fd < 0 || wake->fd < 0 ||
	    watch(wake, wake->stop_fd, EPOLLIN) < 0 || watch(wake, wake->ask_fd, EPOLLIN) < 0 ||
	    watch(wake, wake->reload_fd, EPOLLIN) < 0) {
		err_sys(err, "cannot wait for signals");
		wake_close(wake);
		return -1;
	}
	return 0;
}

void wake_close(struct wake *wake)
{
	mem_close_at(&wake->stop_fd);
	mem_close_at(&wake->reload_fd);
	mem_close_at(&wake->ask_fd);
	mem_close_at(&wake->terminal_fd);
	mem_close_at(&wake->fd);
	*wake = WAKE_NONE;
}

bool wake_is_stopped(const struct wake *wake)
{
	struct pollfd stop = { .fd = wake->stop_fd, .events = POLLIN };

	return wake->is_hung_up || poll(&stop, 1, 0) > 0;
}

static bool has_come(int fd, struct signalfd_siginfo *info)
{
	return read(fd, info, sizeof(*info)) == (ssize_t)sizeof(*info);
}

bool wake_is_asked(const struct wake *wake)
{
	struct signalfd_siginfo info;

	return has_come(wake->ask_fd, &info);
}

/*
 * The kernel sends it where a terminal or its session ends; a shell hands it on to its jobs, and then the terminal is
 * gone.
 */
static bool is_hangup(const struct wake *wake, const struct signalfd_siginfo *info)
{
	struct pollfd terminal = { .fd = wake->terminal_fd };

	if (wake->terminal_fd < 0)
		return false;
	return info->ssi_code == SI_KERNEL || poll(&terminal, 1, 0) > 0;
}

bool wake_is_to_reload(struct wake *wake)
{
	struct signalfd_siginfo info;

	if (!has_come(wake->reload_fd, &info))
		return false;
	wake->is_hung_up |= is_hangup(wake, &info);
	return !wake->is_hung_up;
}

static bool has(const int *fds, size_t count, int fd)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

int wake_on_input(struct wake *wake, int fd, struct err *err)
{
	return watch(wake, fd, EPOLLIN) < 0 ? err_sys(err, "cannot wait for answers") : 0;
}

/* What epoll does not take (/dev/null) never makes anybody wait. */
void wake_on_outputs(struct wake *wake, const int *fds, size_t count)
{
	assert(count <= WAKE_OUTPUTS_MAX);
	for (size_t i = 0; i < wake->output_count; i++)
		if (!has(fds, count, wake->outputs[i]))
			(void)epoll_ctl(wake->fd, EPOLL_CTL_DEL, wake->outputs[i], NULL);
	for (size_t i = 0; i < count; i++)
		if (!has(wake->outputs, wake->output_count, fds[i]))
			(void)watch(wake, fds[i], EPOLLOUT);
	if (count)
		memcpy(wake->outputs, fds, count * sizeof(*fds));
	wake->output_count = count;
}
