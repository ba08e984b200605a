/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/findings.h"

#define BIT(finding) (UINT32_C(1) << (finding))

static int parse_word(struct str word, uint32_t *out, struct err *err)
{
	static const char *const words[FINDING_COUNT] = {
		[FINDING_UNEXPECTED] = "unexpected",
		[FINDING_CONTRADICTION] = "contradiction",
		[FINDING_REJECTED] = "rejected",
		[FINDING_UNKNOWN] = "unknown",
		[FINDING_EXPIRED_WAIVER] = "expired-waiver",
	};

	for (int i = 0; i < FINDING_COUNT; i++) {
		if (!str_is(word, words[i]))
			continue;
		*out |= BIT(i);
		return 0;
	}
	return err_set(err, ERR_USAGE,
		       "--fail-on '%.*s': expected none, or some of unexpected, contradiction, "
		       "rejected, unknown, expired-waiver",
		       STR_ARG(word));
}

int findings_parse(const char *text, uint32_t *out, struct err *err)
{
	struct str rest = str_of(text);
	uint32_t   found = 0;

	if (!text) {
		*out = FINDINGS_DEFAULT;
		return 0;
	}
	if (str_is(rest, "none")) {
		*out = 0;
		return 0;
	}
	do {
		if (parse_word(str_cut(&rest, ','), &found, err) < 0)
			return -1;
	} while (rest.len);
	*out = found;
	return 0;
}

uint32_t findings_of(const struct tally_answer *answer, const struct waivers *waivers)
{
	const struct sums *totals = answer->totals;
	uint32_t	   found = 0;

	found |= totals[RECORD_UNEXPECTED].records ? BIT(FINDING_UNEXPECTED) : 0;
	found |= totals[RECORD_CONTRADICTION].records ? BIT(FINDING_CONTRADICTION) : 0;
	found |= totals[RECORD_REJECTED].records ? BIT(FINDING_REJECTED) : 0;
	found |= answer->undecided ? BIT(FINDING_UNKNOWN) : 0;
	for (size_t i = 0; i < waivers->count; i++)
		found |= waivers->items[i].after.records ? BIT(FINDING_EXPIRED_WAIVER) : 0;
	return found;
}
