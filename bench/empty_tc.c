/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets the kernel count the run time of BPF programs, and, given an interface, attaches to it the program
 * that does nothing, the way the sensor's are attached: what it costs is what any program would.  Both end
 * with this process, on SIGTERM or SIGINT.  /proc/PID/fdinfo then tells run_time_ns and run_cnt.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/cli.h"
#include "lib/base/mem.h"

/* Of enum bpf_attach_type, which headers older than Linux 6.6 end before. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47 };

struct empty_args {
	const char *hook;
};

static const enum bpf_tc_attach_point points[] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

static int load_empty(struct err *err)
{
	/* return TC_ACT_UNSPEC */
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "empty", "GPL", program, ARRAY_LEN(program),
			       NULL);

	return fd < 0 ? err_sys(err, "cannot load the empty program") : fd;
}

static void set_hook(struct bpf_tc_hook *hook, int ifindex, enum bpf_tc_attach_point point)
{
	/* libbpf wants padding to be zero too. */
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = ifindex;
	hook->attach_point = point;
}

static int attach_clsact(int ifindex, int program_fd, struct err *err)
{
	struct bpf_tc_hook hook;
	int		   result;

	set_hook(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	result = bpf_tc_hook_create(&hook);
	for (size_t i = 0; result == 0 && i < ARRAY_LEN(points); i++) {
		struct bpf_tc_opts opts;

		memset(&opts, 0, sizeof(opts));
		opts.sz = sizeof(opts);
		opts.prog_fd = program_fd;
		set_hook(&hook, ifindex, points[i]);
		result = bpf_tc_attach(&hook, &opts);
	}
	errno = -result;
	return result < 0 ? err_sys(err, "cannot attach to the clsact hooks") : 0;
}

/* The links stay open to the end of the process, and go with it. */
static int attach_tcx(int ifindex, int program_fd, struct err *err)
{
	if (bpf_link_create(program_fd, ifindex, (enum bpf_attach_type)TCX_INGRESS, NULL) < 0 ||
	    bpf_link_create(program_fd, ifindex, (enum bpf_attach_type)TCX_EGRESS, NULL) < 0)
		return err_sys(err, "cannot attach by TCX");
	return 0;
}

static int attach(const char *ifname, const char *hook, int *ifindex, struct err *err)
{
	int program_fd = load_empty(err);

	if (program_fd < 0)
		return -1;
	*ifindex = (int)if_nametoindex(ifname);
	if (!*ifindex)
		return err_sys(err, "%s", ifname);
	if (strcmp(hook, "tcx") == 0)
		return attach_tcx(*ifindex, program_fd, err);
	if (strcmp(hook, "clsact") == 0)
		return attach_clsact(*ifindex, program_fd, err);
	return err_set(err, ERR_USAGE, "--hook: '%s' is neither tcx nor clsact", hook);
}

static int hold(const void *args, char **operands, struct err *err)
{
	const struct empty_args *empty = args;
	struct bpf_tc_hook	 hook;
	int			 ifindex = 0, number;
	sigset_t		 ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		return err_sys(err, "cannot count the run time of programs");
	if (operands[0] && attach(operands[0], empty->hook, &ifindex, err) < 0)
		return -1;
	puts("ready");
	fflush(stdout);
	sigwait(&ends, &number);
	if (operands[0] && strcmp(empty->hook, "clsact") == 0) {
		set_hook(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
		(void)bpf_tc_hook_destroy(&hook);
	}
	return 0;
}

static const struct empty_args defaults = { .hook = "clsact" };

static const struct opt opts[] = {
	OPT_STR(0, "hook", struct empty_args, hook, "tcx|clsact", "how to attach (clsact)"), OPT_END
};

static const struct cmd cmd = {
	.name = "empty_tc",
	.operands = "[INTERFACE]",
	.summary = "count the run time of BPF programs, that of an empty one on INTERFACE too",
	.opts = opts,
	.args_size = sizeof(struct empty_args),
	.defaults = &defaults,
	.operands_max = 1,
	.run = hold,
};

int main(int argc, char **argv)
{
	return cli_single(&cmd, argc, argv);
}
