/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"

enum { TEXT_MAX = 1 << 16 };

static unsigned roll(struct dice *dice, unsigned sides)
{
	return (unsigned)dice_roll(dice, sides);
}

static void add_selector(struct dice *dice, struct buf *text)
{
	switch (roll(dice, 9)) {
	case 0:
		buf_printf(text, " tag:Tier=t%u", roll(dice, 3));
		break;
	case 1:
		buf_printf(text, " sg-%u", roll(dice, 6));
		break;
	case 2:
		buf_printf(text, " subnet-%u", roll(dice, 6));
		break;
	case 3:
		buf_printf(text, " eni-%u", roll(dice, 14));
		break;
	case 4:
		buf_printf(text, " 10.%u.%u.%u/28", roll(dice, 3), roll(dice, 4),
			   16 * roll(dice, 3));
		break;
	case 5:
		buf_printf(text, " 10.%u.0.0/16", roll(dice, 3));
		break;
	case 6:
		buf_printf(text, " %u.%u.0.0/%u", roll(dice, 224), roll(dice, 4),
			   16 + roll(dice, 2));
		break;
	case 7:
		buf_printf(text, " 2001:db8:%u:%u::/64", roll(dice, 3), roll(dice, 4));
		break;
	default:
		buf_printf(text, " 10.%u.%u.%u", roll(dice, 3), roll(dice, 4), 4 + roll(dice, 28));
	}
}

static void add_tier_name(struct dice *dice, unsigned tiers, struct buf *text)
{
	unsigned tier = roll(dice, tiers + 2);

	if (tier == tiers)
		buf_add_text(text, " internet");
	else if (tier > tiers)
		buf_add_text(text, " any");
	else
		buf_printf(text, " tier%u", tier);
}

static void add_ports(struct dice *dice, struct buf *text)
{
	static const char *const ports[] = { "all",	"tcp/443",     "udp/53",    "icmp",
					     "icmp/8",	"icmpv6/128",  "tcp/22",    "tcp/0-1023",
					     "udp/123", "tcp/32768",   "tcp/32767", "proto/47",
					     "icmp/3",	"tcp/80,8080", "udp/67-547" };

	if (dice_one_in(dice, 4))
		buf_printf(text, " : tcp/%u", roll(dice, 65536));
	else
		buf_printf(text, " : %s", ports[roll(dice, ARRAY_LEN(ports))]);
}

static void add_date(struct dice *dice, struct buf *text)
{
	char date[CLOCK_DATE_SIZE];

	clock_print_date(RANDOM_POLICY_DAY - 2 + (int32_t)roll(dice, 5), date);
	buf_printf(text, " until %s owner me \"a reason\"", date);
}

static void add_statement(struct dice *dice, unsigned tiers, struct buf *text)
{
	static const char *const kinds[] = {
		"allow", "allow", "deny", "require", "waive", "waive"
	};
	unsigned kind = roll(dice, ARRAY_LEN(kinds));

	buf_add_text(text, kinds[kind]);
	add_tier_name(dice, tiers, text);
	buf_add_text(text, kind == 3 && dice_one_in(dice, 2) ? " -/->" : " ->");
	add_tier_name(dice, tiers, text);
	add_ports(dice, text);
	if (kind >= 4)
		add_date(dice, text);
	buf_add_char(text, '\n');
}

struct intent *random_policy(struct dice *dice)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	unsigned	    tiers = 1 + roll(dice, 5), statements = 1 + roll(dice, 10);
	struct err_list	    errors = { 0 };
	struct intent	   *intent;

	for (unsigned i = 0; i < tiers; i++) {
		unsigned selectors = 1 + roll(dice, 3);

		buf_printf(&text, "tier tier%u =", i);
		for (unsigned j = 0; j < selectors; j++)
			add_selector(dice, &text);
		buf_add_char(&text, '\n');
	}
	for (unsigned i = 0; i < statements; i++)
		add_statement(dice, tiers, &text);
	intent = intent_parse(buf_str(&text), "random.policy", &errors);
	if (!intent) {
		fprintf(stderr, "%.*s\nline %u: %s\n", STR_ARG(buf_str(&text)),
			errors.items[0].line, errors.items[0].text);
		exit(2);
	}
	return intent;
}
