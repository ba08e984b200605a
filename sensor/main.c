/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run.h"

static const struct sensor_args defaults = {
	.backend = "auto",
	.hook = "auto",
	.identity = "auto",
	.interval_s = 60,
	.output_queue_mib = 16,
	.state = "/var/lib/weir",
	.spool_mib = 256,
	.metrics = "none",
	.model_memory_mib = 1024,
	.event_interval_s = 60,
};

static const struct opt opts[] = {
	OPT_LIST('i', "interface", struct sensor_args, interfaces, "NAME[=ENI]",
		 "measure it: a name, a pattern ('ens*') or `all`; ENI is the interface-id in "
		 "records"),
	OPT_FLAG(0, "wait", struct sensor_args, wait,
		 "begin also when an interface that is asked for is not there yet"),
	OPT_U64(0, "max-interfaces", struct sensor_args, max_interfaces, "N", 1, ENI_COUNT_MAX,
		"measured at a time (64); one that went counts until its last window is written"),
	OPT_U64(0, "interval", struct sensor_args, interval_s, "SECONDS", 1, 86400,
		"length of a window (60)"),
	OPT_STR(0, "backend", struct sensor_args, backend, "auto|bpf|packet|pcap",
		"how to capture; auto is the first of the three that the kernel allows"),
	OPT_STR(0, "hook", struct sensor_args, hook, "auto|tcx|clsact",
		"where eBPF attaches; auto is tcx, and clsact where the kernel has none"),
	OPT_FLAG(0, "detach", struct sensor_args, detach,
		 "remove what a killed sensor left on --interface, or on all, and end"),
	OPT_STR('r', "read", struct sensor_args, read, "FILE",
		"read a pcap or pcapng file instead, `-` for standard input"),
	OPT_LIST(0, "local", struct sensor_args, locals, "ADDR",
		 "with --read: an address of the interface; the first IPv4 is its primary one"),
	OPT_STR(0, "identity", struct sensor_args, identity, "auto|imds|none",
		"whose records these are: imds asks the instance metadata, auto goes on without "
		"them; what is given below stays"),
	OPT_STR(0, "account-id", struct sensor_args, account_id, "ID", "account-id in records"),
	OPT_STR(0, "vpc-id", struct sensor_args, vpc_id, "ID", "vpc-id in records"),
	OPT_STR(0, "subnet-id", struct sensor_args, subnet_id, "ID", "subnet-id in records"),
	OPT_STR(0, "instance-id", struct sensor_args, instance_id, "ID", "instance-id in records"),
	OPT_STR(0, "region", struct sensor_args, region, "NAME", "region in records"),
	OPT_STR(0, "az-id", struct sensor_args, az_id, "ID", "az-id in records, like use1-az1"),
	OPT_LIST(0, "vpc-cidr", struct sensor_args, vpc_cidrs, "CIDR",
		 "a block of the VPC, its primary one first: tells its resolver and its own "
		 "traffic"),
	OPT_FLAG(0, "all-traffic", struct sensor_args, all_traffic,
		 "record what AWS leaves out too: Amazon DNS, DHCP, metadata, time, the router"),
	OPT_STR(0, "format", struct sensor_args, format, "FORMAT",
		"fields as in '${srcaddr} ${dstaddr}'; AWS's default format otherwise"),
	OPT_LIST('o', "output", struct sensor_args, outputs, "SINK",
		 "where records go (-): `-`, a file that is added to, none, "
		 "file:PATH[,size=100MiB][,every=1h][,keep=N] (set aside and packed), "
		 "s3:BUCKET[/PREFIX][,hive][,hourly], logs:GROUP[,create]; with --read the file is "
		 "written anew"),
	OPT_LIST(0, "events", struct sensor_args, events, "SINK",
		 "where events go: `-` (JSON lines), terminal (for people, on stderr), journal, "
		 "syslog[:FACILITY], webhook:URL|@FILE[,template=slack], securityhub, "
		 "file:PATH[,…], none; with --snapshot or --fetch"),
	OPT_FLAG(0, "no-header", struct sensor_args, no_header,
		 "no line of field names before the records of a --format"),
	OPT_U64(0, "output-queue", struct sensor_args, output_queue_mib, "MIB", 1, 4096,
		"memory for records that the reader of a pipe does not take yet, for each sink "
		"(16)"),
	OPT_STR(0, "state", struct sensor_args, state, "FOLDER",
		"where spools are, of a sensor of its own (/var/lib/weir)"),
	OPT_U64(0, "spool", struct sensor_args, spool_mib, "MIB", 1, 1 << 20,
		"disk for what a service does not take now, for each sink; the oldest goes when it "
		"is full (256)"),
	OPT_STR(0, "endpoint-url", struct sensor_args, endpoint_url, "URL",
		"send what goes to AWS there"),
	OPT_STR(0, "profile", struct sensor_args, profile, "NAME",
		"of the AWS config and credentials files, for what goes to AWS"),
	OPT_U64(0, "max-flows", struct sensor_args, max_flows, "N", 16, 1 << 24,
		"flows held at a time (65536)"),
	OPT_U64(0, "memory", struct sensor_args, memory_mib, "MIB", 1, 1 << 20,
		"hold as many flows as fit into so much memory, with all else, instead"),
	OPT_STR(0, "metrics", struct sensor_args, metrics, "ADDR:PORT|none",
		"answer GET /metrics (Prometheus) and /healthz there, live only (none)"),
	OPT_FLAG(0, "help-metrics", struct sensor_args, help_metrics,
		 "what /metrics can have, with the values of its labels, and end"),
	OPT_ENV('s', "snapshot", struct sensor_args, snapshot, "PATH", "WEIR_SNAPSHOT",
		"judge flows by it: a folder or file of what the AWS CLI prints; read again on "
		"SIGHUP and when it changes"),
	OPT_STR(0, "fetch", struct sensor_args, fetch, "EVERY",
		"or by a snapshot of the own VPC in --state that is fetched so often, as 15m or "
		"1h, with the instance's role"),
	OPT_ENV('p', "policy", struct sensor_args, policy, "FILE", "WEIR_POLICY",
		"and by this intended segmentation"),
	OPT_U64(0, "model-memory", struct sensor_args, model_memory_mib, "MIB", 1, 1 << 20,
		"refuse a snapshot that may take more (1024)"),
	OPT_U64(0, "event-interval", struct sensor_args, event_interval_s, "SECONDS", 1, 86400,
		"say the same path once in so many seconds, and how often it was suppressed (60)"),
	OPT_U64(0, "cpu", struct sensor_args, cpu_percent, "PERCENT", 1, 10000,
		"above so much of one processor, judge when windows end only; no limit otherwise"),
	OPT_STR(0, "user", struct sensor_args, user, "NAME",
		"become this user after the start; otherwise, when started as root, weir, else "
		"nobody"),
	OPT_FLAG(0, "no-drop", struct sensor_args, no_drop,
		 "keep the user, all capabilities and all system calls"),
	OPT_FLAG(0, "check-privileges", struct sensor_args, check_privileges,
		 "say which privileges each backend needs here and which are there, and end"),
	OPT_CONFIG("config", struct sensor_args, config, "FILE",
		   "lines `key = value`, keys are these long names; options given win"),
	OPT_FLAG('v', "verbose", struct sensor_args, verbose,
		 "what libbpf has to say, which ENIs the interfaces are, and a summary after "
		 "--read too"),
	OPT_END
};

static const struct cmd cmd = {
	.name = "weir-sensor",
	.operands = "",
	.summary = "turn the packets of an interface into VPC Flow Log records",
	.examples = "  weir-sensor -i ens5=eni-0a1b2c3d4e5f60718 --account-id 123456789012\n"
		    "  weir-sensor -i ens5 --interval 10 -o /var/log/weir/flow.log\n"
		    "  weir-sensor -i ens5 -o file:/var/log/weir/flow.log,every=1h,keep=48\n"
		    "  weir-sensor --read capture.pcapng --local 10.0.1.10 --local 2001:db8::10\n",
	.opts = opts,
	.statuses = { [0] = "ended by a signal, or the file was read to its end; a backend can be "
			    "opened (--check-privileges)",
		      [1] = "none can (--check-privileges)",
		      [3] = "input or the config file unreadable or invalid, no interface left, or "
			    "output that cannot be written",
		      [5] = "the instance metadata do not answer (--identity imds)" },
	.args_size = sizeof(struct sensor_args),
	.defaults = &defaults,
	.section = 8,
	.see_also = "weir(1)",
	.run = sensor_run,
};

int main(int argc, char **argv)
{
	return cli_single(&cmd, argc, argv);
}
