/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run.h"

static const struct sensor_args defaults = {
	.output = "-", .backend = "auto", .interval_s = 60, .max_flows = 65536
};

static const struct opt opts[] = {
	OPT_LIST('i', "interface", struct sensor_args, interfaces, "NAME[=ENI]",
		 "measure this interface; ENI is the interface-id in records"),
	OPT_U64(0, "interval", struct sensor_args, interval_s, "SECONDS", 1, 86400,
		"length of a window (60)"),
	OPT_STR(0, "backend", struct sensor_args, backend, "auto|bpf|packet|pcap",
		"how to capture; auto is the first of the three that the kernel allows"),
	OPT_STR('r', "read", struct sensor_args, read, "FILE",
		"read a pcap or pcapng file instead, `-` for standard input"),
	OPT_LIST(0, "local", struct sensor_args, locals, "ADDR",
		 "with --read: an address of the interface; the first IPv4 is its primary one"),
	OPT_STR(0, "account-id", struct sensor_args, account_id, "ID", "account-id in records"),
	OPT_STR(0, "format", struct sensor_args, format, "FORMAT",
		"fields as in '${srcaddr} ${dstaddr}'; AWS's default format otherwise"),
	OPT_STR('o', "output", struct sensor_args, output, "FILE|-",
		"add records to a file (-); with --read the file is written anew"),
	OPT_FLAG(0, "no-header", struct sensor_args, no_header,
		 "no line of field names before the records of a --format"),
	OPT_U64(0, "max-flows", struct sensor_args, max_flows, "N", 16, 1 << 24,
		"flows held at a time (65536)"),
	OPT_FLAG('v', "verbose", struct sensor_args, verbose,
		 "what libbpf has to say, and a summary after --read too"),
	OPT_END
};

static const struct cmd cmd = {
	.name = "weir-sensor",
	.operands = "",
	.summary = "turn the packets of an interface into VPC Flow Log records",
	.examples = "  weir-sensor -i ens5=eni-0a1b2c3d4e5f60718 --account-id 123456789012\n"
		    "  weir-sensor -i ens5 --interval 10 -o /var/log/weir/flow.log\n"
		    "  weir-sensor --read capture.pcapng --local 10.0.1.10 --local 2001:db8::10\n",
	.opts = opts,
	.args_size = sizeof(struct sensor_args),
	.defaults = &defaults,
	.run = sensor_run,
};

int main(int argc, char **argv)
{
	return cli_single(&cmd, argc, argv);
}
