/* SPDX-License-Identifier: Apache-2.0 */
/* Each attempt is made by a child that has given up its privileges, as a sensor does after its start. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "sensor/privileges.h"
#include "tests/unit/unit.h"

enum { EVERYTHING = NEED_LIVE | NEED_MAPS | NEED_BPF | NEED_PACKET };

/* What a file and each capture needs, and the process that attaches each to interfaces. */
static const unsigned needs_cases[] = { 0,	    NEED_LIVE | NEED_MAPS,  NEED_LIVE | NEED_PACKET,
					EVERYTHING, NEED_ATTACH | NEED_BPF, NEED_SOCKETS };

static char place[64]; /* a file that anybody may write */
static int  place_fd;

/* Each returns a negative number, with errno, when it was refused. */
typedef long attempt_fn(void);

static long write_a_new_file(void)
{
	return open("/tmp/weir-test-privileges-new", O_WRONLY | O_CREAT, 0600);
}

static long write_a_file(void)
{
	return open(place, O_WRONLY);
}

static long read_a_file(void)
{
	return open("/proc/version", O_RDONLY);
}

static long rename_a_file(void)
{
	return rename(place, "/tmp/weir-test-privileges-renamed");
}

static long remove_a_file(void)
{
	return unlink(place);
}

static long open_a_file_for_all(void)
{
	return fchmod(place_fd, 0777);
}

static long execute(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static long make_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long open_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long open_a_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, 1);
}

static long open_a_udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static long connect_to_a_neighbour(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long make_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static long make_code_of_data(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long load_a_program(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long become_root(void)
{
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long signal_a_process(void)
{
	return kill(getppid(), 0);
}

static long abort_a_process(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long trace(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

/* Without root there is nothing to keep for some. */
static bool can_try(unsigned needs)
{
	return !privileges_missing(privileges_kept_for(needs));
}

/* The errno with which a child is refused after the drop, 0 when it is not; 255 when there was no drop. */
static int refused_with(attempt_fn *attempt, unsigned needs)
{
	pid_t pid = fork();
	int   status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct buf said = buf_make(256);
		struct err err;

		if (privileges_drop(NULL, needs, &said, &err) < 0)
			_exit(255);
		errno = 0;
		_exit(attempt() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(after_the_drop_every_attempt_at_something_else_is_refused)
{
	static const struct {
		const char *name;
		attempt_fn *attempt;
		unsigned    may; /* whose business it is */
	} cases[] = {
		{ "write a new file", write_a_new_file, 0 },
		{ "write a file", write_a_file, 0 },
		{ "read a file", read_a_file, 0 },
		{ "rename a file", rename_a_file, 0 },
		{ "remove a file", remove_a_file, 0 },
		{ "open a file for all", open_a_file_for_all, 0 },
		{ "execute", execute, 0 },
		{ "make a process", make_a_process, 0 },
		{ "open a packet socket", open_a_packet_socket, NEED_SOCKETS },
		{ "open a raw socket", open_a_raw_socket, 0 },
		{ "open a UDP socket", open_a_udp_socket, 0 },
		{ "connect to a neighbour", connect_to_a_neighbour, 0 },
		{ "make code", make_code, 0 },
		{ "make code of data", make_code_of_data, 0 },
		{ "load a program into the kernel", load_a_program, 0 },
		{ "become root", become_root, 0 },
		{ "signal a process", signal_a_process, 0 },
		{ "abort a process", abort_a_process, 0 },
		{ "trace", trace, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t j = 0; j < ARRAY_LEN(needs_cases); j++) {
			int refused;

			if (cases[i].may & needs_cases[j] || !can_try(needs_cases[j]))
				continue;
			refused = refused_with(cases[i].attempt, needs_cases[j]);
			if (refused != EPERM)
				fail_msg("%s, needs %#x: %d (%s)", cases[i].name, needs_cases[j],
					 refused, strerror(refused));
		}
}

static long write_what_is_open(void)
{
	return write(place_fd, "x", 1) == 1 ? 0 : -1;
}

static long take_memory(void)
{
	void *memory = malloc(8 << 20);

	if (!memory)
		return -1;
	memset(memory, 1, 8 << 20);
	free(memory);
	return 0;
}

static long ask_for_an_interface(void)
{
	char name[IF_NAMESIZE];

	return if_indextoname(1, name) ? 0 : -1;
}

static long open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

TEST(what_a_capture_needs_is_left_to_it_and_to_no_other)
{
	static const struct {
		const char *name;
		attempt_fn *attempt;
		unsigned    needs; /* 0: all may */
	} cases[] = {
		{ "write what is open", write_what_is_open, 0 },
		{ "take memory", take_memory, 0 },
		{ "ask for an interface", ask_for_an_interface,
		  NEED_LIVE | NEED_ATTACH | NEED_SOCKETS },
		{ "open netlink", open_netlink, NEED_ATTACH | NEED_SOCKETS },
		{ "open a packet socket", open_a_packet_socket, NEED_SOCKETS },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t j = 0; j < ARRAY_LEN(needs_cases); j++) {
			if (!can_try(needs_cases[j]))
				continue;
			bool may = !cases[i].needs || cases[i].needs & needs_cases[j];
			int  refused = refused_with(cases[i].attempt, needs_cases[j]);

			if ((refused == 0) != may)
				fail_msg("%s, needs %#x: %d (%s)", cases[i].name, needs_cases[j],
					 refused, strerror(refused));
		}
}

TEST(a_sensor_that_aborts_ends_and_leaves_no_core)
{
	pid_t pid = fork();
	int   status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct buf said = buf_make(256);
		struct err err;

		if (privileges_drop(NULL, 0, &said, &err) == 0)
			abort();
		_exit(255);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && !WCOREDUMP(status));
}

TEST(a_user_that_does_not_exist_is_refused_before_anything_is_given_up)
{
	struct buf said = buf_make(256);
	struct err err;

	assert_int_equal(privileges_drop("no-such-user", 0, &said, &err), -1);
	CHECK(err.kind == ERR_USAGE);
	CHECK_TEXT(err.text, "--user: there is no user 'no-such-user'");
	/* There is no filter. */
	CHECK(access("/proc/self/status", R_OK) == 0);
	buf_done(&said);
}

TEST(capabilities_that_a_need_keeps_and_no_others)
{
	CHECK(privileges_kept_for(0) == 0);
	CHECK(privileges_kept_for(NEED_LIVE | NEED_MAPS | NEED_PACKET) == 0);
	CHECK(privileges_kept_for(NEED_ATTACH) == CAPABILITY(CAP_NET_ADMIN));
	CHECK(privileges_kept_for(NEED_SOCKETS) == CAPABILITY(CAP_NET_RAW));
	CHECK(privileges_kept_for(NEED_BPF) == CAPABILITY(CAP_BPF));
}

static bool may_open_a_packet_socket(void *context)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	(void)context;
	mem_close_at(&fd);
	return fd >= 0;
}

TEST(what_is_tried_without_capabilities_leaves_them_as_they_were)
{
	bool before = may_open_a_packet_socket(NULL);

	CHECK(!privileges_are_spared(may_open_a_packet_socket, NULL));
	CHECK(may_open_a_packet_socket(NULL) == before);
	CHECK((privileges_missing(CAPABILITY(CAP_NET_RAW)) == 0) == before);
}

TEST(capabilities_are_printed_by_name)
{
	struct buf text = buf_make(256);

	privileges_print(0, &text);
	CHECK_STR(buf_str(&text), "none");
	buf_clear(&text);
	privileges_print(CAPABILITY(CAP_NET_RAW) | CAPABILITY(CAP_NET_ADMIN), &text);
	CHECK_STR(buf_str(&text), "CAP_NET_ADMIN CAP_NET_RAW");
	buf_done(&text);
}

static int make_place(void **state)
{
	(void)state;
	snprintf(place, sizeof(place), "/tmp/weir-test-privileges-XXXXXX");
	place_fd = mkstemp(place);
	return place_fd < 0 || fchmod(place_fd, 0666) < 0 ? -1 : 0;
}

static int remove_place(void **state)
{
	(void)state;
	close(place_fd);
	return unlink(place);
}

int main(int argc, char **argv)
{
	enum { OF_THE_FILTER = 3 };
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_that_does_not_exist_is_refused_before_anything_is_given_up),
		cmocka_unit_test(capabilities_that_a_need_keeps_and_no_others),
		cmocka_unit_test(what_is_tried_without_capabilities_leaves_them_as_they_were),
		cmocka_unit_test(capabilities_are_printed_by_name),
		cmocka_unit_test(a_sensor_that_aborts_ends_and_leaves_no_core),
		cmocka_unit_test_setup_teardown(
			after_the_drop_every_attempt_at_something_else_is_refused, make_place,
			remove_place),
		cmocka_unit_test_setup_teardown(what_a_capture_needs_is_left_to_it_and_to_no_other,
						make_place, remove_place),
	};

	return unit_run(argc, argv, tests,
			CALL_FILTER_OFF ? ARRAY_LEN(tests) - OF_THE_FILTER : ARRAY_LEN(tests));
}
