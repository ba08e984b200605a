/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of weir.json by the next fetch, which may have been written by anybody. */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "policies/fetch/record.h"
#include "tests/unit/unit.h"

enum { TAKEN_S = 1795860000 }; /* 2026-11-28T10:00:00Z */

#define SCHEMA	    "{\"schema\":\"weir/fetch/1\",\"time\":\"2026-11-28T10:00:00Z\""
#define GAP(action) "{\"action\":\"" action "\",\"code\":\"UnauthorizedOperation\"}"

/* Reads a record of that text (NULL: there is none) as a fetch of these VPCs does. */
static bool read_of(const char *text, const struct str *vpcs, size_t vpc_count,
		    struct record_past *out)
{
	char		     folder[] = "/tmp/weir-test-record-XXXXXX", path[64];
	struct fetch_options options = { .path = folder, .vpcs = vpcs, .vpc_count = vpc_count };
	struct file_draft    draft;
	struct err	     err;
	bool		     is_read;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/" FETCH_RECORD, folder);
	if (text) {
		CHECK(file_draft_open(&draft, path, &err) == 0);
		fputs(text, draft.stream);
		CHECK(file_draft_commit(&draft, &err) == 0);
	}
	is_read = record_read(&options, out);
	unlink(path);
	rmdir(folder);
	return is_read;
}

static bool lacks(const struct record_past *past, const char *action)
{
	return past->lacks[fetch_call_find(action) - fetch_calls];
}

TEST(it_knows_when_the_snapshot_was_taken_and_what_it_lacks)
{
	struct record_past past;

	CHECK(read_of(
		SCHEMA ",\"denied\":[" GAP("ec2:DescribeVpcs") "," GAP(
			"s3:DescribeSubnets") "],\"not_offered\":[" GAP("ec2:"
									"DescribeNetworkAcl"
									"s") "," GAP("ec2:"
										     "Unkno"
										     "wn") ",7]}",
		NULL, 0, &past));
	CHECK(past.taken_s == TAKEN_S);
	CHECK(lacks(&past, "DescribeVpcs") && lacks(&past, "DescribeNetworkAcls"));
	CHECK(!lacks(&past, "DescribeSubnets") && !lacks(&past, "DescribeSecurityGroups"));
}

TEST(it_knows_whether_it_was_of_the_same_vpcs)
{
	const struct str vpcs[] = { str_of("vpc-1"), str_of("vpc-2") };
	static const struct {
		const char *rest;
		bool	    has_vpcs;
	} cases[] = {
		{ ",\"vpcs\":[\"vpc-2\",\"vpc-3\",\"vpc-1\"]}", true },
		{ ",\"vpcs\":[\"vpc-1\"]}", false },
		{ ",\"vpcs\":[\"vpc-11\",\"vpc-2\"]}", false },
		{ ",\"vpcs\":[null,{},\"vpc-2\"]}", false },
		{ ",\"vpcs\":[]}", true }, /* of all that there were */
		{ "}", true },
	};
	auto_buf struct buf text = buf_make(4096);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct record_past past;

		buf_clear(&text);
		buf_printf(&text, SCHEMA "%s", cases[i].rest);
		CHECK(read_of(text.data, vpcs, ARRAY_LEN(vpcs), &past));
		CHECK(past.has_vpcs == cases[i].has_vpcs);
	}
}

TEST(what_is_no_record_is_none)
{
	static const char *const texts[] = { NULL,
					     "",
					     "{",
					     "[]",
					     "{}",
					     "{\"schema\":\"weir/fetch/2\"}",
					     "{\"schema\":[\"weir/fetch/1\"]}",
					     SCHEMA ",\"denied\":[" };
	struct record_past	 past = { .taken_s = 77 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		CHECK(!read_of(texts[i], NULL, 0, &past));
	CHECK(past.taken_s == 77);
}

TEST(a_time_that_is_none_is_long_ago)
{
	struct record_past past;

	CHECK(read_of("{\"schema\":\"weir/fetch/1\",\"time\":\"soon\"}", NULL, 0, &past));
	CHECK(past.taken_s == 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_knows_when_the_snapshot_was_taken_and_what_it_lacks),
		cmocka_unit_test(it_knows_whether_it_was_of_the_same_vpcs),
		cmocka_unit_test(what_is_no_record_is_none),
		cmocka_unit_test(a_time_that_is_none_is_long_ago),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
