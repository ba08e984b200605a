/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of flow-log fields: every field of VPC Flow Logs versions 2 to 11 (aws-semantics.md 1.3),
 * with its version, type and place in struct record.  The reader, the writer and the docs go by it.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/flow/record.h"

enum field_type {
	FIELD_TYPE_U64,
	FIELD_TYPE_IP,
	FIELD_TYPE_TEXT,
	FIELD_TYPE_ACTION,
	FIELD_TYPE_STATUS,
	FIELD_TYPE_DIRECTION,
	FIELD_TYPE_COUNT
};

struct field_info {
	const char     *name; /* as AWS spells it, hyphenated */
	uint8_t		version;
	enum field_type type;
	uint64_t	max;	/* FIELD_TYPE_U64: the largest value that is not nonsense */
	size_t		offset; /* of the value in struct record */
	const char     *about;
};

const struct field_info *field_info(enum field field);

/* Bytes of a value: of its member in struct record, of a row in a column (columns.h). */
size_t field_value_size(enum field_type type);

/* By AWS's name, hyphenated or (Parquet, Athena) with underscores.  false when unknown. */
bool field_find(struct str name, enum field *out);

/* The known name nearest to a mistyped one, or NULL. */
const char *field_suggest(struct str name);
