/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/place.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/client.h"
#include "lib/aws/form.h"
#include "lib/base/mem.h"

enum { FORM_MAX = 4096 };

static void add_stats(struct aws_client_stats *sum, struct aws_client_stats stats)
{
	sum->calls += stats.calls;
	sum->retries += stats.retries;
	sum->throttled += stats.throttled;
	sum->paused_ms += stats.paused_ms;
}

/* One call without parameters. */
static int ask_once(struct aws_client *client, const char *action, const char *root,
		    struct aws_reply *reply, struct err *err)
{
	auto_aws_http struct aws_http *http = aws_http_new();
	auto_buf struct buf	       form = buf_make(FORM_MAX);
	struct aws_call		       call;

	aws_form_begin(&form, strcmp(action, "GetCallerIdentity") == 0 ? AWS_STS : AWS_EC2, action);
	call = aws_form_call(action, root, &form);
	return aws_call(client, http, &call, reply, err);
}

static bool is_account(struct str text)
{
	bool digits = text.len == ACCOUNT_SIZE - 1;

	for (size_t i = 0; i < text.len; i++)
		digits = digits && isdigit((unsigned char)text.ptr[i]);
	return digits;
}

int place_account_find(struct place_account *account, struct str region, struct err *err)
{
	auto_aws_client struct aws_client *client = aws_client_open(account->chain, AWS_STS, region,
								    err);
	auto_aws_reply struct aws_reply	   reply = { 0 };
	const struct xml_node		  *result;
	struct str			   id;
	auto_buf struct buf		   arn = buf_make(FORM_MAX);

	if (!client ||
	    ask_once(client, "GetCallerIdentity", "GetCallerIdentityResponse", &reply, err) < 0)
		return -1;
	result = xml_child(reply.root, "GetCallerIdentityResult");
	id = xml_text(result, "Account");
	if (!is_account(id))
		return err_set(err, ERR_REMOTE, "sts GetCallerIdentity: no account of 12 digits");
	memcpy(account->id, id.ptr, id.len);
	buf_add_visible(&arn, xml_text(result, "Arn"));
	account->arn = mem_copy_str(arn.data);
	add_stats(&account->stats, aws_client_stats(client));
	return 0;
}

void place_account_done(struct place_account *account)
{
	if (account->chain)
		aws_creds_close(account->chain);
	free(account->arn);
	*account = (struct place_account){ 0 };
}

bool place_is_region(struct str text)
{
	bool fits = text.len > 0 && text.len < AWS_REGION_SIZE &&
		    islower((unsigned char)text.ptr[0]);

	for (size_t i = 0; i < text.len; i++)
		fits = fits && (islower((unsigned char)text.ptr[i]) ||
				isdigit((unsigned char)text.ptr[i]) || text.ptr[i] == '-');
	return fits;
}

int place_regions(struct place_account *account, struct str region, char out[][AWS_REGION_SIZE],
		  struct err *err)
{
	auto_aws_client struct aws_client *client = aws_client_open(account->chain, AWS_EC2, region,
								    err);
	auto_aws_reply struct aws_reply	   reply = { 0 };
	const struct xml_node		  *item;
	int				   count = 0;

	if (!client ||
	    ask_once(client, "DescribeRegions", "DescribeRegionsResponse", &reply, err) < 0)
		return -1;
	item = xml_child(reply.root, "regionInfo");
	for (item = item ? item->first : NULL; item; item = item->next) {
		struct str name = xml_text(item, "regionName");

		if (!place_is_region(name) || count == REGIONS_MAX)
			return err_set(err, ERR_REMOTE,
				       "ec2 DescribeRegions: '%.*s' is no name of a Region, or one "
				       "of more than %d",
				       STR_ARG(name), REGIONS_MAX);
		memcpy(out[count], name.ptr, name.len);
		out[count++][name.len] = '\0';
	}
	add_stats(&account->stats, aws_client_stats(client));
	return count ? count
		     : err_set(err, ERR_REMOTE, "ec2 DescribeRegions: the account has no Region");
}

int place_open(struct place *place, const struct place_account *account, struct str region,
	       struct err *err)
{
	*place = (struct place){ .account = account };
	memcpy(place->region, region.ptr, region.len);
	place->ec2 = aws_client_open(account->chain, AWS_EC2, region, err);
	place->elb = place->ec2 ? aws_client_open(account->chain, AWS_ELB, region, err) : NULL;
	if (place->elb)
		return 0;
	place_close(place);
	return -1;
}

void place_close(struct place *place)
{
	aws_client_free(place->ec2);
	aws_client_free(place->elb);
	*place = (struct place){ 0 };
}

struct aws_client_stats place_stats(const struct place *place)
{
	struct aws_client_stats sum = aws_client_stats(place->ec2);

	add_stats(&sum, aws_client_stats(place->elb));
	return sum;
}
