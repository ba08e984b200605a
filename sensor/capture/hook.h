/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the program hangs on an interface: TCX where the kernel has it, clsact where it does not.  Both ways
 * ours comes before what others have there, and nothing of theirs is touched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "sensor/capture/tc.h"
#include "sensor/capture/tcx.h"

/* How it is, or is to be, attached. */
enum hook_kind { HOOK_NONE, HOOK_TCX, HOOK_CLSACT };

struct hook {
	enum hook_kind kind;
	struct tcx     tcx;
	struct tc      tc;
};

/* In: kind HOOK_NONE to choose, else that one only. */
int  hook_attach(struct hook *hook, uint32_t ifindex, int ingress_fd, int egress_fd,
		 struct err *err) MUST_USE;
void hook_detach(struct hook *hook); /* also of one that is not attached */
