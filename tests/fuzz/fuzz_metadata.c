/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of what is read of instance metadata: an id that is taken can stand in a record, a path and a name; a MAC
 * prints as it was read; a list holds no more than it has room for, each item once, and is as before when it is
 * refused.
 */
#include <string.h>

#include "lib/base/mark.h"
#include "sensor/identity/metadata_text.h"
#include "tests/fuzz/fuzz.h"

static void check_id(struct str text)
{
	char	   id[32] = "x";
	struct err err = { 0 };

	if (metadata_parse_id(text, "path", id, sizeof(id), &err) < 0) {
		PROPERTY(err.kind == ERR_REMOTE && strcmp(id, "x") == 0);
		return;
	}
	PROPERTY(strlen(id) > 0 &&
		 strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id));
}

static void check_mac(struct str text)
{
	uint8_t	   mac[6];
	char	   printed[MAC_TEXT_SIZE];
	struct err err;

	if (metadata_parse_mac(text, mac, &err) < 0)
		return;
	metadata_print_mac(mac, printed);
	PROPERTY(str_is(str_trim(text), printed));
}

static void check_lists(struct str text)
{
	struct ip	 ips[4];
	struct cidr	 cidrs[4];
	uint32_t	 ip_count = 0, cidr_count = 0;
	struct ip_list	 ip_list = { ips, &ip_count, ARRAY_LEN(ips) };
	struct cidr_list cidr_list = { cidrs, &cidr_count, ARRAY_LEN(cidrs) };
	struct err	 err;

	PROPERTY(metadata_add_ips(ip_list, text, "path", &err) == 0 || ip_count == 0);
	PROPERTY(metadata_add_cidrs(cidr_list, text, "path", &err) == 0 || cidr_count == 0);
	PROPERTY(ip_count <= ARRAY_LEN(ips) && cidr_count <= ARRAY_LEN(cidrs));
	for (uint32_t i = 0; i < ip_count; i++)
		for (uint32_t j = 0; j < i; j++)
			PROPERTY(!ip_eq(ips[i], ips[j]));
	for (uint32_t i = 0; i < cidr_count; i++)
		PROPERTY(cidrs[i].prefix_len <= ip_bits(cidrs[i].base));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	check_id(text);
	check_mac(text);
	check_lists(text);
	return 0;
}
