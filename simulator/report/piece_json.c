/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/piece_json.h"

#include "lib/base/json.h"

enum { PROTOCOLS = 256, CODE_MAX = 255 };

static void put_except(cJSON *object, const struct packet_piece *piece)
{
	cJSON *list = cJSON_AddArrayToObject(object, "except");
	char   name[PROTO_TEXT_SIZE];

	for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
		if (!packet_piece_excepts(piece, protocol))
			continue;
		proto_print((int16_t)protocol, name);
		cJSON_AddItemToArray(list, cJSON_CreateString(name));
	}
}

void piece_json_put(cJSON *object, const struct packet_piece *piece)
{
	bool		  is_icmp = proto_is_icmp(piece->protocol);
	bool		  has_range = is_icmp || proto_has_ports(piece->protocol);
	struct port_range range = is_icmp ? piece->types : piece->ports;
	char		  name[PROTO_TEXT_SIZE];

	proto_print(piece->protocol, name);
	json_put_str(object, "protocol", str_of(piece->is_rest ? "other" : name));
	json_put_u64(object, "from", has_range ? range.min : 0);
	json_put_u64(object, "to", has_range ? range.max : UINT16_MAX);
	if (is_icmp && (piece->codes.min != 0 || piece->codes.max != CODE_MAX)) {
		json_put_u64(object, "code", piece->codes.min);
		json_put_u64(object, "code_to", piece->codes.max);
	}
	if (piece->is_rest)
		put_except(object, piece);
}
