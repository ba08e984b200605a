/* SPDX-License-Identifier: Apache-2.0 */
/* The process that asks the instance metadata, and what the sensor believes of what it says. */
#include <poll.h>
#include <stdlib.h>

#include "lib/base/mark.h"
#include "sensor/identity/metadata_answer.h"
#include "tests/unit/scripted_server.h"
#include "tests/unit/unit.h"

#define TOKEN                                                                                      \
	{                                                                                          \
		"HTTP/1.1 200 OK\r\nX-aws-ec2-metadata-token-ttl-seconds: "                        \
		"21600\r\nContent-Length: 5\r\n\r\ntoken",                                         \
			SCRIPT_KEEP                                                                \
	}
#define SAYS(length, text)                                                                         \
	{                                                                                          \
		"HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" text, SCRIPT_KEEP          \
	}
#define NOT_THERE                                                                                  \
	{                                                                                          \
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", SCRIPT_KEEP                 \
	}

static const struct script_step instance[] = { TOKEN,
					       SAYS("17", "0a:ff:c2:00:00:01"),
					       SAYS("19", "i-0123456789abcdef0"),
					       SAYS("9", "eu-west-1"),
					       SAYS("8", "euw1-az1"),
					       SAYS("12", "111122223333"),
					       SAYS("7", "vpc-0aa"),
					       SAYS("10", "subnet-0aa"),
					       SAYS("11", "10.0.0.0/16"),
					       SAYS("23", "10.1.0.0/16\n10.0.0.0/16"),
					       NOT_THERE };

static const uint8_t mac[MAC_SIZE] = { 0x0a, 0xff, 0xc2, 0, 0, 1 };

/* What is waited for comes at once, unless the machine has much else to do. */
enum { LONG_S = 60 };

#define PATIENCE "AWS_METADATA_SERVICE_TIMEOUT"

/* A service that is there, and slow since the machine is, is not given up. */
static void be_patient(void)
{
	setenv(PATIENCE, "60", 1);
}

/* Asks a service that is there. */
static struct metadata *open_at(const char *url, const struct identity *given)
{
	struct metadata_args args = { .no_drop = true, .given = given };
	struct metadata	    *metadata;
	struct err	     err;

	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	metadata = metadata_open(&args, &err);
	if (!metadata)
		fail_msg("%s", err.text);
	return metadata;
}

static enum metadata_state ask(const char *url, const struct identity *given, struct identity *out,
			       struct err *err)
{
	struct metadata	   *metadata = open_at(url, given);
	enum metadata_state state = metadata_identity(metadata, LONG_S * 1000, out, err);

	metadata_close(metadata);
	return state;
}

TEST(the_instance_is_known_by_what_the_metadata_say_of_it_and_its_first_interface)
{
	struct scripted_server server;
	struct identity	       given = { 0 }, known;
	char		       text[CIDR_TEXT_SIZE];
	struct err	       err;

	scripted_start(&server, instance, ARRAY_LEN(instance));
	CHECK(ask(server.url, &given, &known, &err) == METADATA_KNOWN);
	scripted_wait(&server);
	scripted_done(&server);
	CHECK_TEXT(known.account_id, "111122223333");
	CHECK_TEXT(known.region, "eu-west-1");
	CHECK_TEXT(known.az_id, "euw1-az1");
	CHECK_TEXT(known.vpc_id, "vpc-0aa");
	CHECK_TEXT(known.subnet_id, "subnet-0aa");
	CHECK_TEXT(known.instance_id, "i-0123456789abcdef0");
	CHECK(known.vpc_cidr_count == 2);
	cidr_print(known.vpc_cidrs[0], text);
	CHECK_TEXT(text, "10.0.0.0/16");
}

TEST(what_is_given_is_not_taken_from_the_metadata)
{
	struct scripted_server server;
	struct identity	       known,
		given = { .account_id = "999988887777", .region = "here", .vpc_cidr_count = 1 };
	struct err err;

	given.vpc_cidrs[0] = cidr_of_ip(ip_v4(192, 0, 2, 0));
	scripted_start(&server, instance, ARRAY_LEN(instance));
	CHECK(ask(server.url, &given, &known, &err) == METADATA_KNOWN);
	scripted_wait(&server);
	scripted_done(&server);
	CHECK_TEXT(known.account_id, "999988887777");
	CHECK_TEXT(known.region, "here");
	CHECK_TEXT(known.vpc_id, "vpc-0aa");
	CHECK(known.vpc_cidr_count == 1 && cidr_eq(known.vpc_cidrs[0], given.vpc_cidrs[0]));
}

TEST(an_answer_that_is_not_what_was_asked_for_makes_nobody_of_the_instance)
{
	static const struct {
		struct script_step steps[3];
		size_t		   count;
		const char	  *why;
	} cases[] = {
		{ { TOKEN, SAYS("9", "../../etc") }, 2, "mac: not an address of a network card" },
		{ { TOKEN, SAYS("17", "0a:ff:c2:00:00:01"), SAYS("9", "i-1 i-2 x") },
		  3,
		  "instance-id: not an id or a name of AWS's" },
		{ { TOKEN, NOT_THERE }, 2, "instance metadata without a mac" },
		{ { NOT_THERE }, 1, "no session token of version 2 (HTTP status 404)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scripted_server server;
		struct identity	       given = { .region = "here" }, known;
		struct err	       err;

		scripted_start(&server, cases[i].steps, cases[i].count);
		CHECK(ask(server.url, &given, &known, &err) == METADATA_SILENT);
		scripted_wait(&server);
		scripted_done(&server);
		CHECK(strstr(err.text, cases[i].why) != NULL);
		CHECK(memcmp(&known, &given, sizeof(known)) == 0);
	}
}

TEST(where_nobody_answers_there_are_no_metadata)
{
	struct scripted_server server;
	struct identity	       given = { 0 }, known;
	struct err	       err;

	scripted_start(&server, NULL, 0);
	CHECK(ask(server.url, &given, &known, &err) == METADATA_ABSENT);
	/* That is known at once, without waiting for anybody. */
	CHECK(strstr(err.text, "cannot connect to"));
	scripted_wait(&server);
	scripted_done(&server);
}

TEST(a_service_that_keeps_silent_is_waited_for_no_longer_than_said)
{
	static const struct script_step silent[] = { { "", SCRIPT_HOLD } };
	struct scripted_server		server;
	struct identity			given = { 0 }, known;
	struct err			err;
	struct metadata		       *metadata;

	scripted_start(&server, silent, ARRAY_LEN(silent));
	unsetenv(PATIENCE);
	metadata = open_at(server.url, &given);
	be_patient();
	CHECK(metadata_identity(metadata, 50, &known, &err) == METADATA_ABSENT);
	CHECK_TEXT(err.text, "no answer within 50 ms");
	metadata_close(metadata);
	scripted_wait(&server);
	scripted_done(&server);
}

static struct metadata_eni take(struct metadata *metadata)
{
	struct pollfd	    fd = { .fd = metadata_fd(metadata), .events = POLLIN };
	struct metadata_eni news;

	assert_int_equal(poll(&fd, 1, LONG_S * 1000), 1);
	CHECK(metadata_take(metadata, &news));
	return news;
}

TEST(an_interface_that_is_not_known_yet_is_asked_for_again)
{
	static const struct script_step steps[] = { TOKEN,
						    NOT_THERE,
						    SAYS("7", "eni-0bb"),
						    SAYS("7", "vpc-0bb"),
						    SAYS("10", "subnet-0bb"),
						    SAYS("12", "111122223333"),
						    SAYS("19", "10.0.2.10\n10.0.2.11"),
						    NOT_THERE,
						    SAYS("12", "10.0.2.32/28"),
						    NOT_THERE };
	struct scripted_server		server;
	struct identity			given = { .vpc_id = "given" };
	struct metadata		       *metadata;
	struct metadata_eni		news;
	struct eni			eni = { .id = str_of("eni-given") };

	scripted_start(&server, steps, ARRAY_LEN(steps));
	metadata = open_at(server.url, &given);
	metadata_ask(metadata, mac);
	news = take(metadata);
	CHECK(news.state == METADATA_NO_ENI && memcmp(news.mac, mac, MAC_SIZE) == 0);
	news = take(metadata);
	metadata_close(metadata);
	scripted_wait(&server);
	scripted_done(&server);
	CHECK(news.state == METADATA_KNOWN);
	CHECK_TEXT(news.id, "eni-0bb");
	CHECK(news.address_count == 2 && news.prefix_count == 1);
	metadata_apply(&news, &eni);
	CHECK_STR(eni_id(&eni), "eni-given");
	CHECK_TEXT(eni.vpc_id, "");
	CHECK_TEXT(eni.subnet_id, "subnet-0bb");
	CHECK(ip_eq(eni.primary, ip_v4(10, 0, 2, 10)));
}

TEST(without_metadata_there_is_nothing_to_take_and_nobody_to_ask)
{
	struct metadata_eni news;

	metadata_ask(NULL, mac);
	CHECK(!metadata_take(NULL, &news));
	CHECK(metadata_fd(NULL) == -1);
	metadata_close(NULL);
}

static struct metadata_answer sane_eni(void)
{
	struct metadata_answer answer = { .topic = METADATA_ENI,
					  .eni = { .id = "eni-1",
						   .vpc_id = "vpc-1",
						   .subnet_id = "subnet-1",
						   .owner_id = "111122223333",
						   .address_count = 1,
						   .prefix_count = 1 } };

	answer.eni.addresses[0] = ip_v4(10, 0, 0, 1);
	answer.eni.prefixes[0] = cidr_of_ip(ip_v4(10, 0, 0, 1));
	return answer;
}

static void break_topic(struct metadata_answer *answer)
{
	answer->topic = 2;
}

static void break_state(struct metadata_answer *answer)
{
	answer->state = METADATA_STATE_COUNT;
}

static void break_why(struct metadata_answer *answer)
{
	memset(answer->why, 'x', sizeof(answer->why));
}

static void break_id(struct metadata_answer *answer)
{
	memset(answer->eni.id, 'x', sizeof(answer->eni.id));
}

static void break_owner(struct metadata_answer *answer)
{
	answer->eni.owner_id[3] = '/';
}

static void break_address_count(struct metadata_answer *answer)
{
	answer->eni.address_count = METADATA_ADDRESSES_MAX + 1;
}

static void break_prefix_count(struct metadata_answer *answer)
{
	answer->eni.prefix_count = UINT32_MAX;
}

static void break_address(struct metadata_answer *answer)
{
	answer->eni.addresses[0].family = 5;
}

static void break_prefix(struct metadata_answer *answer)
{
	answer->eni.prefixes[0].prefix_len = 33;
}

static void break_host_bits(struct metadata_answer *answer)
{
	answer->eni.prefixes[0].prefix_len = 24;
}

TEST(the_sensor_believes_only_answers_that_can_stand_in_records)
{
	static void (*const broken[])(struct metadata_answer *) = {
		break_topic,  break_state,	   break_why,	       break_id,
		break_owner,  break_address_count, break_prefix_count, break_address,
		break_prefix, break_host_bits
	};
	struct metadata_answer answer = sane_eni();

	CHECK(metadata_answer_is_sane(&answer));
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		answer = sane_eni();
		broken[i](&answer);
		CHECK(!metadata_answer_is_sane(&answer));
	}
	answer = (struct metadata_answer){ .topic = METADATA_INSTANCE };
	CHECK(metadata_answer_is_sane(&answer));
	answer.identity.vpc_cidr_count = IDENTITY_CIDRS_MAX + 1;
	CHECK(!metadata_answer_is_sane(&answer));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_instance_is_known_by_what_the_metadata_say_of_it_and_its_first_interface),
		cmocka_unit_test(what_is_given_is_not_taken_from_the_metadata),
		cmocka_unit_test(
			an_answer_that_is_not_what_was_asked_for_makes_nobody_of_the_instance),
		cmocka_unit_test(where_nobody_answers_there_are_no_metadata),
		cmocka_unit_test(a_service_that_keeps_silent_is_waited_for_no_longer_than_said),
		cmocka_unit_test(an_interface_that_is_not_known_yet_is_asked_for_again),
		cmocka_unit_test(without_metadata_there_is_nothing_to_take_and_nobody_to_ask),
		cmocka_unit_test(the_sensor_believes_only_answers_that_can_stand_in_records),
	};

	be_patient();
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
