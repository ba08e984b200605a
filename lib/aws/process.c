/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/aws/argv.h"
#include "lib/aws/secret.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum { OUTPUT_MAX = 64 << 10, TIMEOUT_S = 60, NS_PER_MS = 1000000, MS_PER_S = 1000 };

extern char **environ;

/* A child with its end of the pipe as standard output. */
static int start(char *const *words, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t	   attributes;
	sigset_t		   none;
	int			   failed;

	/* A thread of ours may have signals blocked that the program is to hear. */
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	failed = posix_spawnp(pid, words[0], &actions, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

/* What it prints, until it closes its output, says too much or takes too long. */
static int read_output(int fd, struct buf *out, struct err *err)
{
	uint64_t end_ns = clock_now().mono.ns + (uint64_t)TIMEOUT_S * MS_PER_S * NS_PER_MS;

	for (;;) {
		uint64_t      now_ns = clock_now().mono.ns;
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int	      ready = now_ns >= end_ns
					      ? 0
					      : poll(&poller, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		ssize_t	      got;

		if (ready == 0)
			return err_set(err, ERR_REMOTE, "not done after %d s", TIMEOUT_S);
		if (ready < 0 && errno == EINTR)
			continue;
		got = ready < 0 ? -1 : read(fd, out->data + out->len, out->max - out->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "cannot be read from");
		if (got == 0)
			return 0;
		out->len += (size_t)got;
		if (out->len == out->max)
			return err_set(err, ERR_REMOTE, "printed more than %d bytes", OUTPUT_MAX);
	}
}

/* How it ended; what did not end by itself is ended. */
static int finish(pid_t pid, bool whole, struct err *err)
{
	int status = 0;

	if (!whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, "cannot be waited for");
	if (!whole)
		return -1;
	if (WIFSIGNALED(status))
		return err_set(err, ERR_REMOTE, "ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, ERR_REMOTE, "exit status %d", WEXITSTATUS(status));
	return 0;
}

static int run(char *const *words, struct buf *out, struct err *err)
{
	int	       ends[2], failed;
	pid_t	       pid = 0;
	bool	       whole;
	auto_close int from = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "no pipe");
	from = ends[0];
	failed = start(words, ends[1], &pid);
	close(ends[1]);
	if (failed)
		return err_set(err, ERR_REMOTE, "cannot be started: %s", strerror(failed));
	whole = read_output(from, out, err) == 0;
	return finish(pid, whole, err);
}

int process_keys(struct str command, struct held_keys *out, struct err *err)
{
	auto_secret struct buf output = secret_buf_make(OUTPUT_MAX + 1);
	struct arena	       arena = { 0 };
	struct argv	       argv;
	int		       status = argv_split(command, &arena, &argv, err);

	if (status == 0 && argv.count == 0)
		status = err_set(err, ERR_REMOTE, "names no program");
	if (status == 0)
		status = run(argv.words, &output, err);
	arena_done(&arena);
	if (status < 0)
		return err_wrap(err, "credential_process");
	return held_keys_parse(buf_str(&output), "credential_process", KEYS_OF_PROCESS, out, err);
}
