/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a webhook is.  Whoever knows the URL may post there, so no error here repeats more of it than the host.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum { WEBHOOK_URL_MAX = 2000 };

struct webhook_url {
	struct str host;	/* with its port; a slice of the URL */
	bool	   is_loopback; /* it does not leave this host: by name or by address */
};

/* https:// anywhere, http:// on this host, elsewhere with is_insecure only. */
int webhook_url_parse(struct str url, bool is_insecure, struct webhook_url *out,
		      struct err *err) MUST_USE;
