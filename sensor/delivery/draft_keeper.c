/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/draft_keeper.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { COMMIT = 'c', DROP = 'd' };

/* How the commit went. */
struct answer {
	bool	   failed;
	struct err err;
};

/* Signals to stop are the sensor's business, which then ends or closes its side. */
static void hold_signals(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

__attribute__((noreturn)) static void keep(int fd, struct file_draft *draft)
{
	struct answer answer;
	char	      byte;
	ssize_t	      got;

	hold_signals();
	do
		got = read(fd, &byte, sizeof(byte));
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)sizeof(byte) && byte == COMMIT) {
		memset(&answer, 0, sizeof(answer));
		answer.failed = file_draft_commit(draft, &answer.err) < 0;
		(void)!send(fd, &answer, sizeof(answer), MSG_NOSIGNAL);
	} else {
		file_draft_drop(draft);
	}
	_exit(0);
}

int draft_keeper_open(struct draft_keeper *keeper, struct file_draft *draft, struct err *err)
{
	int   fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(err, "cannot keep the draft of '%s'", draft->path);
	pid = fork();
	if (pid < 0) {
		err_sys(err, "cannot keep the draft of '%s'", draft->path);
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (pid == 0) {
		close(fds[0]);
		keep(fds[1], draft);
	}
	close(fds[1]);
	mem_free_at(&draft->path);
	mem_free_at(&draft->temporary);
	draft->path = draft->temporary = NULL;
	keeper->fd = fds[0];
	return 0;
}

int draft_keeper_commit(struct draft_keeper *keeper, struct err *err)
{
	struct answer answer;
	const char    byte = COMMIT;

	if (write(keeper->fd, &byte, sizeof(byte)) < 0 ||
	    read(keeper->fd, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return err_set(err, ERR_SYSTEM, "what was to make the output appear has ended");
	if (!answer.failed)
		return 0;
	*err = answer.err;
	return -1;
}

void draft_keeper_close(struct draft_keeper *keeper)
{
	char byte = DROP;

	if (keeper->fd < 0)
		return;
	/* Fails when it has answered and ended; to read is to wait for its end. */
	(void)!write(keeper->fd, &byte, sizeof(byte));
	(void)!read(keeper->fd, &byte, sizeof(byte));
	mem_close_at(&keeper->fd);
	keeper->fd = -1;
}
