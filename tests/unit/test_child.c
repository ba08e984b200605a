/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's other processes: what they are given, what they are left, and how they end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sensor/call_filter.h"
#include "sensor/child.h"
#include "tests/unit/unit.h"

/* The last tests, which have nothing to test where there is no filter. */
enum { OF_THE_FILTER = 2 };

/* What is waited for comes at once, unless the machine has much else to do. */
enum { LONG_MS = 60000 };

/* What a child found out, as one datagram. */
struct report {
	int outcomes[8];
};

static int tell_fds(void *context, int fd, struct err *err)
{
	struct report report = { { fcntl(fd + 1, F_GETFD), fcntl(STDOUT_FILENO, F_GETFD) } };

	(void)context;
	(void)err;
	return write(fd, &report, sizeof(report)) < 0 ? -1 : 0;
}

static struct report ask(const struct child_args *args)
{
	struct report report = { { 0 } };
	struct child  child;
	struct err    err;

	if (child_start(&child, args, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(read(child.fd, &report, sizeof(report)), sizeof(report));
	child_end(&child, LONG_MS);
	return report;
}

TEST(a_child_has_its_channel_and_no_other_file_of_the_sensor)
{
	int		  other = open("/dev/null", O_RDONLY);
	struct child_args args = {
		.name = "weir-test", .channel = CHILD_TALKS, .run = tell_fds, .no_drop = true
	};
	struct report report = ask(&args);

	CHECK(report.outcomes[0] < 0);
	CHECK(report.outcomes[1] >= 0);
	close(other);
}

static int read_kept(void *context, int fd, struct err *err)
{
	struct report report = { { 0 } };

	(void)context;
	(void)err;
	if (read(CHILD_KEPT_FD, &report, sizeof(report)) < 0)
		return -1;
	return write(fd, &report, sizeof(report)) < 0 ? -1 : 0;
}

TEST(a_child_has_the_file_that_it_is_to_keep)
{
	struct report	  report = { { 7 } };
	int		  pipe_fds[2];
	struct child_args args = {
		.name = "weir-test", .channel = CHILD_TALKS, .run = read_kept, .no_drop = true
	};

	CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
	CHECK(write(pipe_fds[1], &report, sizeof(report)) == sizeof(report));
	args.kept = pipe_fds[0];
	assert_int_equal(ask(&args).outcomes[0], 7);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static char inside[64], outside[64];

/* 0 or errno of each attempt. */
static int try_all(void *context, int fd, struct err *err)
{
	struct report report = { { 0 } };
	(void)context;
	(void)err;
	report.outcomes[0] = open(inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno : 0;
	report.outcomes[1] = open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno : 0;
	report.outcomes[2] = execl("/bin/true", "true", (char *)NULL) < 0 ? errno : 0;
	report.outcomes[3] = socket(AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0;
	report.outcomes[4] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
	report.outcomes[5] = fork() < 0 ? errno : 0;
	return write(fd, &report, sizeof(report)) < 0 ? -1 : 0;
}

TEST(a_child_writes_in_its_folders_only_and_executes_nothing)
{
	char		  folder[] = "/tmp/weir-child-XXXXXX", spool[48];
	struct child_args args = { .name = "weir-test",
				   .channel = CHILD_TALKS,
				   .run = try_all,
				   .needs = NEED_FILES | NEED_NETWORK };
	struct report	  report;

	if (geteuid() != 0)
		skip();
	CHECK(mkdtemp(folder));
	snprintf(spool, sizeof(spool), "%s/spool", folder);
	snprintf(inside, sizeof(inside), "%s/file", spool);
	snprintf(outside, sizeof(outside), "%s/file", folder);
	CHECK(chmod(folder, 0777) == 0);
	args.folders[0] = spool;
	report = ask(&args);
	assert_int_equal(report.outcomes[0], 0);
	assert_int_equal(report.outcomes[1], EACCES);
	assert_int_equal(report.outcomes[2], EPERM);
	assert_int_equal(report.outcomes[3], EPERM);
	assert_int_equal(report.outcomes[4], 0);
	assert_int_equal(report.outcomes[5], EPERM);
	unlink(inside);
	rmdir(spool);
	rmdir(folder);
}

static int tell_home(void *context, int fd, struct err *err)
{
	const struct passwd *self = getpwuid(geteuid());
	struct report	     report = { { self && strcmp(getenv("HOME"), self->pw_dir) == 0 } };

	(void)context;
	(void)err;
	return write(fd, &report, sizeof(report)) < 0 ? -1 : 0;
}

TEST(a_child_that_becomes_another_user_has_the_home_of_that_one)
{
	struct child_args args = {
		.name = "weir-test", .channel = CHILD_TALKS, .run = tell_home, .needs = NEED_NETWORK
	};

	if (geteuid() != 0)
		skip();
	CHECK(ask(&args).outcomes[0]);
}

/* Dies of the first byte, gives back the next. */
static int die_of_the_first(void *context, int fd, struct err *err)
{
	char byte;

	(void)context;
	(void)err;
	if (read(fd, &byte, 1) != 1)
		return 0;
	if (byte == 'd')
		raise(SIGKILL);
	return write(fd, &byte, 1) < 0 ? -1 : 0;
}

TEST(a_child_that_dies_begins_again_on_the_same_channel)
{
	_Atomic uint64_t *restarts = mmap(NULL, sizeof(*restarts), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child_args args = { .name = "weir-test",
				   .channel = CHILD_TALKS,
				   .run = die_of_the_first,
				   .restarts = restarts };
	struct child	  child;
	struct err	  err;
	char		  byte = 0;

	assert_int_equal(child_start(&child, &args, &err), 0);
	assert_int_equal(write(child.fd, "d", 1), 1);
	assert_int_equal(write(child.fd, "x", 1), 1);
	assert_int_equal(read(child.fd, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(*restarts, 1);
	child_end(&child, LONG_MS);
	munmap(restarts, sizeof(*restarts));
}

/* Takes nothing of what is in the channel. */
static int fail_at_once(void *context, int fd, struct err *err)
{
	(void)context;
	(void)fd;
	return err_set(err, ERR_SYSTEM, "nothing works");
}

TEST(a_child_that_fails_again_and_again_does_not_outlive_the_sensor)
{
	_Atomic uint64_t *restarts = mmap(NULL, sizeof(*restarts), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child_args args = { .name = "weir-test",
				   .channel = CHILD_READS,
				   .run = fail_at_once,
				   .restarts = restarts };
	struct child	  child;
	struct err	  err;
	struct pollfd	  end;

	assert_int_equal(child_start(&child, &args, &err), 0);
	assert_int_equal(write(child.fd, "left", 4), 4);
	while (*restarts < 2)
		poll(NULL, 0, 10);
	end = (struct pollfd){ .fd = child.pid_fd, .events = POLLIN };
	close(child.fd);
	/* Without an end of the sensor there is none: what is in the channel is not taken. */
	CHECK(poll(&end, 1, LONG_MS) == 1);
	close(child.pid_fd);
	munmap(restarts, sizeof(*restarts));
}

static int wait_for_the_end(void *context, int fd, struct err *err)
{
	char byte;

	(void)context;
	(void)err;
	return read(fd, &byte, 1) == 0 ? 0 : -1;
}

TEST(signals_that_end_the_sensor_leave_its_children)
{
	struct child_args args = { .name = "weir-test",
				   .channel = CHILD_READS,
				   .run = wait_for_the_end };
	struct child	  child;
	struct err	  err;
	struct pollfd	  end;

	assert_int_equal(child_start(&child, &args, &err), 0);
	end = (struct pollfd){ .fd = child.pid_fd, .events = POLLIN };
	CHECK(syscall(SYS_pidfd_send_signal, child.pid_fd, SIGTERM, NULL, 0) == 0);
	CHECK(poll(&end, 1, 100) == 0);
	child_end(&child, LONG_MS);
}

static int end_at_once(void *context, int fd, struct err *err)
{
	(void)context;
	(void)fd;
	(void)err;
	return 0;
}

/* On one processor a child comes to its end before the sensor goes on. */
TEST(a_child_that_ends_at_once_leaves_no_zombie)
{
	struct child_args args = {
		.name = "weir-test", .channel = CHILD_TALKS, .run = end_at_once, .no_drop = true
	};
	struct child  child;
	struct pollfd end;
	struct err    err;
	cpu_set_t     all, one;

	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(child_start(&child, &args, &err), 0);
		end = (struct pollfd){ .fd = child.pid_fd, .events = POLLIN };
		assert_int_equal(poll(&end, 1, LONG_MS), 1);
		CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		child_end(&child, 0);
		/* As before the first one. */
		signal(SIGCHLD, SIG_DFL);
	}
	CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
}

TEST(a_user_that_is_nobody_is_an_error)
{
	struct child_args args = { .name = "weir-test",
				   .channel = CHILD_READS,
				   .user = "no-such-user",
				   .run = wait_for_the_end };
	struct child	  child;
	struct err	  err;

	assert_int_equal(child_start(&child, &args, &err), -1);
	CHECK(strstr(err.text, "weir-test: "));
	assert_int_equal(child.fd, -1);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_its_channel_and_no_other_file_of_the_sensor),
		cmocka_unit_test(a_child_has_the_file_that_it_is_to_keep),
		cmocka_unit_test(a_child_that_dies_begins_again_on_the_same_channel),
		cmocka_unit_test(a_child_that_fails_again_and_again_does_not_outlive_the_sensor),
		cmocka_unit_test(signals_that_end_the_sensor_leave_its_children),
		cmocka_unit_test(a_child_that_ends_at_once_leaves_no_zombie),
		cmocka_unit_test(a_user_that_is_nobody_is_an_error),
		cmocka_unit_test(a_child_writes_in_its_folders_only_and_executes_nothing),
		cmocka_unit_test(a_child_that_becomes_another_user_has_the_home_of_that_one),
	};

	return unit_run(argc, argv, tests,
			CALL_FILTER_OFF ? ARRAY_LEN(tests) - OF_THE_FILTER : ARRAY_LEN(tests));
}
