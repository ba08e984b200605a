/* SPDX-License-Identifier: Apache-2.0 */
/* What instance metadata say, and what anybody in their place might: only ids, addresses and blocks get through. */
#include "lib/base/mark.h"
#include "sensor/identity/metadata_text.h"
#include "tests/unit/unit.h"

TEST(an_id_is_lower_case_letters_digits_and_hyphens)
{
	static const struct {
		const char *text, *id;
	} good[] = { { "eni-0123456789abcdef0", "eni-0123456789abcdef0" },
		     { "111122223333\n", "111122223333" },
		     { " euw1-az1\r\n", "euw1-az1" },
		     { "0123456789012345678901234567890", "0123456789012345678901234567890" } };
	static const char *const bad[] = { "",
					   "\n",
					   "eni-1 eni-2",
					   "eni-1\neni-2",
					   "../../etc",
					   "eni-\x1b[31m",
					   "ENI-1",
					   "eni_1",
					   "eni-\xc3\xa9",
					   "<?xml version=\"1.0\"?>",
					   "01234567890123456789012345678901" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char	   id[32];
		struct err err;

		CHECK(metadata_parse_id(str_of(good[i].text), "x", id, sizeof(id), &err) == 0);
		CHECK_TEXT(id, good[i].id);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char	   id[32] = "as before";
		struct err err;

		CHECK(metadata_parse_id(str_of(bad[i]), "some/path", id, sizeof(id), &err) == -1);
		CHECK_TEXT(id, "as before");
		CHECK(err.kind == ERR_REMOTE);
		CHECK_TEXT(err.text, "some/path: not an id or a name of AWS's");
	}
}

TEST(an_id_with_a_nul_in_it_is_none)
{
	CHECK(!metadata_is_id(STR_LITERAL("eni-1\0eni-2")));
}

TEST(a_mac_is_read_as_it_is_printed)
{
	static const char *const bad[] = { "",
					   "0a:ff:c2:00:00",
					   "0a:ff:c2:00:00:0",
					   "0a:ff:c2:00:00:011",
					   "0A:ff:c2:00:00:01",
					   "0a-ff-c2-00-00-01",
					   "0a:ff:c2:00:00:01/",
					   "0a:ff:c2:00:00:0g" };
	static const uint8_t	 bytes[6] = { 0x0a, 0xff, 0xc2, 0, 0, 1 };
	uint8_t			 mac[6];
	char			 text[MAC_TEXT_SIZE];
	struct err		 err;

	CHECK(metadata_parse_mac(str_of("0a:ff:c2:00:00:01\n"), mac, &err) == 0);
	CHECK(memcmp(mac, bytes, sizeof(mac)) == 0);
	metadata_print_mac(mac, text);
	CHECK_TEXT(text, "0a:ff:c2:00:00:01");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(metadata_parse_mac(str_of(bad[i]), mac, &err) == -1);
		CHECK(memcmp(mac, bytes, sizeof(mac)) == 0);
	}
}

TEST(addresses_stand_once_each_in_their_order_and_no_more_than_there_is_room_for)
{
	struct ip      items[3];
	uint32_t       count = 0;
	struct ip_list list = { items, &count, ARRAY_LEN(items) };
	struct err     err;

	CHECK(metadata_add_ips(list, str_of("10.0.1.10\n10.0.1.11\r\n\n10.0.1.10"), "x", &err) ==
	      0);
	CHECK(count == 2 && ip_eq(items[0], ip_v4(10, 0, 1, 10)) &&
	      ip_eq(items[1], ip_v4(10, 0, 1, 11)));
	CHECK(metadata_add_ips(list, str_of("2001:db8::1\n2001:db8::2"), "x", &err) == 0);
	CHECK(count == 3 && items[2].family == IP_V6);
}

TEST(a_list_with_one_bad_line_adds_nothing)
{
	static const char *const bad[] = { "10.0.1.10\n10.0.1", "10.0.1.10\nx",
					   "10.0.1.10 10.0.1.11" };
	struct ip		 ips[4] = { 0 };
	struct cidr		 cidrs[4] = { 0 };
	uint32_t		 ip_count = 0, cidr_count = 0;
	struct err		 err;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ip_list list = { ips, &ip_count, ARRAY_LEN(ips) };

		CHECK(metadata_add_ips(list, str_of(bad[i]), "ipv6s", &err) == -1);
		CHECK(ip_count == 0);
		CHECK_TEXT(err.text, "ipv6s: not a list of addresses");
	}
	CHECK(metadata_add_cidrs((struct cidr_list){ cidrs, &cidr_count, ARRAY_LEN(cidrs) },
				 str_of("10.0.0.0/16\n10.0.0.0"), "blocks", &err) == -1);
	CHECK(cidr_count == 0);
}

TEST(blocks_of_both_families_stand_once_each)
{
	struct cidr	 items[4];
	uint32_t	 count = 0;
	struct cidr_list list = { items, &count, ARRAY_LEN(items) };
	char		 text[CIDR_TEXT_SIZE];
	struct err	 err;

	CHECK(metadata_add_cidrs(list, str_of("10.0.0.0/16"), "x", &err) == 0);
	CHECK(metadata_add_cidrs(list, str_of("10.1.0.0/16\n10.0.0.0/16\n2001:db8::/56"), "x",
				 &err) == 0);
	CHECK(count == 3);
	cidr_print(items[0], text);
	CHECK_TEXT(text, "10.0.0.0/16");
	cidr_print(items[2], text);
	CHECK_TEXT(text, "2001:db8::/56");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_lower_case_letters_digits_and_hyphens),
		cmocka_unit_test(an_id_with_a_nul_in_it_is_none),
		cmocka_unit_test(a_mac_is_read_as_it_is_printed),
		cmocka_unit_test(
			addresses_stand_once_each_in_their_order_and_no_more_than_there_is_room_for),
		cmocka_unit_test(a_list_with_one_bad_line_adds_nothing),
		cmocka_unit_test(blocks_of_both_families_stand_once_each),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
