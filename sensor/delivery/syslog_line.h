/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as a datagram for /dev/log: "<PRI>Nov 28 10:41:07 weir-sensor[PID]: …", as RFC 3164 has it but without the
 * host's name, which the daemon knows.  RFC 5424's form is not understood by journald, and not by rsyslog there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "sensor/delivery/notice.h"

/* What rsyslog takes of one message; it would cut the rest off. */
enum { SYSLOG_LINE_MAX = 8000 };

struct syslog_form {
	unsigned facility;
	unsigned pid;
	bool is_json; /* "@cee: {…}" (the Common Event Expression's cookie) in the place of words */
};

/* "daemon", "local0", …; -1: there is no such facility. */
int syslog_facility(struct str name);

/* The same for both: RFC 5424's severity, which the journal calls priority. */
unsigned notice_severity(enum notice_verdict verdict);

/* Fails when it is longer than SYSLOG_LINE_MAX; out has room for that. */
int syslog_line(const struct notice *notice, const struct syslog_form *form, struct buf *out,
		struct err *err) MUST_USE;
