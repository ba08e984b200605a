/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"

static void PRINTF_LIKE(2, 0) set_text(struct err *err, const char *format, va_list args)
{
	vsnprintf(err->text, sizeof(err->text), format, args);
}

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	*err = (struct err){ .kind = kind };
	va_start(args, format);
	set_text(err, format, args);
	va_end(args);
	return -1;
}

int err_sys(struct err *err, const char *format, ...)
{
	int	saved = errno;
	va_list args;
	size_t	len;

	*err = (struct err){ .kind = ERR_SYSTEM, .sys_errno = saved };
	va_start(args, format);
	set_text(err, format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

int err_at(struct err *err, const char *source, uint32_t line, uint32_t column, const char *format,
	   ...)
{
	va_list args;

	*err = (struct err){ .kind = ERR_INPUT, .line = line, .column = column };
	snprintf(err->source, sizeof(err->source), "%s", source ? source : "");
	va_start(args, format);
	set_text(err, format, args);
	va_end(args);
	return -1;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char	before[sizeof(err->text)];
	va_list args;
	size_t	len;

	memcpy(before, err->text, sizeof(before));
	va_start(args, format);
	set_text(err, format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %.*s",
		 (int)(sizeof(err->text) - len - 3), before);
	return -1;
}

int err_in(struct err *err, const char *source)
{
	if (!err->source[0])
		snprintf(err->source, sizeof(err->source), "%s", source);
	return -1;
}

void err_print(const struct err *err, char *out, size_t size)
{
	auto_buf struct buf buf = buf_make(size ? size - 1 : 0);

	if (err->source[0]) {
		buf_add_visible(&buf, str_of(err->source));
		if (err->line)
			buf_printf(&buf, ":%u", err->line);
		if (err->line && err->column)
			buf_printf(&buf, ":%u", err->column);
		buf_add_text(&buf, ": ");
	}
	buf_add_visible(&buf, str_of(err->text));
	snprintf(out, size, "%s", buf.data);
}

int err_exit_status(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return 0;
	case ERR_USAGE:
		return 2;
	case ERR_INPUT:
	case ERR_SYSTEM:
		return 3;
	case ERR_REMOTE:
		return 5;
	case ERR_KIND_COUNT:
		break;
	}
	return 70;
}

void err_list_add(struct err_list *list, const struct err *err)
{
	if (list->count < ERR_LIST_MAX)
		list->items[list->count++] = *err;
	list->total++;
}
