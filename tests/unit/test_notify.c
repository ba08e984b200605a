/* SPDX-License-Identifier: Apache-2.0 */
/* What the service manager hears: a socket of its kind stands in for it. */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sensor/service/notify.h"
#include "tests/unit/unit.h"

#define NS_PER_S UINT64_C(1000000000)

static int  manager = -1;
static char path[64];

static int begin(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t		   len;

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	len = (size_t)snprintf(path, sizeof(path), "@weir-notify-%d", (int)getpid());
	memcpy(name.sun_path, path, len);
	name.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return bind(manager, (const struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

static int end(void **state)
{
	(void)state;
	close(manager);
	return 0;
}

static struct notify opened(void)
{
	struct notify notify;
	struct err    err;

	if (notify_open(&notify, &err) < 0)
		fail_msg("%s", err.text);
	return notify;
}

static void hear(const char *expected)
{
	char	message[512] = "";
	ssize_t got = recv(manager, message, sizeof(message) - 1, 0);

	CHECK_TEXT(got < 0 ? "" : message, expected);
}

static struct mono at(uint64_t seconds)
{
	return (struct mono){ (1000 + seconds) * NS_PER_S };
}

TEST(without_a_manager_nothing_is_said)
{
	struct notify notify;

	unsetenv("NOTIFY_SOCKET");
	notify = opened();
	CHECK(notify.fd < 0);
	notify_say(&notify, "READY=1");
	notify_turn(&notify, at(0));
	CHECK(!notify_wants_status(&notify, at(100)));
	notify_close(&notify);
}

TEST(a_message_is_one_datagram)
{
	struct notify notify = opened();

	notify_say(&notify, "READY=1");
	notify_say(&notify, "STOPPING=1");
	hear("READY=1");
	hear("STOPPING=1");
	notify_close(&notify);
}

TEST(a_manager_that_cannot_be_reached_is_told)
{
	static const char *const names[] = { "/nowhere/notify", "@weir-nobody-listens", "notify",
					     "vsock:2:1234" };
	struct notify		 notify;
	struct err		 err;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_int_equal(notify_open(&notify, &err), -1);
		CHECK(strstr(err.text, names[i]));
		CHECK(notify.fd < 0);
	}
}

TEST(the_watchdog_is_fed_when_half_of_its_time_is_over)
{
	struct notify notify;

	setenv("WATCHDOG_USEC", "20000000", 1);
	notify = opened();
	notify_turn(&notify, at(0));
	hear("WATCHDOG=1");
	notify_turn(&notify, at(9));
	hear("");
	notify_turn(&notify, at(10));
	hear("WATCHDOG=1");
	notify_close(&notify);
}

TEST(a_watchdog_of_another_process_or_of_no_time_is_none)
{
	static const struct {
		const char *usec, *pid;
	} cases[] = { { "20000000", "1" }, { "x", NULL }, { "0", NULL }, { "20000000", "x" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct notify notify;

		setenv("WATCHDOG_USEC", cases[i].usec, 1);
		if (cases[i].pid)
			setenv("WATCHDOG_PID", cases[i].pid, 1);
		else
			unsetenv("WATCHDOG_PID");
		notify = opened();
		notify_turn(&notify, at(100));
		hear("");
		notify_close(&notify);
	}
}

TEST(a_status_is_told_when_it_is_another_and_not_too_often)
{
	struct notify notify = opened();

	CHECK(notify_wants_status(&notify, at(0)));
	notify_status(&notify, "12 flows", at(0));
	hear("STATUS=12 flows");
	CHECK(!notify_wants_status(&notify, at(NOTIFY_STATUS_S - 1)));
	CHECK(notify_wants_status(&notify, at(NOTIFY_STATUS_S)));
	notify_status(&notify, "12 flows", at(NOTIFY_STATUS_S));
	hear("");
	notify_status(&notify, "13 flows", at(2 * NOTIFY_STATUS_S));
	hear("STATUS=13 flows");
	notify_close(&notify);
}

TEST(a_manager_that_does_not_read_keeps_nobody_waiting)
{
	struct notify notify = opened();

	alarm(10);
	for (unsigned i = 0; i < 10000; i++)
		notify_say(&notify, "WATCHDOG=1");
	alarm(0);
	hear("WATCHDOG=1");
	notify_close(&notify);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
	static const struct CMUnitTest tests[] = {
		CASE(without_a_manager_nothing_is_said),
		CASE(a_message_is_one_datagram),
		CASE(a_manager_that_cannot_be_reached_is_told),
		CASE(the_watchdog_is_fed_when_half_of_its_time_is_over),
		CASE(a_watchdog_of_another_process_or_of_no_time_is_none),
		CASE(a_status_is_told_when_it_is_another_and_not_too_often),
		CASE(a_manager_that_does_not_read_keeps_nobody_waiting),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
