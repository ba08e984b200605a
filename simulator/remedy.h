/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would open a path at the hop that stops it: the smallest change, in words and as a command line of the
 * AWS CLI, and the rule that comes nearest to letting the packet through.  A change of one hop helps only when
 * the others that stop the packet are changed as well.
 */
#pragma once

#include "lib/base/buf.h"
#include "simulator/path.h"

/* A hop of a path, and what it was asked. */
struct obstacle {
	const struct world    *world;
	const struct question *question;
	const struct path     *path;
	const struct hop      *hop;
	bool		       is_return; /* of the way back */
};

/* Nothing is added where no change helps, or none can be named. */
void remedy_words(const struct obstacle *obstacle, struct buf *out);
void remedy_command(const struct obstacle *obstacle, struct buf *out);

/* "sgr-0c22  tcp/5432 from sg shop-app", "rule 100  allow tcp/443 10.0.0.0/16", "10.1.0.0/16 -> pcx-1". */
void remedy_nearest(const struct obstacle *obstacle, struct buf *out);
