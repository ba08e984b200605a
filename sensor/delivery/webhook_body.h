/* SPDX-License-Identifier: Apache-2.0 */
/* What is posted to a webhook: forms of some events. */
#pragma once

#include "lib/base/buf.h"
#include "sensor/delivery/notice.h"

enum {
	WEBHOOK_BODY_MAX = 8 << 20,
	/*
	 * Slack asks for texts of at most 4000 characters, and cuts what has 40,000: ten events, the words of each
	 * at most so many bytes when they are escaped.
	 */
	WEBHOOK_SLACK_EVENTS = 10,
	WEBHOOK_SLACK_TEXT_MAX = 390
};

/* {"events":[…]}: the events as they are. */
void webhook_body_json(const struct notice *notices, size_t count, struct buf *out);

/*
 * Slack's incoming webhooks: {"text":"…"}, a line for each event.  Names stay text: &, < and > are escaped as Slack
 * demands, markup is switched off, and no link is followed for a preview.
 */
void webhook_body_slack(const struct notice *notices, size_t count, struct buf *out);
