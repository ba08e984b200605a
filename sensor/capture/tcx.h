/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two programs on the TCX hooks of an interface, which kernels have from 6.6 on.  They stand before all others
 * and before the filters of clsact, and go when the process ends, however it ends.
 */
#pragma once

#include <stdint.h>

/* Descriptors of the two links; -1 when not attached. */
struct tcx {
	int ingress_fd, egress_fd;
};

/* 0, or -errno with nothing attached; -EINVAL also from a kernel that has no such hooks. */
int  tcx_attach(struct tcx *tcx, uint32_t ifindex, int ingress_fd, int egress_fd);
void tcx_detach(struct tcx *tcx);
