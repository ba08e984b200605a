/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "policies/match/records.h"
#include "sensor/live/model.h"
#include "sensor/live/model_keeper.h"
#include "tests/unit/judged_line.h"

enum { MIB = 1 << 20, WAIT_S = 60 };

static char folder[] = "/tmp/weir-test-model-XXXXXX";
static char snapshot[sizeof(folder) + 32], other[sizeof(folder) + 32], policy[sizeof(folder) + 32];

static void write_text(const char *path, const char *text)
{
	struct file_draft draft;
	struct err	  err;

	if (file_draft_open(&draft, path, &err) < 0)
		fail_msg("%s", err.text);
	for (; *text; text++)
		fputc(*text == '\'' ? '"' : *text, draft.stream);
	CHECK(file_draft_commit(&draft, &err) == 0);
}

/* A document of a snapshot's folder. */
static void write_document(const char *of, const char *name, const char *text)
{
	char path[sizeof(snapshot) + 32];

	(void)mkdir(of, 0700);
	snprintf(path, sizeof(path), "%s/%s.json", of, name);
	write_text(path, text);
}

/* eni-1 lets in TCP to that port; the ACL's id ends in it too. */
static void write_shop(const char *of, const char *port)
{
	char text[1024];

	write_document(of, "network", NET);
	snprintf(text, sizeof(text), SG_1(TCP("%s"), ALL), port, port);
	write_document(of, "groups", text);
	snprintf(text, sizeof(text),
		 "{'NetworkAcls': [{'NetworkAclId': 'acl-%s', 'VpcId': 'vpc-1', 'IsDefault': true, "
		 "'Entries': [{'RuleNumber': 100, 'Egress': false, 'RuleAction': 'allow', "
		 "'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 100, 'Egress': true, "
		 "'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}]}]}",
		 port);
	write_document(of, "acl", text);
}

static void write_all(void)
{
	write_shop(snapshot, "443");
	write_text(policy, "tier web = eni-1\ntier db = eni-2\ndeny any -> web\n");
}

static const struct model_args files = { snapshot, policy, 64 * MIB, NULL, 0 };

static enum record_verdict judge(struct model *model)
{
	struct record	     record;
	struct format	     format = format_default();
	struct record_query  query = { &record, ROLE_UNKNOWN };
	struct record_answer answer;
	struct err	     err;

	CHECK(line_parse(str_of(LINE("10.0.2.10 10.0.1.10 40000 443 6 9 900 1700000000 1700000060 "
				     "ACCEPT")),
			 &format, LINE_ALL_FIELDS, &record, &err) == LINE_FINE);
	records_judge(model->matcher, model->judge, &query, 1, &answer);
	return answer.verdict;
}

TEST(a_model_is_a_snapshot_and_a_policy_and_judges)
{
	const struct str  id = str_of("eni-1");
	struct model_args args = { snapshot, policy, 64 * MIB, &id, 1 };
	struct err_list	  errors;
	struct model	 *model;

	write_all();
	model = model_load(&args, &errors);
	assert_non_null(model);
	CHECK(judge(model) == RECORD_UNEXPECTED);
	CHECK(matcher_size(model->matcher).compiled == 2);
	CHECK(model->rules == 4 && model->bytes > 0);
	CHECK(model->snapshot_s <= time(NULL) && model->snapshot_s > time(NULL) - 3600);
	model_free(model);
	args.policy = NULL;
	model = model_load(&args, &errors);
	assert_non_null(model);
	CHECK(judge(model) == RECORD_EXPECTED);
	model_free(model);
}

TEST(a_fetched_snapshot_says_itself_when_it_was_taken)
{
	struct err_list errors;
	struct model   *model;
	char		path[sizeof(snapshot) + 32];

	write_all();
	write_document(snapshot, "weir",
		       "{'schema': 'weir/fetch/1', 'time': '2026-10-02T08:00:00Z'}");
	model = model_load(&files, &errors);
	assert_non_null(model);
	CHECK(model->snapshot_s == 1790928000);
	model_free(model);
	snprintf(path, sizeof(path), "%s/weir.json", snapshot);
	unlink(path);
}

TEST(what_cannot_be_loaded_is_told_with_its_file_and_every_error)
{
	struct err_list errors;

	write_all();
	write_text(policy, "tier = \nallow x -> y\n");
	CHECK(!model_load(&files, &errors));
	CHECK(errors.total >= 2);
	CHECK_TEXT(errors.items[0].source, policy);
	CHECK(errors.items[0].line == 1);
	write_all();
	write_document(snapshot, "groups", "{'SecurityGroups': [{'GroupId': ");
	CHECK(!model_load(&files, &errors));
	CHECK(errors.total == 1 && strstr(errors.items[0].source, "groups.json"));
}

TEST(a_snapshot_that_may_take_too_much_memory_is_refused_before_it_is_read)
{
	struct model_args args = files;
	struct err_list	  errors;
	char		 *text = malloc(MIB + 1);
	char		  path[sizeof(snapshot) + 32];

	write_all();
	memset(text, 'x', MIB);
	text[MIB] = '\0';
	write_document(snapshot, "large", text); /* would be an error of syntax */
	args.memory_bytes = MODEL_MEMORY_FACTOR * MIB;
	CHECK(!model_load(&args, &errors));
	CHECK(errors.total == 1 && strstr(errors.items[0].text, "--model-memory"));
	snprintf(path, sizeof(path), "%s/large.json", snapshot);
	unlink(path);
	free(text);
	args.memory_bytes = 12 << 10; /* enough for the text, not for what it becomes */
	CHECK(!model_load(&args, &errors));
	CHECK(strstr(errors.items[0].text, "--model-memory"));
}

TEST(the_stamp_tells_what_was_written_added_removed_and_replaced)
{
	char	 path[sizeof(snapshot) + 32];
	uint64_t before;

	write_all();
	before = model_stamp(&files);
	CHECK(model_stamp(&files) == before);
	write_document(snapshot, "groups", SG_1(TCP("443"), ALL)); /* the same as it was */
	CHECK(model_stamp(&files) != before);
	before = model_stamp(&files);
	write_document(snapshot, "more", "{'Vpcs': []}");
	CHECK(model_stamp(&files) != before);
	before = model_stamp(&files);
	snprintf(path, sizeof(path), "%s/more.json", snapshot);
	unlink(path);
	CHECK(model_stamp(&files) != before);
	before = model_stamp(&files);
	write_text(policy, "tier web = eni-1\n");
	CHECK(model_stamp(&files) != before);
}

static sem_t loaded, refused;
static char  refusal[512];
static bool  had_old;

static void hear_loaded(const struct model *model)
{
	(void)model;
	sem_post(&loaded);
}

static void hear_refused(const struct err_list *errors, bool has_old)
{
	had_old = has_old;
	snprintf(refusal, sizeof(refusal), "%s", errors->items[0].text);
	sem_post(&refused);
}

static void await(sem_t *news)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	while (sem_timedwait(news, &until) < 0)
		if (errno != EINTR)
			fail_msg("waited %d s in vain", WAIT_S);
}

static struct model_keeper *keep(struct board *board)
{
	const struct model_keeper_args args = { .snapshot = snapshot,
						.policy = policy,
						.memory_bytes = 64 * MIB,
						.board = &board->model,
						.loaded = hear_loaded,
						.refused = hear_refused };
	struct model_keeper	      *keeper;
	struct err_list		       errors;
	struct err		       err;

	sem_init(&loaded, 0, 0);
	sem_init(&refused, 0, 0);
	write_all();
	keeper = model_keeper_open(&args, &errors);
	assert_non_null(keeper);
	CHECK(model_keeper_start(keeper, &err) == 0);
	return keeper;
}

TEST(a_model_that_cannot_be_loaded_at_the_start_is_an_error)
{
	struct err		       err;
	struct board		      *board = board_new(&err);
	struct err_list		       errors;
	const struct model_keeper_args args = { .snapshot = "/nonexistent",
						.memory_bytes = MIB,
						.board = &board->model,
						.loaded = hear_loaded,
						.refused = hear_refused };

	CHECK(!model_keeper_open(&args, &errors));
	CHECK(errors.total == 1 && board_get(&board->model.loads) == 0);
	board_free(board);
}

TEST(a_broken_snapshot_that_another_will_replace_is_no_end_at_the_start_but_a_broken_policy_is)
{
	struct err		       err;
	struct board		      *board = board_new(&err);
	struct err_list		       errors;
	const struct model_keeper_args args = { .snapshot = snapshot,
						.policy = policy,
						.memory_bytes = 64 * MIB,
						.may_be_missing = true,
						.board = &board->model,
						.loaded = hear_loaded,
						.refused = hear_refused };
	struct model_keeper	      *keeper;

	sem_init(&loaded, 0, 0);
	sem_init(&refused, 0, 0);
	write_all();
	write_text(policy, "tier web = \n");
	CHECK(!model_keeper_open(&args, &errors));
	write_all();
	write_document(snapshot, "groups", "{");
	keeper = model_keeper_open(&args, &errors);
	assert_non_null(keeper);
	CHECK(!model_keeper_take(keeper) && board_get(&board->model.refused) == 1 && !had_old);
	CHECK(model_keeper_start(keeper, &err) == 0);
	write_all();
	await(&loaded);
	CHECK(judge(model_keeper_take(keeper)) == RECORD_UNEXPECTED);
	model_keeper_close(keeper);
	board_free(board);
}

TEST(files_that_change_are_read_again_and_the_new_model_takes_the_old_one_s_place)
{
	struct err	     err;
	struct board	    *board = board_new(&err);
	struct model_keeper *keeper = keep(board);
	uint32_t	     number = model_keeper_take(keeper)->number;

	CHECK(judge(model_keeper_take(keeper)) == RECORD_UNEXPECTED);
	write_text(policy, "tier web = eni-1\ntier db = eni-2\nallow db -> web : tcp/443\n");
	await(&loaded);
	CHECK(judge(model_keeper_take(keeper)) == RECORD_EXPECTED);
	CHECK(model_keeper_take(keeper)->number != number);
	/* In one step: of documents that change one by one each may be found alone. */
	write_shop(other, "80");
	CHECK(renameat2(AT_FDCWD, other, AT_FDCWD, snapshot, RENAME_EXCHANGE) == 0);
	await(&loaded);
	CHECK(judge(model_keeper_take(keeper)) == RECORD_CONTRADICTION);
	CHECK(board_get(&board->model.loads) == 3 && board_get(&board->model.refused) == 0);
	CHECK(board_get(&board->model.interfaces) == 3 && board_get(&board->model.rules) == 4);
	model_keeper_close(keeper);
	board_free(board);
}

TEST(a_broken_one_is_refused_and_the_old_one_stays)
{
	struct err	     err;
	struct board	    *board = board_new(&err);
	struct model_keeper *keeper = keep(board);
	uint32_t	     number = model_keeper_take(keeper)->number;
	struct board_text    failure;

	write_text(policy, "tier web = \n");
	await(&refused);
	CHECK(model_keeper_take(keeper)->number == number);
	CHECK(judge(model_keeper_take(keeper)) == RECORD_UNEXPECTED);
	CHECK(board_read(&board->model.failure, &failure));
	CHECK(strstr(failure.text, refusal) || strlen(refusal) > 200);
	CHECK(board_get(&board->model.refused) == 1);
	/* … and once only: it is the same broken one. */
	model_keeper_reload(keeper);
	await(&refused);
	CHECK(board_get(&board->model.refused) == 2);
	write_all();
	await(&loaded);
	CHECK(model_keeper_take(keeper)->number != number);
	model_keeper_close(keeper);
	board_free(board);
}

TEST(it_is_read_again_on_request_though_nothing_has_changed)
{
	struct err	     err;
	struct board	    *board = board_new(&err);
	struct model_keeper *keeper = keep(board);
	uint32_t	     number = model_keeper_take(keeper)->number;

	model_keeper_reload(keeper);
	await(&loaded);
	CHECK(model_keeper_take(keeper)->number > number);
	model_keeper_close(keeper);
	board_free(board);
}

TEST(models_that_nobody_takes_are_not_piled_up)
{
	struct err	     err;
	struct board	    *board = board_new(&err);
	struct model_keeper *keeper = keep(board);

	for (int i = 0; i < 10; i++) {
		model_keeper_reload(keeper);
		await(&loaded);
	}
	CHECK(model_keeper_take(keeper)->number >
	      1); /* all but this one are gone: see the leak checker */
	model_keeper_close(keeper);
	board_free(board);
}

/* Exchanges the folder for one of another port again and again, as `weir fetch` does. */
struct exchanger {
	pthread_t   thread;
	atomic_bool stops;
	unsigned    times;
};

static void *exchange(void *context)
{
	struct exchanger *exchanger = context;

	while (!atomic_load(&exchanger->stops)) {
		if (renameat2(AT_FDCWD, other, AT_FDCWD, snapshot, RENAME_EXCHANGE) < 0)
			return (void *)"cannot exchange";
		exchanger->times++;
	}
	return NULL;
}

static const char *acl_of(const struct model *model)
{
	return model->world->nacls[0].object.id.ptr;
}

TEST(a_folder_that_is_exchanged_while_it_is_read_is_never_half_of_each)
{
	enum { TURNS = 400 };
	struct err	     err;
	struct board	    *board = board_new(&err);
	struct model_keeper *keeper;
	struct exchanger     exchanger = { .times = 0 };
	void		    *failure;

	write_shop(other, "80");
	keeper = keep(board);
	CHECK(pthread_create(&exchanger.thread, NULL, exchange, &exchanger) == 0);
	for (int i = 0; i < TURNS; i++) {
		struct model	   *model = model_keeper_take(keeper);
		enum record_verdict verdict = judge(model);

		/* Port and ACL come from two documents. */
		CHECK((verdict == RECORD_UNEXPECTED) == (strcmp(acl_of(model), "acl-443") == 0));
		model_keeper_reload(keeper);
		if (i == TURNS - 1)
			atomic_store(&exchanger.stops, true);
	}
	pthread_join(exchanger.thread, &failure);
	assert_null(failure);
	model_keeper_reload(keeper);
	await(&loaded);
	model_keeper_close(keeper);
	board_free(board);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(snapshot, sizeof(snapshot), "%s/snapshot", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	snprintf(policy, sizeof(policy), "%s/policy", folder);
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "network.json", "groups.json", "acl.json" };
	const char		*folders[] = { snapshot, other };
	char			 path[sizeof(snapshot) + 32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		for (size_t j = 0; j < ARRAY_LEN(names); j++) {
			snprintf(path, sizeof(path), "%s/%s", folders[i], names[j]);
			unlink(path);
		}
		rmdir(folders[i]);
	}
	unlink(policy);
	return rmdir(folder);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_is_a_snapshot_and_a_policy_and_judges),
		cmocka_unit_test(a_fetched_snapshot_says_itself_when_it_was_taken),
		cmocka_unit_test(what_cannot_be_loaded_is_told_with_its_file_and_every_error),
		cmocka_unit_test(
			a_snapshot_that_may_take_too_much_memory_is_refused_before_it_is_read),
		cmocka_unit_test(the_stamp_tells_what_was_written_added_removed_and_replaced),
		cmocka_unit_test(a_model_that_cannot_be_loaded_at_the_start_is_an_error),
		cmocka_unit_test(
			a_broken_snapshot_that_another_will_replace_is_no_end_at_the_start_but_a_broken_policy_is),
		cmocka_unit_test(
			files_that_change_are_read_again_and_the_new_model_takes_the_old_one_s_place),
		cmocka_unit_test(a_broken_one_is_refused_and_the_old_one_stays),
		cmocka_unit_test(it_is_read_again_on_request_though_nothing_has_changed),
		cmocka_unit_test(models_that_nobody_takes_are_not_piled_up),
		cmocka_unit_test(a_folder_that_is_exchanged_while_it_is_read_is_never_half_of_each),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(argv[0], tests, ARRAY_LEN(tests), make_folder,
				       remove_folder);
}
