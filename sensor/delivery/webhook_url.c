/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/webhook_url.h"

#include <string.h>
#include <strings.h>

#include "lib/net/ip.h"

static bool starts_so(struct str text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len > len && strncasecmp(text.ptr, prefix, len) == 0;
}

/* What curl and this file could read differently is in no URL: user names, fragments, backslashes, blanks. */
static bool has_foreign_bytes(struct str text, const char *foreign)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7f ||
		    strchr(foreign, text.ptr[i]))
			return true;
	return false;
}

/* "host", "host:443", "[::1]:80": the part before the port, brackets taken off. */
static int split_host(struct str authority, struct str *name)
{
	struct str port = authority;
	uint64_t   number;

	if (str_starts(authority, "[")) {
		size_t end = str_find(authority, ']');

		if (end == authority.len)
			return -1;
		*name = str_head(str_skip(authority, 1), end - 1);
		port = str_skip(authority, end + 1);
	} else {
		*name = str_cut(&port, ':');
		if (name->len == authority.len)
			return name->len ? 0 : -1;
		port = str_skip(authority, name->len);
	}
	if (name->len == 0)
		return -1;
	if (port.len == 0)
		return 0;
	return port.ptr[0] == ':' && str_u64(str_skip(port, 1), 65535, &number) == 0 && number ? 0
											       : -1;
}

static bool is_loopback(struct str name)
{
	struct ip  ip;
	struct err err;

	if (name.len == 9 && strncasecmp(name.ptr, "localhost", 9) == 0)
		return true; /* curl asks nobody for it */
	if (ip_parse(name, &ip, &err) < 0)
		return false;
	if (ip.family == IP_V4)
		return ip.bytes[0] == 127;
	for (size_t i = 0; i < 15; i++)
		if (ip.bytes[i])
			return false;
	return ip.bytes[15] == 1;
}

int webhook_url_parse(struct str url, bool is_insecure, struct webhook_url *out, struct err *err)
{
	bool		   is_tls = starts_so(url, "https://");
	struct str	   rest = str_skip(url, is_tls ? 8 : 7), name;
	struct webhook_url made;
	size_t		   len = 0;

	if (!is_tls && !starts_so(url, "http://"))
		return err_set(err, ERR_USAGE, "webhook: expected https://HOST/…");
	while (len < rest.len && !strchr("/?", rest.ptr[len]))
		len++;
	made.host = str_head(rest, len);
	if (url.len > WEBHOOK_URL_MAX)
		return err_set(err, ERR_USAGE, "webhook: a URL of more than %d bytes",
			       WEBHOOK_URL_MAX);
	if (has_foreign_bytes(made.host, "@#%\"<>\\^`{|}") || split_host(made.host, &name) < 0)
		return err_set(err, ERR_USAGE,
			       "webhook: expected a host, with a port perhaps, and no user name,"
			       " after '//'");
	if (has_foreign_bytes(rest, "#\"<>\\^`{|}"))
		return err_set(err, ERR_USAGE,
			       "webhook of '%.*s': the URL has a fragment, or bytes that belong"
			       " into none",
			       STR_ARG(made.host));
	made.is_loopback = is_loopback(name);
	if (!is_tls && !made.is_loopback && !is_insecure)
		return err_set(err, ERR_USAGE,
			       "webhook of '%.*s': http:// lets others read along; https://, or the"
			       " option insecure",
			       STR_ARG(made.host));
	*out = made;
	return 0;
}
