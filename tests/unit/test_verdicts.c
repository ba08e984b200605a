/* SPDX-License-Identifier: Apache-2.0 */
/* Rows judged by kinds.  What tells kinds apart is tests/differential/random_records.c's to prove. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "simulator/flows/crew.h"
#include "simulator/flows/verdicts.h"
#include "tests/unit/estate.h"

enum { PLACES_MAX = 16, NOTES_MAX = 64, PATH_SIZE = 32, MEMORY = 1 << 20 };

/* eni-1 (10.0.1.10) has HTTPS open to everyone */
#define WEB                                                                                        \
	ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL                                                    \
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpProtocol': 'tcp', " \
		"'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}], "        \
		"'IpPermissionsEgress': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': "            \
		"'0.0.0.0/0'}]}]}]}"
#define HEADER                                                                                     \
	"interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "    \
	"tcp-flags log-status\n"
#define ROW(ends, times, flags) "eni-1 " ends " 6 1 40 " times " ACCEPT " flags " OK\n"

/* A place for each verdict and reading, in the order in which they come. */
struct seen {
	struct record_answer   answers[PLACES_MAX];
	uint64_t	       first_line[PLACES_MAX];
	struct sums	       sums[PLACES_MAX];
	uint32_t	       places, asked;
	struct judged_end      notes[NOTES_MAX];
	uint32_t	       note_count;
	struct verdicts_counts counts;
};

static uint32_t place(void *seen_ptr, const struct judged *judged)
{
	struct seen *seen = seen_ptr;
	uint32_t     at = 0;

	seen->asked++;
	while (at < seen->places && (seen->answers[at].verdict != judged->answer->verdict ||
				     seen->answers[at].reading != judged->answer->reading))
		at++;
	assert_true(at < PLACES_MAX);
	if (at == seen->places) {
		seen->places++;
		seen->answers[at] = *judged->answer;
		seen->first_line[at] = UINT64_MAX;
	}
	if (judged->line_number < seen->first_line[at])
		seen->first_line[at] = judged->line_number;
	return at;
}

static uint64_t note(void *seen_ptr, uint32_t at, const struct judged_end *end)
{
	struct seen *seen = seen_ptr;

	(void)at;
	assert_true(seen->note_count < NOTES_MAX);
	seen->notes[seen->note_count++] = *end;
	return UINT64_MAX;
}

static void add(void *seen_ptr, uint32_t at, const struct sums *sums)
{
	struct seen *seen = seen_ptr;

	sums_join(&seen->sums[at], sums);
}

static void add_rows(void *verdicts, const struct columns *columns)
{
	verdicts_rows(verdicts, columns);
}

static struct seen judge_log(const char *text, struct period period)
{
	auto_world struct world *world = estate_open(WEB);
	struct verdict_scheme	 scheme;
	struct seen		 seen = { 0 };
	struct verdicts_consumer consumer = { &seen, place, note, add };
	char			 name[PATH_SIZE], *path = name;
	struct log_list		 logs = { .paths = &path, .count = 1 };
	struct verdicts_run	 run = { .world = world,
					 .scheme = &scheme,
					 .period = &period,
					 .memory_bytes = MEMORY,
					 .paths = &path };
	struct verdicts		*verdicts;
	void			*worker;
	struct crew_report	 report;
	struct crew_job		 job = { .logs = &logs,
					 .wanted = verdict_fields(),
					 .threads = 1,
					 .workers = &worker,
					 .rows = add_rows };
	int			 fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	verdict_scheme_init(&scheme, world, NULL);
	worker = verdicts = verdicts_new(&run, &consumer);
	crew_run(&job, &report);
	verdicts_finish(&verdicts, 1);
	seen.counts = verdicts_counts(verdicts);
	assert_true(report.bad.total == 0 && report.unread.total == 0);
	verdicts_free(verdicts);
	verdict_scheme_done(&scheme);
	close(fd);
	return seen;
}

static const struct period always = { INT64_MIN, INT64_MAX };

static bool is_noted(const struct seen *seen, const char *ip, bool is_opener)
{
	for (uint32_t i = 0; i < seen->note_count; i++)
		if (ip_eq(seen->notes[i].ip, estate_ip(ip)) &&
		    seen->notes[i].is_opener == is_opener)
			return true;
	return false;
}

TEST(records_that_nothing_tells_apart_are_judged_once_and_added_up)
{
	struct seen seen = judge_log(HEADER ROW("8.8.8.8 10.0.1.10 40000 443", "100 160", "2")
					     ROW("8.8.4.4 10.0.1.10 50000 443", "90 150", "3") ROW(
						     "9.9.9.9 10.0.1.10 60000 443", "200 260", "2"),
				     always);

	CHECK(seen.places == 1 && seen.answers[0].verdict == RECORD_EXPECTED);
	CHECK(seen.sums[0].records == 3 && seen.sums[0].bytes == 120);
	CHECK(seen.sums[0].start == 90 && seen.sums[0].end == 260);
	CHECK(seen.first_line[0] == 2);
}

TEST(every_address_of_a_kind_is_noted_also_the_one_of_none)
{
	static const char *const clients[] = { "8.8.8.8", "8.8.4.4", "0.0.0.0", "9.9.9.9" };
	struct seen		 seen = judge_log(
			     HEADER ROW("8.8.8.8 10.0.1.10 40000 443", "100 160",
					"2") ROW("8.8.4.4 10.0.1.10 40000 443", "100 160",
						 "2") ROW("0.0.0.0 10.0.1.10 40000 443", "100 160", "2")
				     ROW("9.9.9.9 10.0.1.10 40000 443", "100 160",
					 "2") "eni-gone 8.8.8.8 10.0.1.10 40000 443 6 1 40 1 2 ACCEPT 2 OK\n"
							   "eni-gone 0.0.0.0 10.0.1.10 40000 443 6 1 40 1 2 ACCEPT 2 OK\n",
			     always);
	uint32_t nobody = 0;

	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		CHECK(is_noted(&seen, clients[i], true));
	CHECK(is_noted(&seen, "10.0.1.10", false));
	for (uint32_t i = 0; i < seen.note_count; i++)
		nobody += ip_eq(seen.notes[i].ip, estate_ip("0.0.0.0"));
	CHECK(nobody == 2);
}

TEST(a_record_without_flags_of_its_own_waits_for_those_of_others)
{
	struct seen seen = judge_log(HEADER ROW("10.0.1.10 8.8.8.8 443 1100", "100 160", "0")
					     ROW("8.8.8.8 10.0.1.10 1100 443", "90 100", "2"),
				     always);

	CHECK(seen.places == 2);
	for (uint32_t i = 0; i < seen.places; i++)
		CHECK(seen.answers[i].reading ==
		      (seen.first_line[i] == 2 ? ROLE_REPLY : ROLE_INITIATOR));
}

TEST(flags_outside_of_the_period_tell_who_opened_a_connection)
{
	static const struct period late = { 150, INT64_MAX };
	struct seen seen = judge_log(HEADER ROW("8.8.8.8 10.0.1.10 1100 443", "90 100", "2")
					     ROW("10.0.1.10 8.8.8.8 443 1100", "200 260", "0"),
				     late);

	CHECK(seen.places == 1 && seen.answers[0].reading == ROLE_REPLY);
	CHECK(seen.counts.outside == 1 && seen.sums[0].records == 1);
}

TEST(a_place_is_asked_for_again_for_a_record_that_stands_before_the_others)
{
	struct seen seen = judge_log(HEADER ROW("8.8.8.8 10.0.1.10 40000 443", "100 160", "0")
					     ROW("8.8.8.8 10.0.1.10 40000 443", "100 160", "2"),
				     always);

	CHECK(seen.places == 1 && seen.asked == 2);
	CHECK(seen.sums[0].records == 2 && seen.first_line[0] == 2);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_nothing_tells_apart_are_judged_once_and_added_up),
		cmocka_unit_test(every_address_of_a_kind_is_noted_also_the_one_of_none),
		cmocka_unit_test(a_record_without_flags_of_its_own_waits_for_those_of_others),
		cmocka_unit_test(flags_outside_of_the_period_tell_who_opened_a_connection),
		cmocka_unit_test(
			a_place_is_asked_for_again_for_a_record_that_stands_before_the_others),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
