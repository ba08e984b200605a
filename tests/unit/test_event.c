/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/json.h"
#include "sensor/live/event.h"
#include "tests/unit/judged_line.h"

#define FORMAT                                                                                     \
	"account-id vpc-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr srcport dstport "  \
	"protocol start end action tcp-flags flow-direction log-status"
#define LINE_OF(rest) "111122223333 vpc-1 eni-1 " rest " OK"
/* PostgreSQL from db to web, which the groups let in. */
#define ASKS                                                                                       \
	LINE_OF("10.0.2.10 10.0.1.10 10.0.2.10 10.0.1.10 40000 5432 6 1700000000 1700000060 "      \
		"ACCEPT 2 ingress")
#define ANSWERS                                                                                    \
	LINE_OF("10.0.1.10 10.0.2.10 10.0.1.10 10.0.2.10 5432 40000 6 1700000000 1700000060 "      \
		"ACCEPT 18 egress")
#define SENDS_OUT                                                                                  \
	LINE_OF("10.0.1.10 203.0.113.9 10.0.1.10 203.0.113.9 40000 25 6 1700000000 1700000060 "    \
		"REJECT 2 egress")

#define POSTGRES                                                                                   \
	"{'IpProtocol': 'tcp', 'FromPort': 5432, 'ToPort': 5432, 'IpRanges': [{'CidrIp': "         \
	"'10.0.0.0/16'}]}"
#define RULE(id, egress)                                                                           \
	"{'SecurityGroupRuleId': '" id "', 'GroupId': 'sg-1', 'IsEgress': " egress                 \
	", 'IpProtocol': 'tcp', 'FromPort': 5432, 'ToPort': 5432, 'CidrIpv4': '10.0.0.0/16'}"
#define WEB                                                                                        \
	NET ESTATE_OPEN_NACL SG_1(POSTGRES, POSTGRES) "{'SecurityGroupRules': [" RULE(             \
		"sgr-1", "false") ", " RULE("sgr-2", "true") "]}"
#define POLICY "tier web = eni-1\ntier db = eni-2\nallow web -> db : tcp/5432\ndeny any -> web\n"

/* A judged line as an event, in both forms. */
struct told {
	char json[EVENT_JSON_MAX + 1], terminal[EVENT_TERMINAL_MAX + 1], path[1024];
	char id[EVENT_ID_SIZE];
};

struct saying {
	const char		  *estate, *policy, *line;
	enum event_kind		   kind;
	const struct flow_process *process;
	const char		  *ifname;
};

static void keep(struct buf *text, char *place)
{
	CHECK(!text->overflow);
	memcpy(place, text->data, text->len + 1);
	buf_done(text);
}

static void tell(const struct saying *saying, struct told *out)
{
	auto_world struct world	  *world = estate_open(saying->estate);
	auto_intent struct intent *intent = NULL;
	auto_judge struct judge	  *judge = NULL;
	struct format		   format;
	struct record		   record;
	struct record_answer	   answer;
	struct err_list		   errors;
	struct err		   err;
	struct buf		   json = buf_make(EVENT_JSON_MAX);
	struct buf terminal = buf_make(EVENT_TERMINAL_MAX), path = buf_make(sizeof(out->path) - 1);

	CHECK(format_parse(str_of(FORMAT), &format, NULL, &err) == 0);
	CHECK(line_parse(str_of(saying->line), &format, LINE_ALL_FIELDS, &record, &err) ==
	      LINE_FINE);
	if (saying->policy) {
		intent = intent_parse(str_of(saying->policy), "p", &errors);
		assert_non_null(intent);
		judge = judge_new(intent, world);
	}
	answer = record_judge(world, judge, &record);
	const struct event event = { .kind = saying->kind,
				     .time = { INT64_C(1700000000203999999) },
				     .world = world,
				     .judge = judge,
				     .record = &record,
				     .answer = &answer,
				     .ifname = saying->ifname ? saying->ifname : "ens5",
				     .process = saying->process };

	event_print_json(&event, &json);
	event_print_terminal(&event, &terminal);
	event_print_path(&event, &path);
	event_print_id(&event, out->id);
	keep(&json, out->json);
	keep(&terminal, out->terminal);
	keep(&path, out->path);
}

static struct told told;

TEST(an_event_tells_all_of_it_in_one_object)
{
	const struct flow_process process = { .pid = 4121, .uid = 1000, .comm = "psql" };

	tell(&(struct saying){ WEB, POLICY, ASKS, EVENT_UNEXPECTED, &process, NULL }, &told);
	CHECK_TEXT(told.json,
		   "{\"schema\":\"weir/event/1\",\"id\":\"d77160ecd0521936\","
		   "\"time\":\"2023-11-14T22:13:20.203Z\",\"verdict\":\"unexpected\","
		   "\"direction\":\"ingress\",\"action\":\"ACCEPT\",\"role\":\"initiator\","
		   "\"model\":\"allow\",\"layer\":null,"
		   "\"rules\":[{\"kind\":\"security-group\",\"id\":\"sgr-1\",\"group\":\"sg-1\","
		   "\"text\":\"tcp/5432 from 10.0.0.0/16\"},"
		   "{\"kind\":\"network-acl\",\"id\":\"acl-1\",\"rule\":100,"
		   "\"text\":\"allow all 0.0.0.0/0\"}],"
		   "\"path\":\"db -> web tcp/5432\",\"src_tier\":\"db\",\"dst_tier\":\"web\","
		   "\"policy_line\":4,\"policy\":\"deny any -> web\","
		   "\"why\":\"allowed by sgr-1 tcp/5432 from 10.0.0.0/16; policy line 4: "
		   "deny any -> web\","
		   "\"account_id\":\"111122223333\",\"region\":null,\"vpc_id\":\"vpc-1\","
		   "\"subnet_id\":null,\"instance_id\":null,\"interface_id\":\"eni-1\","
		   "\"interface\":\"ens5\","
		   "\"srcaddr\":\"10.0.2.10\",\"dstaddr\":\"10.0.1.10\",\"srcport\":40000,"
		   "\"dstport\":5432,\"protocol\":\"tcp\",\"tcp_flags\":2,"
		   "\"src_name\":\"eni-2\",\"dst_name\":\"eni-1\","
		   "\"process\":{\"pid\":4121,\"comm\":\"psql\",\"uid\":1000}}");
	CHECK_TEXT(told.terminal,
		   "22:13:20.203 unexpected    in  eni-2 10.0.2.10:40000 -> eni-1 10.0.1.10:5432 "
		   "tcp SYN  allowed by sgr-1 tcp/5432 from 10.0.0.0/16; policy line 4: deny any "
		   "-> web  pid 4121 psql uid 1000");
}

TEST(what_leaves_and_will_be_dropped_says_which_layer_denies_it)
{
	tell(&(struct saying){ WEB, NULL, SENDS_OUT, EVENT_WOULD_DENY, NULL, NULL }, &told);
	CHECK_TEXT(told.json,
		   "{\"schema\":\"weir/event/1\",\"id\":\"559848e5c70cf31a\","
		   "\"time\":\"2023-11-14T22:13:20.203Z\",\"verdict\":\"would-deny\","
		   "\"direction\":\"egress\",\"action\":\"REJECT\",\"role\":\"initiator\","
		   "\"model\":\"deny\",\"layer\":\"security-group\","
		   "\"rules\":[{\"kind\":\"security-group\",\"id\":null,\"group\":\"sg-1\"},"
		   "{\"kind\":\"network-acl\",\"id\":\"acl-1\",\"rule\":100,"
		   "\"text\":\"allow all 0.0.0.0/0\"}],"
		   "\"path\":\"eni-1 -> internet tcp/25\",\"src_tier\":null,\"dst_tier\":null,"
		   "\"policy_line\":null,\"policy\":null,"
		   "\"why\":\"security-group sg-1: no rule of the interface's groups matches\","
		   "\"account_id\":\"111122223333\",\"region\":null,\"vpc_id\":\"vpc-1\","
		   "\"subnet_id\":null,\"instance_id\":null,\"interface_id\":\"eni-1\","
		   "\"interface\":\"ens5\","
		   "\"srcaddr\":\"10.0.1.10\",\"dstaddr\":\"203.0.113.9\",\"srcport\":40000,"
		   "\"dstport\":25,\"protocol\":\"tcp\",\"tcp_flags\":2,"
		   "\"src_name\":\"eni-1\",\"dst_name\":null}");
	CHECK_TEXT(
		told.terminal,
		"22:13:20.203 would-deny    out eni-1 10.0.1.10:40000 -> 203.0.113.9:25 tcp SYN  "
		"security-group sg-1: no rule of the interface's groups matches");
}

TEST(a_path_and_its_id_are_the_connection_s_whichever_direction_was_seen)
{
	struct told other;

	tell(&(struct saying){ WEB, POLICY, ASKS, EVENT_UNEXPECTED, NULL, NULL }, &told);
	tell(&(struct saying){ WEB, POLICY, ANSWERS, EVENT_UNEXPECTED, NULL, NULL }, &other);
	CHECK_TEXT(told.path, "db -> web tcp/5432");
	CHECK_TEXT(other.path, "db -> web tcp/5432");
	CHECK_TEXT(told.id, other.id);
	tell(&(struct saying){ WEB, POLICY, ASKS, EVENT_CONTRADICTION, NULL, NULL }, &other);
	CHECK(strcmp(told.id, other.id) != 0);
}

TEST(without_tiers_a_path_goes_by_interfaces_and_by_where_addresses_are)
{
	static const struct {
		const char *line, *path;
	} cases[] = {
		{ ASKS, "eni-2 -> eni-1 tcp/5432" },
		{ SENDS_OUT, "eni-1 -> internet tcp/25" },
		{ LINE_OF("10.0.1.10 192.168.7.7 10.0.1.10 192.168.7.7 40000 25 6 1700000000 "
			  "1700000060 REJECT 2 egress"),
		  "eni-1 -> on-premises tcp/25" },
		{ LINE_OF("10.0.1.10 10.0.9.9 10.0.1.10 10.0.9.9 40000 25 6 1700000000 "
			  "1700000060 REJECT 2 egress"),
		  "eni-1 -> vpc-1 tcp/25" },
		{ LINE_OF("10.0.1.10 10.0.2.10 10.0.1.10 10.0.2.10 0 0 47 1700000000 1700000060 "
			  "REJECT 0 egress"),
		  "eni-1 -> eni-2 gre" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		tell(&(struct saying){ WEB, NULL, cases[i].line, EVENT_WOULD_DENY, NULL, NULL },
		     &told);
		CHECK_TEXT(told.path, cases[i].path);
	}
}

/* Characters that terminals obey, quotes, and what is not UTF-8. */
#define HOSTILE "\\u001b[2J\\\"\\\\\\u202e"

TEST(names_from_outside_are_harmless_in_both_forms)
{
	static const char estate[] = NET ESTATE_OPEN_NACL SG_1(
		POSTGRES, POSTGRES) "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', "
				    "'NetworkInterfaces': "
				    "[{'NetworkInterfaceId': 'eni-2'}], 'Tags': [{'Key': 'Name', "
				    "'Value': '" HOSTILE "'}]}]}]}";
	const struct flow_process process = { .pid = 1, .uid = 2, .comm = "\x1b]0;\xff\"\n" };
	cJSON			 *object;

	tell(&(struct saying){ estate, NULL, ASKS, EVENT_CONTRADICTION, &process, "en\x1b\n" },
	     &told);
	for (const char *at = told.json; *at; at++)
		CHECK((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f);
	for (const char *at = told.terminal; *at; at++)
		CHECK((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f);
	object = cJSON_Parse(told.json);
	assert_non_null(object);
	cJSON_Delete(object);
}

/* A text of so many times that. */
static void fill(char *out, size_t size, const char *piece)
{
	size_t len = strlen(piece), used = 0;

	for (; used + len < size; used += len)
		memcpy(out + used, piece, len);
	out[used] = '\0';
}

TEST(an_event_has_room_in_its_bounds_whatever_its_names_are)
{
	static const char *const  pieces[] = { "\\u0001",	   "\\\\",	   "\\\"",
					       "\xf3\xa0\x80\x81", "\xe2\x80\xae", "a" };
	static char		  name[20000], estate[200000];
	const struct flow_process process = { .comm = "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01" };
	cJSON			 *object;

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		fill(name, sizeof(name), pieces[i]);
		snprintf(estate, sizeof(estate),
			 NET
			 "{'NetworkAcls': [{'NetworkAclId': '%s', 'VpcId': 'vpc-1', 'IsDefault': "
			 "true, 'Entries': []}]} {'SecurityGroups': [{'GroupId': 'sg-1', "
			 "'GroupName': '%s'}, {'GroupId': 'sg-2'}]}"
			 "{'Reservations': [{'Instances': [{'InstanceId': 'i-%s', "
			 "'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-2'}], 'Tags': "
			 "[{'Key': 'Name', 'Value': '%s'}]}]}]}",
			 name, name, name, name);
		tell(&(struct saying){ estate, NULL, ASKS, EVENT_CONTRADICTION, &process,
				       "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01" },
		     &told);
		object = cJSON_Parse(told.json);
		assert_non_null(object);
		cJSON_Delete(object);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_tells_all_of_it_in_one_object),
		cmocka_unit_test(what_leaves_and_will_be_dropped_says_which_layer_denies_it),
		cmocka_unit_test(
			a_path_and_its_id_are_the_connection_s_whichever_direction_was_seen),
		cmocka_unit_test(
			without_tiers_a_path_goes_by_interfaces_and_by_where_addresses_are),
		cmocka_unit_test(names_from_outside_are_harmless_in_both_forms),
		cmocka_unit_test(an_event_has_room_in_its_bounds_whatever_its_names_are),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
