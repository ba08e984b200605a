/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/hook.h"

#include <errno.h>

int hook_attach(struct hook *hook, uint32_t ifindex, int ingress_fd, int egress_fd, struct err *err)
{
	enum hook_kind wanted = hook->kind;
	int	       result = -EINVAL;

	hook->kind = HOOK_NONE;
	if (wanted != HOOK_CLSACT)
		result = tcx_attach(&hook->tcx, ifindex, ingress_fd, egress_fd);
	if (result == 0) {
		hook->kind = HOOK_TCX;
		return 0;
	}
	/* With -EINVAL the kernel says that it does not know them. */
	if (wanted == HOOK_TCX || result != -EINVAL) {
		errno = -result;
		return err_sys(err, "cannot attach to the TCX hooks");
	}
	if (tc_attach(&hook->tc, ifindex, ingress_fd, egress_fd, err) < 0)
		return -1;
	hook->kind = HOOK_CLSACT;
	return 0;
}

void hook_detach(struct hook *hook)
{
	if (hook->kind == HOOK_TCX)
		tcx_detach(&hook->tcx);
	else if (hook->kind == HOOK_CLSACT)
		tc_detach(&hook->tc);
	hook->kind = HOOK_NONE;
}
