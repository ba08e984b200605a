/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/identity/metadata_text.h"

#include <stdio.h>
#include <string.h>

enum { MAC_BYTES = 6 };

bool metadata_is_id(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return text.len > 0;
}

int metadata_parse_id(struct str text, const char *path, char *out, size_t size, struct err *err)
{
	struct str id = str_trim(text);

	if (!metadata_is_id(id) || id.len >= size)
		return err_set(err, ERR_REMOTE, "%s: not an id or a name of AWS's", path);
	memcpy(out, id.ptr, id.len);
	out[id.len] = '\0';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int metadata_parse_mac(struct str text, uint8_t out[static MAC_BYTES], struct err *err)
{
	struct str mac = str_trim(text);
	uint8_t	   bytes[MAC_BYTES];
	bool	   good = mac.len == MAC_TEXT_SIZE - 1;

	for (size_t i = 0; good && i < MAC_BYTES; i++) {
		int high = hex_digit(mac.ptr[3 * i]), low = hex_digit(mac.ptr[3 * i + 1]);

		good = high >= 0 && low >= 0 && (i == MAC_BYTES - 1 || mac.ptr[3 * i + 2] == ':');
		bytes[i] = good ? (uint8_t)(high << 4 | low) : 0;
	}
	if (!good)
		return err_set(err, ERR_REMOTE, "mac: not an address of a network card");
	memcpy(out, bytes, sizeof(bytes));
	return 0;
}

void metadata_print_mac(const uint8_t mac[static MAC_BYTES], char out[static MAC_TEXT_SIZE])
{
	snprintf(out, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

static void add_ip(struct ip_list list, struct ip ip)
{
	for (uint32_t i = 0; i < *list.count; i++)
		if (ip_eq(list.items[i], ip))
			return;
	if (*list.count < list.max)
		list.items[(*list.count)++] = ip;
}

static void add_cidr(struct cidr_list list, struct cidr cidr)
{
	for (uint32_t i = 0; i < *list.count; i++)
		if (cidr_eq(list.items[i], cidr))
			return;
	if (*list.count < list.max)
		list.items[(*list.count)++] = cidr;
}

int metadata_add_ips(struct ip_list list, struct str text, const char *path, struct err *err)
{
	uint32_t before = *list.count;

	while (text.len) {
		struct str line = str_trim(str_cut(&text, '\n'));
		struct ip  ip;

		if (line.len == 0)
			continue;
		if (ip_parse(line, &ip, err) < 0) {
			*list.count = before;
			return err_set(err, ERR_REMOTE, "%s: not a list of addresses", path);
		}
		add_ip(list, ip);
	}
	return 0;
}

int metadata_add_cidrs(struct cidr_list list, struct str text, const char *path, struct err *err)
{
	uint32_t before = *list.count;

	while (text.len) {
		struct str  line = str_trim(str_cut(&text, '\n'));
		struct cidr cidr;

		if (line.len == 0)
			continue;
		if (cidr_parse_masked(line, &cidr, err) < 0) {
			*list.count = before;
			return err_set(err, ERR_REMOTE, "%s: not a list of blocks", path);
		}
		add_cidr(list, cidr);
	}
	return 0;
}
