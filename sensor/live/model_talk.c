/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/model_talk.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "sensor/hearer.h"
#include "sensor/live/live.h"
#include "sensor/live/model.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, TEXT_MAX = 1024 };

static void add_age(int64_t age_s, struct buf *out)
{
	static const struct {
		int64_t	    seconds;
		const char *unit;
	} units[] = { { DAY_S, "d" }, { HOUR_S, "h" }, { MINUTE_S, "m" }, { 1, "s" } };

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (age_s < 2 * units[i].seconds && i + 1 < ARRAY_LEN(units))
			continue;
		buf_printf(out, "%lld %s old", (long long)(age_s / units[i].seconds),
			   units[i].unit);
		return;
	}
}

void model_talk_print(const struct model *model, struct buf *out)
{
	int64_t now_s = clock_seconds(clock_now().wall);
	char	taken[CLOCK_TIME_SIZE];

	buf_add_text(out, "snapshot");
	if (model->snapshot_s) {
		clock_print_time(model->snapshot_s, taken);
		buf_printf(out, " of %s (", taken);
		add_age(now_s > model->snapshot_s ? now_s - model->snapshot_s : 0, out);
		buf_add_char(out, ')');
	}
	buf_printf(out, ", %zu interfaces, %llu rules", model->world->counts[WORLD_ENI],
		   (unsigned long long)model->rules);
	if (model->intent) {
		buf_add_text(out, ", policy ");
		buf_add_visible(out, model->intent->source);
	}
}

void model_talk_warn(const struct model *model)
{
	const struct intent *intent = model->intent;

	if (!hearer_is_there(0))
		return;
	if (model->world->denial_count)
		cli_warn("snapshot: %zu call%s denied when it was fetched; what hangs on that is "
			 "unknown (weir check-snapshot names them)",
			 model->world->denial_count,
			 model->world->denial_count > 1 ? "s were" : " was");
	for (uint32_t i = 0; intent && i < intent->tier_count; i++)
		if (judge_is_empty(model->judge, i))
			cli_warn("%.*s:%u: no interface of the snapshot is in tier '%.*s'",
				 STR_ARG(intent->source), intent->tiers[i].line,
				 STR_ARG(intent->tiers[i].name));
}

void model_talk_loaded(const struct model *model)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	if (!hearer_is_there(0))
		return;
	model_talk_print(model, &text);
	(void)dprintf(STDERR_FILENO, "sensor: judging by the new %s\n", text.data);
	model_talk_warn(model);
}

void model_talk_refused(const struct err_list *errors, bool has_old)
{
	struct err last;

	if (!hearer_is_there(0))
		return;
	(void)cli_complain_all(errors, &last);
	cli_complain(&last);
	cli_warn("the new snapshot or policy is refused, %s",
		 has_old ? "judging by the old one" : "judging nothing until there is another");
}

void model_talk_stranger(const struct live_interface *stranger)
{
	if (!hearer_is_there(0))
		return;
	if (stranger->vpc_id.len)
		cli_warn("interface '%s': its VPC, %.*s, is not in the snapshot, so its flows are "
			 "not judged; this is the snapshot of another place",
			 stranger->ifname, STR_ARG(stranger->vpc_id));
	else if (stranger->id.len)
		cli_warn("interface '%s': %.*s is not in the snapshot, so its flows are not "
			 "judged; fetch the VPC that it is in",
			 stranger->ifname, STR_ARG(stranger->id));
	else
		cli_warn("interface '%s': no interface of the snapshot has its address, so its "
			 "flows are not judged; name it: --interface %s=ENI",
			 stranger->ifname, stranger->ifname);
}
