/* SPDX-License-Identifier: Apache-2.0 */
/* Events for tests of what becomes of them. */
#pragma once

#include "lib/base/buf.h"
#include "sensor/delivery/notice.h"
#include "tests/unit/unit.h"

#define NOTICE_HEAD                                                                                \
	"{\"schema\":\"weir/event/1\",\"id\":\"0123456789abcdef\","                                \
	"\"time\":\"2026-11-28T10:41:07.203Z\","

/* One of web asking db, which the policy denies. */
#define NOTICE_USUAL                                                                               \
	"\"verdict\":\"unexpected\",\"direction\":\"ingress\",\"action\":\"ACCEPT\","              \
	"\"path\":\"web -> db tcp/22\",\"policy_line\":4,\"policy\":\"deny any -> db\","           \
	"\"interface_id\":\"eni-0a1b\",\"interface\":\"ens5\",\"srcaddr\":\"10.0.1.5\","           \
	"\"dstaddr\":\"10.0.2.7\",\"srcport\":50123,\"dstport\":22,\"protocol\":\"tcp\","          \
	"\"src_name\":\"web-1\",\"dst_name\":\"db-1\"}"

/* The usual one, of whose members `more` ("\"action\":\"REJECT\",") replaces some. */
static inline struct notice made_notice(struct buf *line, const char *more)
{
	struct notice notice;
	struct err    err;

	buf_add_text(line, NOTICE_HEAD);
	buf_add_text(line, more);
	buf_add_text(line, NOTICE_USUAL);
	CHECK(notice_read(buf_str(line), &notice, &err) == 0);
	return notice;
}

#define auto_notice __attribute__((cleanup(notice_done)))
