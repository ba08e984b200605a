/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_detach.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#if WEIR_BPF
#include <bpf/libbpf.h>
#endif

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "sensor/capture/tc.h"
#include "sensor/eni_set.h"

#if WEIR_BPF
static int detach_one(uint32_t ifindex, const char *name, unsigned *sum, struct err *err)
{
	unsigned removed;

	if (tc_remove_left_over(ifindex, &removed, err) < 0)
		return err_wrap(err, "%s", name);
	if (removed) {
		auto_buf struct buf text = buf_make(256);

		buf_add_visible(&text, str_of(name));
		printf("%s: removed %u filters\n", text.data, removed);
	}
	*sum += removed;
	return 0;
}

static int detach_named(const struct cli_list *list, unsigned *sum, struct err *err)
{
	auto_free struct eni_set *set = mem_alloc(sizeof(*set));

	if (eni_set_look_up(set, list, err) < 0)
		return -1;
	for (size_t i = 0; i < set->count; i++)
		if (detach_one(set->enis[i].ifindex, set->enis[i].name, sum, err) < 0)
			return -1;
	return 0;
}

static int detach_all(unsigned *sum, struct err *err)
{
	struct if_nameindex *list = if_nameindex();
	int		     result = 0;

	if (!list)
		return err_sys(err, "cannot list the interfaces");
	for (const struct if_nameindex *at = list; at->if_index && result == 0; at++)
		result = detach_one(at->if_index, at->if_name, sum, err);
	if_freenameindex(list);
	return result;
}

int run_detach(const struct sensor_args *args, struct err *err)
{
	unsigned sum = 0;
	int	 result;

	/* Of its own accord libbpf says of every slot that there is no filter. */
	if (!args->verbose)
		libbpf_set_print(NULL);
	result = args->interfaces.count ? detach_named(&args->interfaces, &sum, err)
					: detach_all(&sum, err);
	if (result == 0 && !sum)
		printf("nothing was left behind\n");
	return result;
}
#else
int run_detach(const struct sensor_args *args, struct err *err)
{
	(void)args;
	return err_set(err, ERR_USAGE, "this sensor was built without eBPF");
}
#endif
