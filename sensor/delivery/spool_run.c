/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/spool_run.h"

struct spool_run spool_run_take(struct str *rest, const struct spool_args *args, size_t begin_size,
				uint64_t *torn)
{
	uint32_t	 period_s = args->period_s ? args->period_s : 60;
	struct spool_run run = { 0 };

	while (rest->len) {
		struct str	    ahead = *rest, one = str_cut(&ahead, '\n');
		struct segment_line line;
		bool		    is_line = segment_line_parse(one, &line);

		if (!is_line && run.lines)
			break;
		if (is_line && run.lines &&
		    ((args->period_s && line.end_s - line.end_s % period_s != run.period_s) ||
		     run.text.len + one.len >= args->segment_max - begin_size))
			break;
		*rest = ahead;
		*torn += !is_line;
		if (!is_line)
			continue;
		if (!run.lines++)
			run = (struct spool_run){ .text.ptr = one.ptr,
						  .lines = 1,
						  .period_s = line.end_s - line.end_s % period_s,
						  .oldest_s = line.end_s };
		run.text.len += one.len + 1;
		run.oldest_s = line.end_s < run.oldest_s ? line.end_s : run.oldest_s;
	}
	return run;
}
