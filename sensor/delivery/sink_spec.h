/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --output and --events say: KIND:TARGET[,KEY[=VALUE]]…, or the name of a file.  What begins like a kind and is
 * none is an error, for it could be mistyped; a file of such a name is told by its folder, `./s4:x`.
 */
#pragma once

#include "sensor/delivery/delivery.h"

/* Kinds that need no service.  A path, also "-", is of kind "path". */
#define SINK_PATH     "path"
#define SINK_NONE     "none"
#define SINK_TERMINAL "terminal"
#define SINK_FILE     "file"

/* kinds: those with a delivery, ends in NULL.  ERR_USAGE. */
int sink_spec_parse(const char *text, const struct delivery_ops *const *kinds,
		    struct sink_spec *out, struct err *err) MUST_USE;

/* The kind that a misspelt one is nearest to, or NULL. */
const char *sink_spec_nearest(struct str text, const struct delivery_ops *const *kinds);

/* NULL: a kind without one. */
const struct delivery_ops *sink_spec_ops(const struct sink_spec		  *spec,
					 const struct delivery_ops *const *kinds);

/* The value of an option, empty when it has none; false: it is not given. */
bool sink_spec_get(const struct sink_spec *spec, const char *key, struct str *value);

/* known: the keys that a kind has, ends in NULL.  Others are errors, and so is one twice. */
int sink_spec_check_keys(const struct sink_spec *spec, const char *const *known,
			 struct err *err) MUST_USE;

/* What a sink is called where others read it. */
void sink_spec_name(const struct sink_spec *spec, const struct delivery_ops *ops, struct buf *out);

enum { SINK_ID_SIZE = 96 };

/* One word that tells sinks apart by what they deliver to, for the name of a folder. */
void sink_spec_id(const struct sink_spec *spec, const struct delivery_ops *ops,
		  char out[static SINK_ID_SIZE]);
