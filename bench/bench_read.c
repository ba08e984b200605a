/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a capture: packets a second of processor time and peak memory of weir-sensor, beside softflowd and
 * nfpcapd.  The capture is made, the same for all; each program does what it is there for: lines of a flow log
 * in a file, NetFlow to a socket, files of nfdump.  softflowd has room for every flow.
 *
 *	bench_read [--packets N] [--runs N] [--sensor PATH]
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/made_capture.h"
#include "lib/base/cli.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

enum { RUNS_MAX = 99, LOG_SIZE_MAX = 1 << 20 };

/* Of 5,000,000 packets 840,000 begin a flow. */
#define FLOWS_OF(packets) ((packets)*21 / 125)

struct bench_args {
	uint64_t    packets, runs;
	const char *sensor;
};

struct bed {
	const struct bench_args *args;
	char			 folder[32], capture[64], log[64], records[64], nfdump[64], pid[64];
	char			 sensor[4096], max_flows[24], collector[32];
};

static int run_sensor(const void *context)
{
	const struct bed *bed = context;

	execl(bed->sensor, "weir-sensor", "--read", bed->capture, "--local", MADE_CAPTURE_HOST,
	      "--local", MADE_CAPTURE_HOST_V6, "--max-flows", bed->max_flows, "--output",
	      bed->records, "--verbose", (char *)NULL);
	return CHILD_NOT_FOUND;
}

/* Without `-c none` it can wait for ever. */
static int run_softflowd(const void *context)
{
	const struct bed *bed = context;

	execlp("softflowd", "softflowd", "-c", "none", "-p", bed->pid, "-v", "9", "-6", "-m",
	       bed->max_flows, "-n", bed->collector, "-r", bed->capture, (char *)NULL);
	return CHILD_NOT_FOUND;
}

static int run_nfpcapd(const void *context)
{
	const struct bed *bed = context;

	execlp("nfpcapd", "nfpcapd", "-w", bed->nfdump, "-r", bed->capture, (char *)NULL);
	return CHILD_NOT_FOUND;
}

/* Behind which words a program says what it counted, in one line or in several that add up. */
static const struct program {
	const char *name;
	int (*run)(const void *context);
	const char *packets, *flows;
} programs[] = {
	{ "weir-sensor", run_sensor, " packets ", "flows " },
	{ "softflowd", run_softflowd, "Packets processed: ", "Flows exported: " },
	{ "nfpcapd", run_nfpcapd, ", Packets: ", "' Flows: " },
};

enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]) };

struct result {
	double	 cpu_s[RUNS_MAX], peak_mib;
	uint64_t packets, flows;
	int	 status;
};

static uint64_t sum_behind(const char *words, const char *text)
{
	uint64_t sum = 0;

	for (text = strstr(text, words); text; text = strstr(text, words)) {
		uint64_t number = 0;

		text += strlen(words);
		for (; (*text >= '0' && *text <= '9') || *text == ','; text++)
			if (*text != ',')
				number = number * 10 + (uint64_t)(*text - '0');
		sum += number;
	}
	return sum;
}

static int run_into_log(const void *context)
{
	const void *const *pair = context;
	const struct bed  *bed = pair[0];
	int		   log = open(bed->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		return 1;
	return ((const struct program *)pair[1])->run(bed);
}

static int run_once(const struct bed *bed, size_t index, uint64_t run, struct result *result,
		    struct err *err)
{
	auto_buf struct buf log = buf_make(LOG_SIZE_MAX);
	const void	   *pair[] = { bed, &programs[index] };
	struct child	    child = child_run(run_into_log, pair);

	result->status = child.status;
	result->cpu_s[run] = child.cpu_s;
	result->peak_mib = child.peak_mib;
	if (child.status != 0)
		return 0;
	if (file_read(bed->log, LOG_SIZE_MAX, &log, err) < 0)
		return -1;
	result->packets = sum_behind(programs[index].packets, log.data);
	result->flows = sum_behind(programs[index].flows, log.data);
	return 0;
}

static void print(const struct bench_args *args, struct result results[static PROGRAMS])
{
	double ours = 0;

	printf("%-12s %10s %9s %12s %11s %9s\n", "program", "M/CPU s", "peak MiB", "packets",
	       "flows", "of weir");
	for (size_t i = 0; i < PROGRAMS; i++) {
		struct result *result = &results[i];
		double	       cpu_s = child_median(result->cpu_s, args->runs);
		double	       rate = (double)args->packets / cpu_s / 1e6;

		if (result->status == CHILD_NOT_FOUND) {
			printf("%-12s not installed\n", programs[i].name);
			continue;
		}
		if (result->status != 0) {
			printf("%-12s failed: status %d\n", programs[i].name, result->status);
			continue;
		}
		ours = i ? ours : rate;
		printf("%-12s %10.2f %9.0f %12llu %11llu %8.2fx\n", programs[i].name, rate,
		       result->peak_mib, (unsigned long long)result->packets,
		       (unsigned long long)result->flows, rate / ours);
	}
}

/* Interleaved, medians: the machine's mood is the same for all. */
static int measure(const struct bed *bed, struct err *err)
{
	static struct result results[PROGRAMS];

	for (uint64_t run = 0; run < bed->args->runs; run++)
		for (size_t i = 0; i < PROGRAMS; i++)
			if (run_once(bed, i, run, &results[i], err) < 0)
				return -1;
	print(bed->args, results);
	return results[0].status == 0 && results[0].packets == bed->args->packets ? 0 : 1;
}

static int make_capture(const struct bed *bed, struct err *err)
{
	struct made_capture what = { .packets = bed->args->packets,
				     .flows = FLOWS_OF(bed->args->packets),
				     .seed = 1 };
	FILE		   *out = fopen(bed->capture, "we");
	int		    result = out ? made_capture_write(&what, out) : -1;

	if ((out && fclose(out) != 0) || result < 0)
		return err_sys(err, "cannot write '%s'", bed->capture);
	printf("%llu packets, %llu flows, seed %llu, 96 bytes of each, medians of %llu\n",
	       (unsigned long long)what.packets, (unsigned long long)what.flows,
	       (unsigned long long)what.seed, (unsigned long long)bed->args->runs);
	return 0;
}

/* Somebody must listen, or the kernel answers NetFlow with errors; nobody need read. */
static int open_collector(struct bed *bed, struct err *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t	   size = sizeof(address);
	int		   fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
		(void)err_sys(err, "cannot open a socket for NetFlow");
		mem_close_at(&fd);
		return -1;
	}
	snprintf(bed->collector, sizeof(bed->collector), "127.0.0.1:%u", ntohs(address.sin_port));
	return fd;
}

/* Beside this program's folder, where the Makefile puts it. */
static int find_sensor(struct bed *bed, struct err *err)
{
	ssize_t len;
	char   *end;

	if (bed->args->sensor) {
		snprintf(bed->sensor, sizeof(bed->sensor), "%s", bed->args->sensor);
		return 0;
	}
	len = readlink("/proc/self/exe", bed->sensor, sizeof(bed->sensor) - 32);
	if (len < 0)
		return err_sys(err, "cannot tell where weir-sensor is: try --sensor PATH");
	bed->sensor[len] = '\0';
	end = strrchr(bed->sensor, '/');
	snprintf(end, 32, "/../weir-sensor");
	return 0;
}

static int set_up(struct bed *bed, struct err *err)
{
	snprintf(bed->folder, sizeof(bed->folder), "/tmp/bench_read.XXXXXX");
	if (!mkdtemp(bed->folder))
		return err_sys(err, "cannot make a folder in /tmp");
	snprintf(bed->capture, sizeof(bed->capture), "%s/capture.pcap", bed->folder);
	snprintf(bed->log, sizeof(bed->log), "%s/log", bed->folder);
	snprintf(bed->records, sizeof(bed->records), "%s/flow.log", bed->folder);
	snprintf(bed->nfdump, sizeof(bed->nfdump), "%s/nfdump", bed->folder);
	snprintf(bed->pid, sizeof(bed->pid), "%s/pid", bed->folder);
	snprintf(bed->max_flows, sizeof(bed->max_flows), "%llu",
		 (unsigned long long)FLOWS_OF(bed->args->packets) + 16);
	if (mkdir(bed->nfdump, 0700) < 0)
		return err_sys(err, "cannot make '%s'", bed->nfdump);
	return find_sensor(bed, err);
}

static int clean_up(const void *context)
{
	const struct bed *bed = context;

	execlp("rm", "rm", "-rf", "--", bed->folder, (char *)NULL);
	return CHILD_NOT_FOUND;
}

static int run(const void *args, char **operands, struct err *err)
{
	static struct bed bed;
	int		  fd = -1, result = -1;

	(void)operands;
	bed.args = args;
	if (set_up(&bed, err) < 0)
		return -1;
	fd = open_collector(&bed, err);
	if (fd >= 0 && make_capture(&bed, err) == 0)
		result = measure(&bed, err);
	mem_close_at(&fd);
	(void)child_run(clean_up, &bed);
	return result;
}

static const struct bench_args defaults = { .packets = 1000000, .runs = 5 };

static const struct opt opts[] = {
	OPT_U64(0, "packets", struct bench_args, packets, "N", 1000, 50000000,
		"packets in the capture (1000000); one in six begins a flow"),
	OPT_U64(0, "runs", struct bench_args, runs, "N", 1, RUNS_MAX, "runs of each program (5)"),
	OPT_STR(0, "sensor", struct bench_args, sensor, "PATH", "another weir-sensor"), OPT_END
};

static const struct cmd cmd = {
	.name = "bench_read",
	.operands = "",
	.summary = "packets a second of processor time, of weir-sensor and others, from a capture",
	.opts = opts,
	.args_size = sizeof(struct bench_args),
	.defaults = &defaults,
	.run = run,
};

int main(int argc, char **argv)
{
	return cli_single(&cmd, argc, argv);
}
