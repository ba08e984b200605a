/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back through two network ACLs.  A reply goes to the client's port, which nobody knows beforehand:
 * every port it may have is looked at, by the boundaries that the rules draw.
 */
#pragma once

#include "simulator/path.h"

struct reply_answer {
	struct decision leaving, entering; /* the ACL of the answering and of the asking side */
	enum verdict	overall; /* all client ports get through, none, or some (unknown) */
};

/* Also fills reply_ports of the path.  The two ends are interfaces of different subnets of one VPC. */
struct reply_answer reply_ports_find(const struct world *world, const struct question *question,
				     struct path *path);
