/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event in words, for those who read lines: the journal, syslog, Slack, a finding's description.  One line,
 * harmless for a terminal; nothing in it is markup yet.
 */
#pragma once

#include "lib/base/buf.h"
#include "sensor/delivery/notice.h"

enum { NOTICE_TEXT_MAX = 4000 };

/*
 * "unexpected: web -> db tcp/22: 10.0.1.5:50123 (web-1) -> 10.0.2.7:22 (db-1), ingress at eni-0a1b, ACCEPT; deny any
 * -> db (line 4); 12 more not said".  Of names and reasons at most 300 bytes each.
 */
void notice_text(const struct notice *notice, struct buf *out);

/* The first bytes of a text that was made visible, at most max, cut between two characters with "…" behind. */
void text_add_limited(struct buf *out, struct str visible, size_t max);

/* The two at once: the member of an event, made visible, at most max bytes; false: there is no such text. */
bool notice_add_member(const struct notice *notice, const char *name, size_t max, struct buf *out);
