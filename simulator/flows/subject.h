/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a question may ask of a row: a field of the log, or a word that only the snapshot and the policy
 * tell.  Of an end whose packet address is recorded too, the words go by that one: it is who sent or
 * received the packet, whatever stands between.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/flow/field.h"

enum subject_kind { SUBJECT_FIELD, SUBJECT_TIER, SUBJECT_NAME, SUBJECT_KIND_COUNT };

struct subject {
	enum subject_kind kind;
	enum field	  field;  /* of a word: the address that it is about */
	bool		  is_dst; /* of a word: it is about the destination */
};

/* "srcaddr", "log_status", "src-tier": as AWS spells it, or with underscores; in any case, as in SQL. */
bool	    subject_find(struct str name, struct subject *out);
const char *subject_name(struct subject subject);
bool	    subject_eq(struct subject a, struct subject b);

/* FIELD_TYPE_TEXT for what is no field. */
enum field_type subject_type(struct subject subject);

/* The fields that must be read to answer it, a bit each. */
uint64_t subject_fields(struct subject subject);

/* ERR_USAGE: there is no such field, and what may have been meant.  Returns -1. */
int subject_unknown(struct str name, struct err *err);
