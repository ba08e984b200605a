/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is open; the policy forbids db -> web but for what two waivers excuse, and one that nobody uses. */
#include "tests/unit/unit.h"

#include "simulator/flows/findings.h"
#include "tests/unit/judged.h"

#define POLICY                                                                                     \
	"tier web = eni-1\ntier db = eni-2\n"                                                      \
	"deny db -> web\n"                                                                         \
	"waive db -> web : tcp/443 until 2023-11-14 owner dba \"backup\"\n"                        \
	"waive db -> web : tcp/80 until 2023-12-31 owner ops \"probe\"\n"                          \
	"waive web -> db : tcp/1 until 2023-12-31 owner ops \"never\"\n"
/* 2023-11-14, and the day after. */
#define IN_TIME "1699999940 1699999999"
#define LATE	"1700006400 1700006460"

#define BIT(finding) (UINT32_C(1) << (finding))

struct run {
	struct judged_log	   log;
	struct tally		  *tally;
	const struct tally_answer *answer;
	struct waivers		   waivers;
};

/* lines: ports, times and action, of a connection from db to web; ends in NULL. */
static struct run run_lines(const char *const *lines)
{
	struct run run = { .log = judged_log_open(ESTATE_SHOP, POLICY, NULL) };

	run.tally = tally_new(run.log.world, run.log.judge);
	for (; *lines; lines++) {
		char		   text[256];
		struct judged_line line;

		snprintf(text, sizeof(text), "2 1 eni-1 10.0.2.10 10.0.1.10 40000 %s OK", *lines);
		judged_log_line(&run.log, text, 1, &line);
		judged_line_tally(&line, run.tally);
	}
	run.answer = tally_finish(run.tally);
	waivers_open(&run.waivers, run.log.judge, run.answer);
	return run;
}

static void run_done(struct run *run)
{
	waivers_close(&run->waivers);
	tally_free(run->tally);
	judged_log_close(&run->log);
}

TEST(waivers_count_what_they_excuse_and_what_came_too_late)
{
	static const char *const lines[] = {
		"443 6 1 40 " IN_TIME " ACCEPT", "443 6 1 40 " LATE " ACCEPT",
		"443 6 1 40 " LATE " ACCEPT",	 "80 6 1 40 " LATE " ACCEPT",
		"80 6 1 40 " LATE " REJECT",	 NULL
	};
	struct run run = run_lines(lines);

	CHECK(run.waivers.count == 3);
	CHECK(run.waivers.items[0].statement->line == 4);
	CHECK(run.waivers.items[0].excused.records == 1 && run.waivers.items[0].after.records == 2);
	CHECK(run.waivers.items[0].after.end == 1700006460);
	CHECK(run.waivers.items[1].excused.records == 1 && run.waivers.items[1].after.records == 0);
	CHECK(run.waivers.items[2].excused.records == 0 && run.waivers.items[2].after.records == 0);
	run_done(&run);
}

TEST(findings_are_what_was_found)
{
	static const struct {
		const char *lines[2];
		uint32_t    findings;
	} cases[] = {
		{ { NULL }, 0 },
		{ { "443 6 1 40 " IN_TIME " ACCEPT", NULL }, 0 },
		{ { "443 6 1 40 " LATE " ACCEPT", NULL },
		  BIT(FINDING_UNEXPECTED) | BIT(FINDING_EXPIRED_WAIVER) },
		{ { "22 6 1 40 " LATE " ACCEPT", NULL }, BIT(FINDING_UNEXPECTED) },
		{ { "22 6 1 40 " LATE " REJECT", NULL }, BIT(FINDING_CONTRADICTION) },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run run = run_lines(cases[i].lines);

		CHECK(findings_of(run.answer, &run.waivers) == cases[i].findings);
		run_done(&run);
	}
}

TEST(findings_parse_takes_a_list_of_names)
{
	static const struct {
		const char *text;
		uint32_t    findings;
	} cases[] = {
		{ NULL, FINDINGS_DEFAULT },
		{ "none", 0 },
		{ "rejected", BIT(FINDING_REJECTED) },
		{ "unexpected,contradiction,expired-waiver", FINDINGS_DEFAULT },
		{ "unknown,unknown", BIT(FINDING_UNKNOWN) },
	};
	static const char *const bad[] = {
		"", "all", "none,rejected", "rejected,,unknown", ",rejected", "Rejected"
	};
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t found = 77;

		CHECK(findings_parse(cases[i].text, &found, &err) == 0);
		CHECK(found == cases[i].findings);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint32_t found = 77;

		CHECK(findings_parse(bad[i], &found, &err) == -1);
		CHECK(err.kind == ERR_USAGE && found == 77);
	}
}

TEST(without_a_policy_there_are_no_waivers)
{
	struct tally_answer	    answer = { 0 };
	auto_waivers struct waivers waivers = { 0 };

	waivers_open(&waivers, NULL, &answer);
	CHECK(waivers.count == 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(waivers_count_what_they_excuse_and_what_came_too_late),
		cmocka_unit_test(findings_are_what_was_found),
		cmocka_unit_test(findings_parse_takes_a_list_of_names),
		cmocka_unit_test(without_a_policy_there_are_no_waivers),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
