/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/identity/metadata_answer.h"

#include <string.h>

#include "sensor/identity/metadata_text.h"

/* Whether an array has the end of its text, and that is an id of AWS's or "". */
static bool is_sane_id(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	return len < size && (len == 0 || metadata_is_id((struct str){ text, len }));
}

static bool is_sane_ip(struct ip ip)
{
	struct ip same = { 0 };

	if (ip.family == IP_V4 || ip.family == IP_V6)
		same = ip_from_bytes(ip.family, ip.bytes);
	return same.family != IP_NONE && memcmp(same.bytes, ip.bytes, sizeof(ip.bytes)) == 0;
}

static bool is_sane_cidr(struct cidr cidr)
{
	return is_sane_ip(cidr.base) && cidr.prefix_len <= ip_bits(cidr.base) &&
	       ip_eq(ip_mask(cidr.base, cidr.prefix_len), cidr.base);
}

static bool is_sane_identity(const struct identity *identity)
{
	bool sane = is_sane_id(identity->account_id, sizeof(identity->account_id)) &&
		    is_sane_id(identity->region, sizeof(identity->region)) &&
		    is_sane_id(identity->az_id, sizeof(identity->az_id)) &&
		    is_sane_id(identity->vpc_id, sizeof(identity->vpc_id)) &&
		    is_sane_id(identity->subnet_id, sizeof(identity->subnet_id)) &&
		    is_sane_id(identity->instance_id, sizeof(identity->instance_id)) &&
		    identity->vpc_cidr_count <= IDENTITY_CIDRS_MAX;

	for (size_t i = 0; sane && i < identity->vpc_cidr_count; i++)
		sane = is_sane_cidr(identity->vpc_cidrs[i]);
	return sane;
}

static bool is_sane_eni(const struct metadata_eni *eni)
{
	bool sane = eni->state < METADATA_STATE_COUNT && is_sane_id(eni->id, sizeof(eni->id)) &&
		    is_sane_id(eni->vpc_id, sizeof(eni->vpc_id)) &&
		    is_sane_id(eni->subnet_id, sizeof(eni->subnet_id)) &&
		    is_sane_id(eni->owner_id, sizeof(eni->owner_id)) &&
		    eni->address_count <= METADATA_ADDRESSES_MAX &&
		    eni->prefix_count <= METADATA_PREFIXES_MAX &&
		    eni->vpc_cidr_count <= IDENTITY_CIDRS_MAX;

	for (size_t i = 0; sane && i < eni->address_count; i++)
		sane = is_sane_ip(eni->addresses[i]);
	for (size_t i = 0; sane && i < eni->prefix_count; i++)
		sane = is_sane_cidr(eni->prefixes[i]);
	for (size_t i = 0; sane && i < eni->vpc_cidr_count; i++)
		sane = is_sane_cidr(eni->vpc_cidrs[i]);
	return sane;
}

bool metadata_answer_is_sane(const struct metadata_answer *answer)
{
	if (answer->state >= METADATA_STATE_COUNT ||
	    strnlen(answer->why, sizeof(answer->why)) == sizeof(answer->why))
		return false;
	if (answer->topic == METADATA_INSTANCE)
		return is_sane_identity(&answer->identity);
	return answer->topic == METADATA_ENI && is_sane_eni(&answer->eni);
}
