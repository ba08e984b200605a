/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/confine.h"
#include "sensor/privileges.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	PIPE_SIZE = 1 << 20,
	CHILD_FD = 3, /* where the child has its side of the channel */
	READY_FD = CHILD_KEPT_FD + 1,
	LAST_WORDS_MS = 1000, /* a child that could not begin is at its end */
	FIRST_WAIT_S = 1,
	LAST_WAIT_S = 60
};

static size_t folder_count(const struct child_args *args)
{
	size_t count = 0;

	while (count < CHILD_FOLDERS_MAX && args->folders[count])
		count++;
	return count;
}

/* With what is above it.  What is there already keeps its owner and mode. */
static int make_folder(const char *path, const char *user, struct err *err)
{
	auto_free char *copy = mem_copy_str(path);

	for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(copy, slash ? 0755 : 0750) == 0) {
			if (privileges_give(copy, user, err) < 0)
				return -1;
		} else if (errno != EEXIST) {
			return err_sys(err, "cannot make the folder '%s'", copy);
		}
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static int make_folders(const struct child_args *args, struct err *err)
{
	for (size_t i = 0; i < folder_count(args); i++)
		if (make_folder(args->folders[i], args->no_drop ? "" : args->user, err) < 0)
			return -1;
	return 0;
}

/* fds[0] is the child's side, fds[1] ours. */
static int open_channel(enum child_channel channel, int fds[2], struct err *err)
{
	if (channel == CHILD_TALKS)
		return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0
			       ? err_sys(err, "cannot make a socket")
			       : 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, "cannot make a pipe");
	/* More than a user may have is refused, and less will do. */
	(void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

/*
 * Nothing of the sensor's is left to it but standard error.  Whoever reads the sensor's output is not kept waiting
 * by a child that goes on for a while.
 */
static int keep_fds(int channel, int ready, int kept)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int other;

	/* Out of each other's way first: each may be where another goes. */
	channel = fcntl(channel, F_DUPFD_CLOEXEC, READY_FD + 1);
	ready = fcntl(ready, F_DUPFD_CLOEXEC, READY_FD + 1);
	other = kept ? fcntl(kept, F_DUPFD_CLOEXEC, READY_FD + 1) : null;
	if (null < 0 || channel < 0 || ready < 0 || other < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup3(channel, CHILD_FD, O_CLOEXEC) < 0 ||
	    dup3(ready, READY_FD, O_CLOEXEC) < 0)
		return -1;
	if (!kept)
		close(CHILD_KEPT_FD);
	else if (dup3(other, CHILD_KEPT_FD, O_CLOEXEC) < 0)
		return -1;
	return (int)syscall(SYS_close_range, READY_FD + 1, ~0U, 0);
}

/* SIGABRT: a service manager whose watchdog waits in vain sends it to all; abort works all the same. */
static void ignore_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGABRT };
	sigset_t	 none;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], SIG_IGN);
	/* The sensor waits for none of its children; this one may, for its own. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int give_up(const struct child_args *args, struct err *err)
{
	auto_buf struct buf said = buf_make(1 << 10);

	if (args->no_drop)
		return 0;
	if (privileges_give_up(args->user, args->needs, &said, err) < 0)
		return -1;
	/* A disk that is read-only now may be written to again. */
	for (size_t i = 0; i < folder_count(args); i++)
		if (access(args->folders[i], W_OK | X_OK) < 0 && errno != EROFS)
			return err_sys(err, "%s cannot write in '%s'", said.data, args->folders[i]);
	return confine_writes(args->folders, folder_count(args), err) < 0 ? -1 : 0;
}

/* The exit status of the process. */
static int work(const struct child_args *args)
{
	struct err err;
	char	   text[1024];

	if ((args->no_drop || call_filter_load(args->needs, &err) == 0) &&
	    args->run(args->context, CHILD_FD, &err) == 0)
		return 0;
	err_print(&err, text, sizeof(text));
	dprintf(STDERR_FILENO, "%s: %s\n", args->name, text);
	return 1;
}

/* Whether nothing more can come: then there is nothing to begin again for. */
static bool is_at_end(void)
{
	struct pollfd fd = { .fd = CHILD_FD, .events = POLLIN };

	return poll(&fd, 1, 0) > 0 && !(fd.revents & POLLIN);
}

/* Waits so long, or until the sensor is gone; whether it is. */
static bool wait_for_end(int seconds)
{
	struct pollfd fd = { .fd = CHILD_FD };

	return poll(&fd, 1, seconds * 1000) > 0;
}

/* The channel is here too, so what is in it waits for the next one; when the sensor is gone that is the last. */
static int watch_over(const struct child_args *args)
{
	int  wait_s = FIRST_WAIT_S;
	bool is_last = false;

	for (;;) {
		uint64_t begin_ns = clock_now().mono.ns;
		pid_t	 pid = fork();
		int	 status = 0;

		if (pid == 0)
			_exit(work(args));
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		if ((pid > 0 && status == 0) || is_last || is_at_end())
			return 0;
		atomic_fetch_add(args->restarts, 1);
		if (clock_now().mono.ns - begin_ns > LAST_WAIT_S * NS_PER_S)
			wait_s = FIRST_WAIT_S;
		is_last = wait_for_end(wait_s);
		wait_s = wait_s * 2 < LAST_WAIT_S ? wait_s * 2 : LAST_WAIT_S;
	}
}

NO_RETURN static void be_child(const struct child_args *args, int channel, int ready)
{
	struct err err;

	prctl(PR_SET_NAME, args->name, 0, 0, 0);
	ignore_signals();
	setsid();
	if (keep_fds(channel, ready, args->kept) < 0) {
		err_sys(&err, "cannot begin");
		(void)!write(ready, &err, sizeof(err));
		_exit(1);
	}
	if (give_up(args, &err) < 0) {
		(void)!write(READY_FD, &err, sizeof(err));
		_exit(1);
	}
	close(READY_FD);
	_exit(args->restarts ? watch_over(args) : work(args));
}

/* What the child could not do, or nothing but the end. */
static int wait_until_ready(int fd, struct err *err)
{
	struct err said;
	ssize_t	   got;

	do
		got = read(fd, &said, sizeof(said));
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	if (got == (ssize_t)sizeof(said))
		*err = said;
	else
		err_sys(err, "cannot begin");
	return -1;
}

/* Of those that ended already, and of those that will: nobody waits for them. */
static void leave_no_zombies(void)
{
	signal(SIGCHLD, SIG_IGN);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

int child_start(struct child *child, const struct child_args *args, struct err *err)
{
	int	       channel[2], ready[2];
	auto_close int ready_read = -1;
	pid_t	       pid;

	*child = CHILD_NONE;
	if (make_folders(args, err) < 0 || open_channel(args->channel, channel, err) < 0)
		return err_wrap(err, "%s", args->name);
	/* One that ends at once stays until its descriptor is there. */
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		err_sys(err, "%s: cannot make a process", args->name);
		leave_no_zombies();
		close(channel[0]);
		close(channel[1]);
		return -1;
	}
	if (pid == 0) {
		close(channel[1]);
		close(ready[0]);
		be_child(args, channel[0], ready[1]);
	}
	close(channel[0]);
	close(ready[1]);
	ready_read = ready[0];
	child->fd = channel[1];
	child->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	leave_no_zombies();
	if (wait_until_ready(ready_read, err) == 0)
		return 0;
	child_end(child, LAST_WORDS_MS);
	return err_wrap(err, "%s", args->name);
}

void child_hang_up(struct child *child)
{
	mem_close_at(&child->fd);
	child->fd = -1;
}

bool child_end(struct child *child, int wait_ms)
{
	struct pollfd fd = { .fd = child->pid_fd, .events = POLLIN };
	bool	      has_ended = child->pid_fd < 0;

	child_hang_up(child);
	if (child->pid_fd >= 0)
		has_ended = poll(&fd, 1, wait_ms) > 0;
	mem_close_at(&child->pid_fd);
	*child = CHILD_NONE;
	return has_ended;
}
