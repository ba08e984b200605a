/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_check.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "sensor/eni_set.h"

/* Nothing of a capture that ends at once is ever written. */
static int ignore_flow(void *context, const struct flow *flow, struct err *err)
{
	(void)context;
	(void)flow;
	(void)err;
	return 0;
}

static int ignore_status(void *context, const struct window_status *status, struct err *err)
{
	(void)context;
	(void)status;
	(void)err;
	return 0;
}

static struct windows *make_windows(const struct eni_set *enis, struct stats *stats)
{
	struct windows_args args = { .interval_s = 60,
				     .max_flows = 16,
				     .enis = enis->enis,
				     .eni_count = enis->max,
				     .emit = ignore_flow,
				     .emit_status = ignore_status,
				     .stats = stats };

	return windows_new(&args);
}

static int find_enis(const struct sensor_args *args, struct eni_set *enis, struct err *err)
{
	static const struct cli_list loopback = { .items = { "lo" }, .count = 1 };

	return eni_set_look_up(enis, args->interfaces.count ? &args->interfaces : &loopback, err);
}

/* What stays after the start, or why there was none. */
static bool try_to_open(const struct capture_ops *ops, const struct capture_args *args,
			struct buf *out)
{
	struct err	err;
	struct capture *capture = ops->open(args, &err);

	if (!capture) {
		buf_printf(out, "cannot be opened: %s", err.text);
		return false;
	}
	buf_printf(out, "can be opened, keeps ");
	privileges_print(privileges_kept_for(ops->needs(capture)), out);
	if (ops->keeper) {
		buf_printf(out, "; ");
		device_keeper_print(ops->keeper(capture), out);
	}
	ops->close(capture);
	return true;
}

static bool check(const struct capture_ops *ops, const struct capture_args *args)
{
	auto_buf struct buf text = buf_make(4096);
	bool		    opens;

	buf_printf(&text, "%-7s needs ", ops->name);
	privileges_print(ops->capabilities, &text);
	buf_printf(&text, "; lacks ");
	privileges_print(privileges_missing(ops->capabilities), &text);
	buf_printf(&text, "; ");
	opens = try_to_open(ops, args, &text);
	printf("%s\n", text.data);
	return opens;
}

static void say_user(const char *user)
{
	auto_buf struct buf text = buf_make(1024);

	privileges_print_user(user, &text);
	printf("%-7s %s\n", "user", text.data);
}

int run_check(const struct sensor_args *args, const struct capture_ops *const *backends,
	      size_t count, struct err *err)
{
	auto_free struct eni_set *enis = mem_alloc(sizeof(*enis));
	struct stats		  stats = { 0 };
	struct capture_args	  capture = { .max_flows = 16, .stop_fd = -1, .stats = &stats };
	bool			  any = false;

	if (find_enis(args, enis, err) < 0)
		return -1;
	capture.enis = enis->enis;
	capture.eni_count = enis->max;
	capture.asked = enis->asked;
	capture.asked_count = enis->asked_count;
	capture.user = args->user;
	capture.no_drop = args->no_drop;
	capture.verbose = args->verbose;
	capture.hook = args_hook(args);
	capture.windows = make_windows(enis, &stats);
	say_user(args->user);
	for (size_t i = 0; i < count; i++)
		if (args_allow_backend(args, backends[i]->name))
			any |= check(backends[i], &capture);
	windows_free(capture.windows);
	return any ? 0 : 1;
}
