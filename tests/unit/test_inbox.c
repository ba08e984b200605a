/* SPDX-License-Identifier: Apache-2.0 */
/* What a courier has read of its pipe and not kept elsewhere yet: every byte once and in order, however it comes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/flow/format.h"
#include "sensor/delivery/inbox.h"
#include "tests/unit/unit.h"

TEST(inbox_gives_every_line_once_whatever_pieces_are_forgotten)
{
	struct err    err;
	struct inbox *inbox = inbox_new(&err);
	int	      pipe_fds[2];
	unsigned      wrote = 0, next = 0;
	char	      line[300];

	CHECK(inbox && pipe(pipe_fds) == 0);
	while (next < 20000) {
		struct str lines;

		for (size_t i = 0; i < 60; i++) {
			int len = snprintf(line, sizeof(line), "%u %*s\n", wrote,
					   (int)(wrote % 200), "");

			CHECK(write(pipe_fds[1], line, (size_t)len) == len);
			wrote++;
		}
		CHECK(inbox_fill(inbox, pipe_fds[0], 0) == INBOX_NEWS);
		/* All but the last, one by one. */
		lines = inbox_lines(inbox);
		while (str_find(lines, '\n') + 1 < lines.len) {
			struct str one = str_cut(&lines, '\n');

			snprintf(line, sizeof(line), "%u %*s", next, (int)(next % 200), "");
			CHECK_STR(one, line);
			next++;
			inbox_forget(inbox, one.len + 1);
		}
	}
	close(pipe_fds[1]);
	CHECK(inbox_fill(inbox, pipe_fds[0], 0) == INBOX_ENDED);
	CHECK(inbox_rest(inbox) == inbox_lines(inbox).len);
	close(pipe_fds[0]);
	inbox_free(inbox);
}

TEST(inbox_gives_up_what_is_longer_than_a_line_can_be)
{
	struct err    err;
	struct inbox *inbox = inbox_new(&err);
	int	      pipe_fds[2];
	static char   bytes[FORMAT_LINE_MAX / 2];
	size_t	      count = 0;

	CHECK(inbox && pipe(pipe_fds) == 0);
	memset(bytes, 'x', sizeof(bytes));
	CHECK(write(pipe_fds[1], "a\n", 2) == 2);
	CHECK(inbox_fill(inbox, pipe_fds[0], 0) == INBOX_NEWS);
	inbox_forget(inbox, inbox_lines(inbox).len);
	while (inbox_lines(inbox).len == 0 && count++ < 100) {
		CHECK(write(pipe_fds[1], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
		CHECK(inbox_fill(inbox, pipe_fds[0], 0) == INBOX_NEWS);
	}
	CHECK(inbox_lines(inbox).len == inbox_rest(inbox));
	inbox_forget(inbox, inbox_rest(inbox));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	inbox_free(inbox);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(inbox_gives_every_line_once_whatever_pieces_are_forgotten),
		cmocka_unit_test(inbox_gives_up_what_is_longer_than_a_line_can_be),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
