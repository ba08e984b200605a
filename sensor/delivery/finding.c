/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/finding.h"

#include <assert.h>
#include <stdio.h>

#include "lib/aws/endpoint.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/net/ip.h"
#include "sensor/delivery/notice_text.h"

/* The format's own limits, in characters; bytes are no fewer. */
enum { TITLE_MAX = 256, DESCRIPTION_MAX = 1024, PRODUCT_FIELD_MAX = 1024, PROCESS_NAME_MAX = 64 };

/* How bad it is, and of what kind: names of the format's taxonomy. */
static const struct {
	const char *title, *generator, *severity, *type;
} kinds[] = {
	[NOTICE_UNEXPECTED] = { "Traffic that the policy does not expect", "weir/unexpected",
				"HIGH", "Unusual Behaviors/Network Flow" },
	[NOTICE_CONTRADICTION] = { "Traffic that contradicts the configuration",
				   "weir/contradiction", "MEDIUM",
				   "Unusual Behaviors/Network Flow" },
	[NOTICE_WOULD_DENY] = { "Traffic that security groups or network ACLs drop",
				"weir/would-deny", "LOW",
				"Software and Configuration Checks/AWS Security Best Practices/"
				"Network Reachability" },
	[NOTICE_OTHER] = { "Traffic that Weir has an eye on", "weir/other", "LOW",
			   "Unusual Behaviors/Network Flow" },
};
_Static_assert(ARRAY_LEN(kinds) == NOTICE_VERDICT_COUNT, "each verdict has a row");

/* A member of the event as a text of at most max bytes; none when it is blank. */
static void put_member(cJSON *object, const char *name, const struct notice *notice,
		       const char *member, size_t max)
{
	auto_buf struct buf text = buf_make(max + 1);

	notice_add_member(notice, member, max, &text);
	if (text.len)
		json_put_str(object, name, buf_str(&text));
}

void finding_id(const struct notice *notice, struct buf *out)
{
	buf_add_text(out, "weir/");
	if (!notice_add_member(notice, "interface_id", 64, out))
		notice_add_member(notice, "interface", 64, out);
	buf_add_char(out, '/');
	buf_add_str(out, notice->id);
}

static void put_texts(cJSON *finding, const struct notice *notice)
{
	auto_buf struct buf title = buf_make(TITLE_MAX), words = buf_make(NOTICE_TEXT_MAX),
			    description = buf_make(DESCRIPTION_MAX);

	buf_printf(&title, "%s: ", kinds[notice->verdict].title);
	if (!notice_add_member(notice, "path", TITLE_MAX - title.len, &title))
		notice_add_member(notice, "dstaddr", TITLE_MAX - title.len, &title);
	notice_text(notice, &words);
	text_add_limited(&description, buf_str(&words), DESCRIPTION_MAX);
	json_put_str(finding, "Title", buf_str(&title));
	json_put_str(finding, "Description", buf_str(&description));
}

static void put_provider_fields(cJSON *finding, enum notice_verdict verdict)
{
	cJSON *fields = cJSON_AddObjectToObject(finding, "FindingProviderFields");
	cJSON *severity = cJSON_AddObjectToObject(fields, "Severity");
	cJSON *types = cJSON_AddArrayToObject(fields, "Types");

	cJSON_AddStringToObject(severity, "Label", kinds[verdict].severity);
	cJSON_AddItemToArray(types, cJSON_CreateString(kinds[verdict].type));
}

/* "SourceIpV4" or "SourceIpV6", and "SourcePort". */
static void put_end(cJSON *network, const char *end, const struct notice *notice, const char *side)
{
	char	   name[32], address[16], port[16];
	struct ip  ip;
	struct err err;

	snprintf(address, sizeof(address), "%saddr", side);
	snprintf(port, sizeof(port), "%sport", side);
	if (ip_parse(json_text(notice->json, address), &ip, &err) == 0) {
		snprintf(name, sizeof(name), "%sIpV%d", end, ip.family);
		json_put_str(network, name, json_text(notice->json, address));
	}
	if (notice_number(notice, port)) {
		snprintf(name, sizeof(name), "%sPort", end);
		json_put_u64(network, name, notice_number(notice, port));
	}
}

static void put_network(cJSON *finding, const struct notice *notice)
{
	struct str direction = json_text(notice->json, "direction");
	cJSON	  *network = cJSON_AddObjectToObject(finding, "Network");

	if (str_is(direction, "ingress") || str_is(direction, "egress"))
		cJSON_AddStringToObject(network, "Direction",
					str_is(direction, "ingress") ? "IN" : "OUT");
	put_member(network, "Protocol", notice, "protocol", 16);
	put_end(network, "Source", notice, "src");
	put_end(network, "Destination", notice, "dst");
}

/* What the format has no place for, but whoever looks into it asks. */
static void put_product_fields(cJSON *finding, const struct notice *notice, uint64_t more)
{
	static const struct {
		const char *name, *member;
	} fields[] = {
		{ "weir/path", "path" },       { "weir/why", "why" },
		{ "weir/policy", "policy" },   { "weir/verdict", "verdict" },
		{ "weir/action", "action" },   { "weir/role", "role" },
		{ "weir/model", "model" },     { "weir/layer", "layer" },
		{ "weir/source", "src_name" }, { "weir/destination", "dst_name" },
		{ "weir/vpc", "vpc_id" },      { "weir/subnet", "subnet_id" },
	};
	cJSON	*object = cJSON_AddObjectToObject(finding, "ProductFields");
	uint64_t line = notice_number(notice, "policy_line");
	char	 number[32];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		put_member(object, fields[i].name, notice, fields[i].member, PRODUCT_FIELD_MAX);
	if (line) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)line);
		cJSON_AddStringToObject(object, "weir/policy_line", number);
	}
	more += notice_number(notice, "suppressed");
	if (more) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)more);
		cJSON_AddStringToObject(object, "weir/more_of_it", number);
	}
}

static void put_process(cJSON *finding, const struct notice *notice)
{
	const struct notice of_process = { .json = cJSON_GetObjectItem(notice->json, "process") };
	cJSON		   *process;

	if (json_text(of_process.json, "comm").len == 0)
		return;
	process = cJSON_AddObjectToObject(finding, "Process");
	put_member(process, "Name", &of_process, "comm", PROCESS_NAME_MAX);
	if (notice_number(&of_process, "pid"))
		json_put_u64(process, "Pid", notice_number(&of_process, "pid"));
}

static void add_resource(cJSON *resources, const char *type, const struct buf *id,
			 const struct finding_place *place)
{
	cJSON *resource = cJSON_CreateObject();

	cJSON_AddStringToObject(resource, "Type", type);
	json_put_str(resource, "Id", buf_str(id));
	cJSON_AddStringToObject(resource, "Partition", aws_partition_name(place->region));
	json_put_str(resource, "Region", place->region);
	cJSON_AddItemToArray(resources, resource);
}

/* "arn:aws:ec2:REGION:ACCOUNT:instance/i-…"; false: the id is not known, or none that AWS gave. */
static bool add_arn(struct buf *arn, const char *kind, struct str id,
		    const struct finding_place *place)
{
	buf_clear(arn);
	buf_printf(arn, "arn:%s:ec2:%.*s:%s:%s/", aws_partition_name(place->region),
		   STR_ARG(place->region), place->identity->account_id, kind);
	for (size_t i = 0; i < id.len; i++)
		if (!((id.ptr[i] >= 'a' && id.ptr[i] <= 'z') ||
		      (id.ptr[i] >= '0' && id.ptr[i] <= '9') || id.ptr[i] == '-'))
			return false;
	buf_add_str(arn, id);
	return id.len > 0;
}

/* The format wants one resource at least. */
static void put_resources(cJSON *finding, const struct notice *notice,
			  const struct finding_place *place)
{
	cJSON		   *resources = cJSON_AddArrayToObject(finding, "Resources");
	auto_buf struct buf arn = buf_make(512);
	struct str	    eni = json_text(notice->json, "interface_id");
	struct str	    instance = json_text(notice->json, "instance_id");

	if (instance.len == 0)
		instance = str_of(place->identity->instance_id);
	if (str_starts(eni, "eni-") && add_arn(&arn, "network-interface", eni, place))
		add_resource(resources, "AwsEc2NetworkInterface", &arn, place);
	if (str_starts(instance, "i-") && add_arn(&arn, "instance", instance, place))
		add_resource(resources, "AwsEc2Instance", &arn, place);
	if (cJSON_GetArraySize(resources) == 0) {
		buf_clear(&arn);
		buf_add_text(&arn, "interface/");
		notice_add_member(notice, "interface", 64, &arn);
		add_resource(resources, "Other", &arn, place);
	}
}

cJSON *finding_make(const struct notice *notice, uint64_t more, const struct finding_place *place)
{
	cJSON		   *finding = cJSON_CreateObject();
	auto_buf struct buf id = buf_make(FINDING_ID_MAX);
	struct str	    time = json_text(notice->json, "time");
	char		    seconds[CLOCK_TIME_SIZE];

	if (str_find(time, '-') == time.len) { /* the signatures' form, which the format has not */
		clock_print_time(notice->time_s, seconds);
		time = str_of(seconds);
	}
	assert(notice->verdict < NOTICE_VERDICT_COUNT);
	finding_id(notice, &id);
	cJSON_AddStringToObject(finding, "SchemaVersion", "2018-10-08");
	json_put_str(finding, "Id", buf_str(&id));
	json_put_str(finding, "ProductArn", place->product_arn);
	cJSON_AddStringToObject(finding, "GeneratorId", kinds[notice->verdict].generator);
	cJSON_AddStringToObject(finding, "AwsAccountId", place->identity->account_id);
	json_put_str(finding, "CreatedAt", time);
	json_put_str(finding, "UpdatedAt", time);
	json_put_str(finding, "LastObservedAt", time);
	put_texts(finding, notice);
	put_provider_fields(finding, notice->verdict);
	put_network(finding, notice);
	put_process(finding, notice);
	put_product_fields(finding, notice, more);
	put_resources(finding, notice, place);
	cJSON_AddStringToObject(finding, "RecordState", "ACTIVE");
	return finding;
}
