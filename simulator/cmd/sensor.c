/* SPDX-License-Identifier: Apache-2.0 */
/* `weir sensor …` is `weir-sensor …`, as git runs its own: it alone links libbpf and libpcap. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "simulator/cmd/verbs.h"

/* The sensor that was built or installed with this program, else the one on PATH. */
static void exec_beside(char **words)
{
	static const char *const places[] = { "weir-sensor", "../sbin/weir-sensor" };
	char			 self[PATH_MAX];
	ssize_t			 len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char			*slash;

	if (len <= 0)
		return;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return;
	slash[1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		auto_buf struct buf path = buf_make(PATH_MAX);

		buf_printf(&path, "%s%s", self, places[i]);
		execv(path.data, words);
	}
}

static int sensor_run(const void *args, char **operands, struct err *err)
{
	size_t		 count = 0;
	auto_free char **words = NULL;

	(void)args;
	while (operands[count])
		count++;
	words = mem_alloc((count + 2) * sizeof(*words));
	words[0] = mem_copy_str("weir-sensor");
	memcpy(words + 1, operands, count * sizeof(*words));
	exec_beside(words);
	execvp(words[0], words);
	err_sys(err, "cannot run weir-sensor: is it installed?");
	mem_free_at(&words[0]);
	return -1;
}

const struct cmd cmd_sensor = {
	.name = "sensor",
	.operands = "[OPTION…]",
	.summary = "live flow records on this host; runs weir-sensor",
	.examples = "  weir sensor --interface ens5 --output flow.log\n"
		    "  weir sensor --help\n",
	.operands_max = SIZE_MAX,
	.raw = true,
	.run = sensor_run,
};
