/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a large snapshot: seconds and peak memory, beside what people read such files with (Python's json,
 * jq).  The estate is generated; every program runs in a process of its own, so that each pays for itself.
 *
 *	bench_snapshot [INTERFACES [RULES]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/child.h"
#include "lib/base/str.h"
#include "policies/world/world.h"

enum { RULES_PER_GROUP = 50, ENIS_PER_SUBNET = 200, RUNS = 5 };

struct estate {
	char	 folder[64], enis[128], groups[128], network[128];
	uint64_t eni_count, rule_count;
};

static FILE *create(const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out) {
		perror(path);
		exit(1);
	}
	return out;
}

static void write_groups(const struct estate *estate)
{
	FILE *out = create(estate->groups);

	fputs("{\"SecurityGroups\": [", out);
	for (uint64_t i = 0; i < estate->rule_count / RULES_PER_GROUP; i++) {
		fprintf(out,
			"%s\n    {\"GroupId\": \"sg-%017llx\", \"GroupName\": \"group-%llu\", "
			"\"VpcId\": \"vpc-1\", \"OwnerId\": \"111122223333\", \"Description\": "
			"\"generated\", \"IpPermissions\": [",
			i ? "," : "", (unsigned long long)i, (unsigned long long)i);
		for (uint64_t j = 0; j < RULES_PER_GROUP; j++)
			fprintf(out,
				"%s\n        {\"IpProtocol\": \"tcp\", \"FromPort\": %llu, "
				"\"ToPort\": "
				"%llu, \"IpRanges\": [{\"CidrIp\": \"10.%llu.%llu.0/24\", "
				"\"Description\": \"rule %llu\"}], \"Ipv6Ranges\": [], "
				"\"PrefixListIds\": [], \"UserIdGroupPairs\": []}",
				j ? "," : "", 1000 + j * 10ULL, 1005 + j * 10ULL, i % 256ULL,
				j * 5ULL, (unsigned long long)j);
		fputs("], \"IpPermissionsEgress\": []}", out);
	}
	fputs("]}\n", out);
	fclose(out);
}

static void write_network(const struct estate *estate)
{
	FILE	*out = create(estate->network);
	uint64_t subnets = estate->eni_count / ENIS_PER_SUBNET + 1;

	fputs("{\"Vpcs\": [{\"VpcId\": \"vpc-1\", \"CidrBlock\": \"10.0.0.0/8\"}], \"Subnets\": [",
	      out);
	for (uint64_t i = 0; i < subnets; i++)
		fprintf(out,
			"%s\n    {\"SubnetId\": \"subnet-%llu\", \"VpcId\": \"vpc-1\", "
			"\"CidrBlock\": "
			"\"10.%llu.%llu.0/24\", \"AvailabilityZone\": \"eu-west-1a\"}",
			i ? "," : "", (unsigned long long)i, i / 256ULL, i % 256ULL);
	fputs("]}\n", out);
	fclose(out);
}

/* About as wordy as the AWS CLI is for one interface. */
static void write_enis(const struct estate *estate)
{
	FILE *out = create(estate->enis);

	fputs("{\"NetworkInterfaces\": [", out);
	for (uint64_t i = 0; i < estate->eni_count; i++) {
		unsigned long long subnet = i / ENIS_PER_SUBNET, host = i % ENIS_PER_SUBNET + 10;
		unsigned long long group = i % (estate->rule_count / RULES_PER_GROUP);

		fprintf(out,
			"%s\n    {\n        \"Attachment\": {\"AttachTime\": "
			"\"2026-03-01T09:00:00+00:00\", \"AttachmentId\": \"eni-attach-%llu\", "
			"\"DeleteOnTermination\": true, \"DeviceIndex\": 0, \"InstanceId\": "
			"\"i-%llu\", "
			"\"InstanceOwnerId\": \"111122223333\", \"Status\": \"attached\"},\n       "
			" "
			"\"AvailabilityZone\": \"eu-west-1a\", \"Description\": \"\", \"Groups\": "
			"[{\"GroupName\": \"group-%llu\", \"GroupId\": \"sg-%017llx\"}],\n        "
			"\"InterfaceType\": \"interface\", \"Ipv6Addresses\": [], \"MacAddress\": "
			"\"02:00:00:00:00:00\", \"NetworkInterfaceId\": \"eni-%017llx\", "
			"\"OwnerId\": "
			"\"111122223333\",\n        \"PrivateDnsName\": "
			"\"ip-10-%llu-%llu-%llu.eu-west-1.compute.internal\", "
			"\"PrivateIpAddress\": "
			"\"10.%llu.%llu.%llu\", \"PrivateIpAddresses\": [{\"Primary\": true, "
			"\"PrivateDnsName\": \"ip-10-%llu-%llu-%llu.eu-west-1.compute.internal\", "
			"\"PrivateIpAddress\": \"10.%llu.%llu.%llu\"}],\n        "
			"\"RequesterManaged\": "
			"false, \"SourceDestCheck\": true, \"Status\": \"in-use\", \"SubnetId\": "
			"\"subnet-%llu\", \"TagSet\": [{\"Key\": \"Name\", \"Value\": "
			"\"host-%llu\"}, "
			"{\"Key\": \"Tier\", \"Value\": \"app\"}], \"VpcId\": \"vpc-1\"\n    }",
			i ? "," : "", (unsigned long long)i, (unsigned long long)i, group, group,
			(unsigned long long)i, subnet / 256, subnet % 256, host, subnet / 256,
			subnet % 256, host, subnet / 256, subnet % 256, host, subnet / 256,
			subnet % 256, host, subnet, (unsigned long long)i);
	}
	fputs("]}\n", out);
	fclose(out);
}

static int load(const void *context)
{
	const struct estate   *estate = context;
	static struct err_list errors;
	struct world	      *world = world_open(estate->folder, &errors);
	size_t		       enis = world ? world->counts[WORLD_ENI] : 0;

	if (!world)
		fprintf(stderr, "bench_snapshot: %s\n", errors.items[0].text);
	world_free(world);
	return enis == estate->eni_count ? 0 : 1;
}

/* python: both documents as dicts, at once, as a script would hold them. */
static int run_python(const void *context)
{
	const struct estate *estate = context;

	execlp("python3", "python3", "-c",
	       "import json, sys\nheld = [json.load(open(p)) for p in sys.argv[1:]]", estate->enis,
	       estate->groups, (char *)NULL);
	return 1;
}

static int run_jq(const void *context)
{
	const struct estate *estate = context;

	if (!freopen("/dev/null", "w", stdout))
		return 1;
	execlp("jq", "jq", "-n", "[inputs | .[] | length]", estate->enis, estate->groups,
	       (char *)NULL);
	return 1;
}

static uint64_t file_size(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

static const struct {
	const char *name;
	int (*run)(const void *context);
} programs[] = { { "weir", load }, { "python3 json", run_python }, { "jq", run_jq } };

/* Interleaved, medians: the machine's mood is the same for all. */
static int measure(const struct estate *estate)
{
	double	     seconds[ARRAY_LEN(programs)][RUNS];
	struct child children[ARRAY_LEN(programs)];

	for (size_t run = 0; run < RUNS; run++)
		for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
			children[i] = child_run(programs[i].run, estate);
			seconds[i][run] = children[i].wall_s;
		}
	printf("%-14s %9s %9s %8s\n", "program", "seconds", "peak MiB", "ratio");
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		double median = child_median(seconds[i], RUNS);

		if (children[i].status == 0)
			printf("%-14s %9.2f %9.0f %8.1f\n", programs[i].name, median,
			       children[i].peak_mib, median / seconds[0][RUNS / 2]);
		else
			printf("%-14s %9s\n", programs[i].name, i ? "not here" : "FAILED");
	}
	return children[0].status;
}

static void remove_estate(const struct estate *estate)
{
	unlink(estate->enis);
	unlink(estate->groups);
	unlink(estate->network);
	rmdir(estate->folder);
}

int main(int argc, char **argv)
{
	struct estate estate = { .folder = "/tmp/bench_snapshot.XXXXXX",
				 .eni_count = 100000,
				 .rule_count = 50000 };
	int	      status;

	if (argc > 1 && (str_u64(str_of(argv[1]), 4000000, &estate.eni_count) < 0 ||
			 (argc > 2 && str_u64(str_of(argv[2]), 10000000, &estate.rule_count) < 0) ||
			 estate.rule_count < RULES_PER_GROUP)) {
		fputs("usage: bench_snapshot [INTERFACES [RULES, at least 50]]\n", stderr);
		return 2;
	}
	if (!mkdtemp(estate.folder)) {
		perror(estate.folder);
		return 1;
	}
	snprintf(estate.enis, sizeof(estate.enis), "%s/network-interfaces.json", estate.folder);
	snprintf(estate.groups, sizeof(estate.groups), "%s/security-groups.json", estate.folder);
	snprintf(estate.network, sizeof(estate.network), "%s/network.json", estate.folder);
	write_network(&estate);
	write_groups(&estate);
	write_enis(&estate);
	printf("%llu interfaces, %llu rules, %.0f MB of JSON, medians of %d\n",
	       (unsigned long long)estate.eni_count, (unsigned long long)estate.rule_count,
	       (double)(file_size(estate.enis) + file_size(estate.groups)) / 1e6, RUNS);
	status = measure(&estate);
	remove_estate(&estate);
	return status;
}
