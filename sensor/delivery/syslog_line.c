/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/syslog_line.h"

#include <assert.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include "sensor/delivery/notice_text.h"

static const struct {
	const char *name;
	int	    facility;
} facilities[] = {
	{ "auth", LOG_AUTH },	  { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON },
	{ "daemon", LOG_DAEMON }, { "ftp", LOG_FTP },		{ "lpr", LOG_LPR },
	{ "mail", LOG_MAIL },	  { "news", LOG_NEWS },		{ "syslog", LOG_SYSLOG },
	{ "user", LOG_USER },	  { "uucp", LOG_UUCP },		{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 },	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
};

int syslog_facility(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
		if (str_is(name, facilities[i].name))
			return facilities[i].facility >> 3;
	return -1;
}

unsigned notice_severity(enum notice_verdict verdict)
{
	static const unsigned severities[] = {
		[NOTICE_UNEXPECTED] = LOG_WARNING,
		[NOTICE_CONTRADICTION] = LOG_WARNING,
		[NOTICE_WOULD_DENY] = LOG_NOTICE,
		[NOTICE_OTHER] = LOG_NOTICE,
	};

	_Static_assert(ARRAY_LEN(severities) == NOTICE_VERDICT_COUNT, "each verdict has one");
	assert(verdict < NOTICE_VERDICT_COUNT);
	return severities[verdict];
}

int syslog_line(const struct notice *notice, const struct syslog_form *form, struct buf *out,
		struct err *err)
{
	/* strftime's %b would follow the locale. */
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t			 time = notice->time_s;
	struct tm		 local;

	if (!localtime_r(&time, &local))
		return err_sys(err, "an event of no year");
	buf_printf(out, "<%u>%s %2d %02d:%02d:%02d weir-sensor[%u]: ",
		   form->facility << 3 | notice_severity(notice->verdict), months[local.tm_mon],
		   local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, form->pid);
	if (form->is_json) {
		buf_add_text(out, "@cee: ");
		buf_add_json(out, notice->text);
	} else {
		notice_text(notice, out);
	}
	if (out->overflow)
		return err_set(err, ERR_INPUT, "an event of more than %d bytes, for syslog",
			       SYSLOG_LINE_MAX);
	return 0;
}
