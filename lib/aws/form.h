/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that EC2, STS and ELBv2 take: begun with Action and Version, then a name and a value each.  A form is
 * the body of the call that aws_form_call makes, and must live as long.
 */
#pragma once

#include "lib/aws/call.h"

void aws_form_begin(struct buf *form, enum aws_service service, const char *action);
void aws_form_add(struct buf *form, const char *name, struct str value);

/* root is what the document of the answer begins with: "DescribeVpcsResponse". */
struct aws_call aws_form_call(const char *action, const char *root, const struct buf *form);
