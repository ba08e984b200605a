/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/fetch/document.h"

enum { DOCUMENT_MAX = 1 << 20 };

/* Pages of one call put into one document. */
struct made {
	struct buf	text;
	struct left_out left_out;
	struct err	err;
	int		result;
};

static struct made made_of(const char *action, const char *const *pages, document_row_fn *row)
{
	const struct fetch_call *call = fetch_call_find(action);
	struct made		 made = { .text = buf_make(DOCUMENT_MAX) };
	struct arena		 arena = { 0 };
	struct document		 document = { .call = call,
					      .shape = shape_parse(&arena, call->fields, fetch_pieces),
					      .row = row,
					      .convert.left_out = &made.left_out };

	document_begin(&document, &made.text, call->of_is_said ? call->of_parameter : NULL,
		       str_of("x-1"));
	for (; *pages && made.result == 0; pages++) {
		auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
		const struct xml_node		  *root;

		CHECK(xml_reader_feed(reader, *pages, strlen(*pages), &made.err) == 0);
		root = xml_reader_end(reader, &made.err);
		made.result = document_page(&document, root, &made.err);
	}
	document_end(&document);
	document_done(&document);
	arena_done(&arena);
	return made;
}

static void made_done(struct made *made)
{
	buf_done(&made->text);
	left_out_done(&made->left_out);
}

TEST(fetch_document_joins_the_rows_of_all_pages)
{
	static const char *const pages[] = {
		"<DescribeInternetGatewaysResponse><internetGatewaySet><item>"
		"<internetGatewayId>igw-1</internetGatewayId></item></internetGatewaySet>"
		"<nextToken>t</nextToken></DescribeInternetGatewaysResponse>",
		"<DescribeInternetGatewaysResponse><internetGatewaySet/></"
		"DescribeInternetGatewaysResponse>",
		"<DescribeInternetGatewaysResponse><internetGatewaySet><item>"
		"<internetGatewayId>igw-2</internetGatewayId><tagSet/></item></internetGatewaySet>"
		"</DescribeInternetGatewaysResponse>",
		NULL
	};
	struct made made = made_of("DescribeInternetGateways", pages, NULL);

	CHECK_TEXT(made.text.data, "{\n"
				   "    \"InternetGateways\": [\n"
				   "        {\n"
				   "            \"InternetGatewayId\": \"igw-1\"\n"
				   "        },\n"
				   "        {\n"
				   "            \"InternetGatewayId\": \"igw-2\",\n"
				   "            \"Tags\": []\n"
				   "        }\n"
				   "    ]\n"
				   "}\n");
	CHECK(made.left_out.count == 0);
	made_done(&made);
}

TEST(fetch_document_without_rows_has_an_empty_list)
{
	static const char *const pages[] = { "<DescribeVpcsResponse/>", NULL };
	struct made		 made = made_of("DescribeVpcs", pages, NULL);

	CHECK_TEXT(made.text.data, "{\n    \"Vpcs\": []\n}\n");
	made_done(&made);
}

TEST(fetch_document_says_whose_rows_they_are_and_keeps_the_last_of_what_is_beside_them)
{
	static const char *const pages[] = {
		"<r><routeSet/><additionalRoutesAvailable>true</additionalRoutesAvailable></r>",
		"<r><routeSet/><additionalRoutesAvailable>false</additionalRoutesAvailable></r>",
		NULL
	};
	struct made made = made_of("SearchTransitGatewayRoutes", pages, NULL);

	CHECK_TEXT(made.text.data, "{\n"
				   "    \"TransitGatewayRouteTableId\": \"x-1\",\n"
				   "    \"Routes\": [],\n"
				   "    \"AdditionalRoutesAvailable\": false\n"
				   "}\n");
	made_done(&made);
}

TEST(fetch_document_of_one_object_has_no_list)
{
	static const char *const pages[] = {
		"<r><vpcBlockPublicAccessOptions><internetGatewayBlockMode>off</"
		"internetGatewayBlockMode>"
		"</vpcBlockPublicAccessOptions></r>",
		NULL
	};
	struct made made = made_of("DescribeVpcBlockPublicAccessOptions", pages, NULL);

	CHECK_TEXT(made.text.data, "{\n"
				   "    \"VpcBlockPublicAccessOptions\": {\n"
				   "        \"InternetGatewayBlockMode\": \"off\"\n"
				   "    }\n"
				   "}\n");
	made_done(&made);
}

TEST(fetch_document_leaves_out_secrets_and_names_what_it_does_not_know)
{
	static const char *const pages[] = {
		"<r><vpnConnectionSet><item><customerGatewayConfiguration>psk</"
		"customerGatewayConfiguration>"
		"<later>1</later><options><tunnelOptionSet><item><preSharedKey>psk</preSharedKey>"
		"<quantum/></item><item><quantum/></item></tunnelOptionSet></options></item></"
		"vpnConnectionSet>"
		"<more/></r>",
		NULL
	};
	static const char *const places[] = {
		"DescribeVpnConnections: VpnConnections.Options.TunnelOptions.quantum",
		"DescribeVpnConnections: VpnConnections.later", "DescribeVpnConnections: more"
	};
	struct made made = made_of("DescribeVpnConnections", pages, NULL);

	CHECK(strstr(made.text.data, "psk") == NULL);
	CHECK(made.left_out.count == ARRAY_LEN(places));
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		CHECK_TEXT(made.left_out.places[i].ptr, places[i]);
	made_done(&made);
}

static bool is_second(void *context, const struct xml_node *row)
{
	(void)context;
	return str_is(xml_text(row, "vpcId"), "vpc-2");
}

TEST(fetch_document_takes_only_the_rows_that_are_chosen)
{
	static const char *const pages[] = { "<r><vpcSet><item><vpcId>vpc-1</vpcId></"
					     "item><item><vpcId>vpc-2</vpcId></item></vpcSet></r>",
					     NULL };
	struct made		 made = made_of("DescribeVpcs", pages, is_second);

	CHECK(strstr(made.text.data, "vpc-1") == NULL);
	CHECK(strstr(made.text.data, "vpc-2") != NULL);
	made_done(&made);
}

TEST(fetch_document_needs_the_result_of_a_load_balancers_answer)
{
	static const char *const pages[] = { "<DescribeRulesResponse/>", NULL };
	struct made		 made = made_of("DescribeRules", pages, NULL);

	CHECK(made.result == -1);
	CHECK_TEXT(made.err.text, "DescribeRules: the answer has no DescribeRulesResult");
	made_done(&made);
}

/* Every row of the table can be read, and what depends on another call finds it there. */
TEST(fetch_calls_are_sound)
{
	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		struct arena		 arena = { 0 };
		const struct shape	*shape = shape_parse(&arena, call->fields, fetch_pieces);
		const struct fetch_call *of = call->of ? fetch_call_find(call->of) : NULL;

		CHECK(shape->inner != NULL);
		CHECK(!call->of || (of && of < call)); /* the table is in the order of asking */
		CHECK(!call->of || call->of_parameter || call->of_filter);
		if (of) {
			const struct shape *row = shape_parse(&arena, of->fields, fetch_pieces);
			bool		    found = false;

			for (row = row->inner->inner->inner; row; row = row->next)
				found = found || str_is(row->json, call->of_member);
			CHECK(found);
		}
		arena_done(&arena);
	}
}

TEST(fetch_call_words_are_those_of_the_cli)
{
	char words[64];

	fetch_call_words(fetch_call_find("DescribeVpcs"), words, sizeof(words));
	CHECK_TEXT(words, "describe-vpcs");
	fetch_call_words(fetch_call_find("SearchTransitGatewayRoutes"), words, sizeof(words));
	CHECK_TEXT(words, "search-transit-gateway-routes");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fetch_document_joins_the_rows_of_all_pages),
		cmocka_unit_test(fetch_document_without_rows_has_an_empty_list),
		cmocka_unit_test(
			fetch_document_says_whose_rows_they_are_and_keeps_the_last_of_what_is_beside_them),
		cmocka_unit_test(fetch_document_of_one_object_has_no_list),
		cmocka_unit_test(fetch_document_leaves_out_secrets_and_names_what_it_does_not_know),
		cmocka_unit_test(fetch_document_takes_only_the_rows_that_are_chosen),
		cmocka_unit_test(fetch_document_needs_the_result_of_a_load_balancers_answer),
		cmocka_unit_test(fetch_calls_are_sound),
		cmocka_unit_test(fetch_call_words_are_those_of_the_cli),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
