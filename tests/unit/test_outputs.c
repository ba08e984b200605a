/* SPDX-License-Identifier: Apache-2.0 */
/* What --output and --events mean, and that no sink has a say in what another gets. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "sensor/delivery/outputs.h"
#include "sensor/delivery/sink_spec.h"
#include "tests/unit/unit.h"

static int check_test(const struct sink_spec *spec, struct err *err)
{
	static const char *const keys[] = { "hive", "every", NULL };

	return sink_spec_check_keys(spec, keys, err);
}

static void name_secret(const struct sink_spec *spec, struct buf *out)
{
	(void)spec;
	buf_add_text(out, "hook:example.com");
}

static const struct delivery_ops bucket = {
	.kind = "bucket", .usage = "bucket:NAME", .takes_records = true, .check = check_test
};
static const struct delivery_ops diary = { .kind = "diary",
					   .usage = "diary",
					   .takes_events = true };
static const struct delivery_ops hook = {
	.kind = "hook", .usage = "hook:URL", .takes_events = true, .name = name_secret
};
static const struct delivery_ops *const kinds[] = { &bucket, &diary, &hook, NULL };

TEST(a_spec_is_a_kind_a_target_and_options_or_a_path)
{
	static const struct {
		const char *text, *kind, *target, *options;
	} cases[] = {
		{ "-", "path", "-", "" },
		{ "flow.log", "path", "flow.log", "" },
		{ "/var/log/flow.log", "path", "/var/log/flow.log", "" },
		{ "./bucket:x", "path", "./bucket:x", "" },
		{ "/a:b", "path", "/a:b", "" },
		{ "A:b", "path", "A:b", "" },
		{ "x,y", "path", "x,y", "" },
		{ "none", "none", "", "" },
		{ "terminal", "terminal", "", "" },
		{ "file:/x", "file", "/x", "" },
		{ "file:x,size=1MiB,keep=2", "file", "x", "size=1MiB keep=2 " },
		{ "bucket:b/p,hive", "bucket", "b/p", "hive= " },
		{ "bucket:b,every=1h=2", "bucket", "b", "every=1h=2 " },
		{ "diary", "diary", "", "" },
		{ "diary,x=y", "diary", "", "x=y " },
		{ "hook:https://example.com/a:b", "hook", "https://example.com/a:b", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf options = buf_make(1 << 10);
		struct sink_spec    spec;
		struct err	    err;

		if (sink_spec_parse(cases[i].text, kinds, &spec, &err) < 0)
			fail_msg("%s", err.text);
		CHECK_TEXT(spec.kind, cases[i].kind);
		CHECK_STR(spec.target, cases[i].target);
		for (size_t j = 0; j < spec.option_count; j++)
			buf_printf(&options, "%.*s=%.*s ", STR_ARG(spec.options[j].key),
				   STR_ARG(spec.options[j].value));
		CHECK_STR(buf_str(&options), cases[i].options);
	}
}

static struct outputs *make(const struct cli_list *records, const struct cli_list *events,
			    struct err *err)
{
	struct outputs_args args = { .records = records,
				     .events = events,
				     .queue_size = 1 << 17,
				     .spool_max = 1 << 20,
				     .kinds = kinds };

	return outputs_new(&args, err);
}

TEST(what_cannot_be_meant_is_an_error_that_says_what_can)
{
	static const struct {
		const char *output, *event, *expected;
	} cases[] = {
		{ "", NULL, "--output: '' is neither a sink nor a file" },
		{ "buckt:x", NULL,
		  "--output: 'buckt:…': there is no kind of sink 'buckt', did you mean 'bucket'? "
		  "(a "
		  "file of that name is ./buckt:…)" },
		{ "warehouse:x", NULL,
		  "--output: 'warehouse:…': there is no kind of sink 'warehouse' (a file of that "
		  "name "
		  "is ./warehouse:…)" },
		{ "bucket", NULL,
		  "--output: 'bucket': expected bucket:… (a file of that name is ./bucket)" },
		{ "bucket:,hive", NULL,
		  "--output: 'bucket:,hive': expected bucket:… (a file of that name is "
		  "./bucket:,hive)" },
		{ "bucket:x,hife", NULL,
		  "--output: 'bucket:x,hife': bucket has no option 'hife', did you mean 'hive'?" },
		{ "bucket:x,hive,hive", NULL,
		  "--output: 'bucket:x,hive,hive': 'hive' is given twice" },
		{ "bucket:x,=1", NULL, "--output: 'bucket:x,=1': an option has no name" },
		{ "bucket:x,1,2,3,4,5,6,7,8,9", NULL,
		  "--output: 'bucket:x,1,2,3,4,5,6,7,8,9': more than 8 options" },
		{ "none:x", NULL,
		  "--output: 'none:x': none stands alone, without anything after ':'" },
		{ "terminal", NULL, "--output: 'terminal': terminal takes events only" },
		{ "diary", NULL, "--output: 'diary': diary takes events only" },
		{ "file:/var/log/", NULL,
		  "--output: 'file:/var/log/' is a folder: expected the name of a file" },
		{ "file:x,size=1", NULL,
		  "--output: 'file:x,size=1': size: '1' is no size: expected one like 512KiB, "
		  "100MiB, "
		  "2GiB" },
		{ "file:x,size=1025GiB", NULL,
		  "--output: 'file:x,size=1025GiB': size: '1025GiB' is no size: expected one like "
		  "512KiB, 100MiB, 2GiB" },
		{ "file:x,every=0h", NULL,
		  "--output: 'file:x,every=0h': every: '0h' is no duration: expected one like 90s, "
		  "15m, 1h, 1d" },
		{ "file:x,keep=0", NULL,
		  "--output: 'file:x,keep=0': keep: expected a number from 1 to 65536" },
		{ "-", "bucket:x", "--events: 'bucket:x': bucket takes records only" },
		{ "-", "dairy",
		  "--events: 'dairy' is no sink of events, did you mean 'diary'? (a file is "
		  "file:dairy)" },
		{ "file:x", "file:x", "--events: 'file:x' is given twice" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cli_list records = { .items = { cases[i].output }, .count = 1 };
		struct cli_list events = { .items = { cases[i].event },
					   .count = cases[i].event ? 1 : 0 };
		struct err	err;

		if (make(&records, &events, &err))
			fail_msg("%s is taken", cases[i].output);
		CHECK(err.kind == ERR_USAGE);
		CHECK_TEXT(err.text, cases[i].expected);
	}
}

TEST(names_hide_secrets_and_ids_tell_targets_apart)
{
	struct sink_spec    spec, other;
	auto_buf struct buf name = buf_make(1 << 10);
	char		    id[SINK_ID_SIZE], other_id[SINK_ID_SIZE];
	struct err	    err;

	CHECK(sink_spec_parse("hook:https://example.com/secret", kinds, &spec, &err) == 0);
	CHECK(sink_spec_parse("hook:https://example.com/other", kinds, &other, &err) == 0);
	sink_spec_name(&spec, &hook, &name);
	CHECK_STR(buf_str(&name), "hook:example.com");
	sink_spec_id(&spec, &hook, id);
	sink_spec_id(&other, &hook, other_id);
	CHECK(strncmp(id, "hook-example.com-", 17) == 0 && strlen(id) == 17 + 8);
	CHECK(strcmp(id, other_id) != 0);
	CHECK(sink_spec_parse("bucket:logs/../x y", kinds, &spec, &err) == 0);
	sink_spec_id(&spec, &bucket, id);
	CHECK(strncmp(id, "bucket-logs-..-x-y-", 19) == 0);
}

static char	     folder[32], paths[3][64];
static struct board *board;

static int set_up(void **state)
{
	struct err err;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/weir-outputs-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu", folder, i);
	board = board_new(&err);
	return board ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		unlink(paths[i]);
	board_free(board);
	return rmdir(folder);
}

static struct outputs *open_outputs(size_t count)
{
	struct format	     format = format_default();
	struct outputs_setup setup = { .format = &format,
				       .interval_s = 60,
				       .state = folder,
				       .board = board,
				       .no_drop = true };
	struct cli_list records = { .items = { paths[0], paths[1], paths[2] }, .count = count };
	struct cli_list events = { 0 };
	struct err	err;
	struct outputs *outputs = make(&records, &events, &err);

	if (!outputs || outputs_open(outputs, &setup, &err) < 0)
		fail_msg("%s", err.text);
	return outputs;
}

static int add(struct outputs *outputs, uint64_t number)
{
	struct record record = { .packets = number,
				 .start = 1795860010,
				 .end = 1795860070,
				 .text[FIELD_INTERFACE_ID] = STR_LITERAL("eni-1") };
	struct err    err;

	record_set(&record, FIELD_INTERFACE_ID);
	record_set(&record, FIELD_PACKETS);
	record_set(&record, FIELD_START);
	record_set(&record, FIELD_END);
	record_set(&record, FIELD_LOG_STATUS);
	return outputs_add_record(outputs, &record, &err);
}

static size_t lines_of(const char *path)
{
	auto_buf struct buf text = buf_make(1 << 26);
	struct err	    err;
	size_t		    lines = 0;

	CHECK(file_read(path, text.max, &text, &err) == 0);
	for (struct str rest = buf_str(&text); rest.len; lines++)
		str_cut(&rest, '\n');
	return lines;
}

TEST(a_pipe_that_nobody_reads_takes_nothing_from_a_file_beside_it)
{
	enum { COUNT = 20000 };
	struct outputs *outputs;
	struct err	err;
	int		reader;

	CHECK(mkfifo(paths[1], 0600) == 0);
	reader = open(paths[1], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	outputs = open_outputs(2);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(add(outputs, i), 1);
	CHECK(outputs_commit(outputs, 0, &err) == 0);
	CHECK(lines_of(paths[0]) == COUNT);
	CHECK(board_get(&board->sinks[0].delivered) == COUNT);
	CHECK(board_get(&board->sinks[1].dropped[BOARD_QUEUE_FULL]) > 0);
	CHECK(board_get(&board->sinks[1].dropped[BOARD_QUEUE_FULL]) +
		      board_get(&board->sinks[1].taken) ==
	      COUNT);
	outputs_free(outputs);
	close(reader);
}

TEST(what_a_sink_had_no_room_for_it_is_told_when_there_is)
{
	struct outputs *outputs;
	struct err	err;
	int		reader;
	static char	bytes[1 << 20];
	size_t		len = 0;
	ssize_t		got;
	const char     *told;

	CHECK(mkfifo(paths[1], 0600) == 0);
	reader = open(paths[1], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	outputs = open_outputs(2);
	for (uint64_t i = 0; !board_get(&board->sinks[1].dropped[BOARD_QUEUE_FULL]); i++)
		add(outputs, i);
	add(outputs, 4711);
	while ((got = read(reader, bytes + len, sizeof(bytes) - 1 - len)) > 0) {
		len += (size_t)got;
		CHECK(outputs_flush(outputs, &err) == 0);
	}
	bytes[len] = '\0';
	/* Whole windows of 60 s; once. */
	told = strstr(bytes, "2 - eni-1 - - - - - - - 1795860000 1795860119 - SKIPDATA\n");
	assert_non_null(told);
	CHECK_TEXT(strchr(told, '\n'), "\n");
	CHECK(!strstr(bytes, "4711"));
	add(outputs, 4712);
	CHECK(outputs_flush(outputs, &err) == 0);
	got = read(reader, bytes, sizeof(bytes) - 1);
	CHECK(got > 0);
	bytes[got] = '\0';
	CHECK(strstr(bytes, "4712") && !strstr(bytes, "SKIPDATA"));
	outputs_free(outputs);
	close(reader);
}

TEST(a_reader_that_goes_away_is_an_error_of_the_only_sink_and_none_of_several)
{
	for (size_t count = 1; count <= 2; count++) {
		struct outputs	 *outputs;
		struct board_text failure;
		struct err	  err;
		int		  reader, fds[BOARD_SINKS_MAX];

		signal(SIGPIPE, SIG_IGN);
		CHECK(mkfifo(paths[0], 0600) == 0);
		reader = open(paths[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		outputs = open_outputs(count);
		CHECK(add(outputs, 1) == 1);
		close(reader);
		CHECK(outputs_flush(outputs, &err) == (count == 1 ? -1 : 0));
		if (count == 2) {
			CHECK(add(outputs, 2) == 1 && outputs_flush(outputs, &err) == 0);
			CHECK(outputs_wait_fds(outputs, fds) == 0);
			CHECK(board_read(&board->sinks[1].failure, &failure));
			CHECK(strstr(failure.text, "Broken pipe"));
			CHECK(lines_of(paths[1]) == 2);
		}
		outputs_free(outputs);
		unlink(paths[0]);
	}
}

TEST(a_disk_that_is_full_is_no_end_of_several)
{
	struct board_text failure;
	struct outputs	 *outputs;
	struct err	  err;
	int		  fds[BOARD_SINKS_MAX];

	if (symlink("/dev/full", paths[0]) < 0)
		skip();
	outputs = open_outputs(2);
	for (int i = 0; i < 3; i++) {
		CHECK(add(outputs, 1) == 1);
		CHECK(outputs_flush(outputs, &err) == 0);
	}
	CHECK(outputs_wait_fds(outputs, fds) == 0);
	CHECK(board_get(&board->sinks[0].is_failing));
	CHECK(board_read(&board->sinks[0].failure, &failure));
	CHECK(strstr(failure.text, "No space left on device"));
	CHECK(lines_of(paths[1]) == 3);
	outputs_free(outputs);
}

#define OUTPUTS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spec_is_a_kind_a_target_and_options_or_a_path),
		cmocka_unit_test(what_cannot_be_meant_is_an_error_that_says_what_can),
		cmocka_unit_test(names_hide_secrets_and_ids_tell_targets_apart),
		OUTPUTS_TEST(a_pipe_that_nobody_reads_takes_nothing_from_a_file_beside_it),
		OUTPUTS_TEST(what_a_sink_had_no_room_for_it_is_told_when_there_is),
		OUTPUTS_TEST(
			a_reader_that_goes_away_is_an_error_of_the_only_sink_and_none_of_several),
		OUTPUTS_TEST(a_disk_that_is_full_is_no_end_of_several),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
