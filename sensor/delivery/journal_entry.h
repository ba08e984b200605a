/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as a datagram for journald, in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): fields MESSAGE in
 * words, PRIORITY, SYSLOG_IDENTIFIER, WEIR_EVENT with the JSON, and a WEIR_… for what one would look for.
 */
#pragma once

#include "lib/base/buf.h"
#include "sensor/delivery/notice.h"

void journal_entry(const struct notice *notice, struct buf *out);
