/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS's XML into the JSON that `aws … --output json` prints of it: the members that the table of calls names,
 * by its names and types, in its order.  What is absent stays absent and what is empty stays empty.
 *
 * A member that the table does not know is left out, since neither its type nor its name in JSON can be told
 * from the XML, and its place is noted.  A number or truth value that is none is an error.
 */
#pragma once

#include "lib/aws/xml.h"
#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "policies/fetch/shape.h"

/* Places of members that were left out, each once: "DescribeVpcs: Vpcs.newMember". */
struct left_out {
	struct arena arena;
	struct map   seen;
	struct str  *places;
	size_t	     count, capacity, not_listed; /* those over the limit are only counted */
};

void left_out_add(struct left_out *left_out, struct str place);
void left_out_done(struct left_out *left_out);

struct convert {
	const char	*action; /* for errors and places */
	struct buf	*out;
	struct left_out *left_out;
	unsigned	 depth; /* of indentation, four blanks each, as the CLI has it */
	/* The members on the way to the value being converted, outermost first. */
	const struct shape *way[XML_DEPTH_MAX];
	size_t		    way_count;
};

/* Appends the value.  After an error what was appended is to be thrown away. */
int convert_value(struct convert *convert, const struct shape *shape, const struct xml_node *node,
		  struct err *err) MUST_USE;

/* A new line and its indentation. */
void convert_line(struct convert *convert);

/* A text of JSON, quotes and all; what is not UTF-8 does not come out of lib/aws/xml. */
void convert_text(struct buf *out, struct str text);
