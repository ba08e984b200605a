/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of held_keys_parse: what it takes can be sent in a header and ends after 1970; a service's keys have a
 * token; what it refuses leaves the output alone, with an error of the other side.
 */
#include "lib/aws/keys.h"
#include "tests/fuzz/fuzz.h"

static void check_sendable(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		PROPERTY(text.ptr[i] > ' ' && text.ptr[i] < 0x7f);
}

static void check(struct str json, enum keys_dialect dialect)
{
	struct held_keys held = { .expires = 77 };
	struct err	 err = { 0 };

	if (held_keys_parse(json, "input", dialect, &held, &err) < 0) {
		PROPERTY(err.kind == ERR_REMOTE && err.text[0]);
		PROPERTY(held.expires == 77 && held.text.capacity == 0);
		return;
	}
	PROPERTY(held.keys.access_key.len && held.keys.secret_key.len);
	PROPERTY(dialect == KEYS_OF_PROCESS || held.keys.token.len);
	PROPERTY(held.expires > -86400);
	check_sendable(held.keys.access_key);
	check_sendable(held.keys.secret_key);
	check_sendable(held.keys.token);
	held_keys_done(&held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = { (const char *)data, size };

	check(json, KEYS_OF_PROCESS);
	check(json, KEYS_OF_SERVICE);
	return 0;
}
