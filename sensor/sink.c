/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/sink.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/flow/writer.h"

/* Written when that many bytes are together; what one record can add fits above. */
enum { SINK_FLUSH_SIZE = 1 << 20, SINK_BUF_MAX = SINK_FLUSH_SIZE + FORMAT_LINE_MAX };

struct sink {
	struct file_draft
		      draft; /* its stream is where to write in every case; the rest for a draft */
	struct format format;
	const char   *path; /* borrowed */
	struct buf    lines;
	bool	      is_draft;
};

static int open_stream(struct sink *sink, bool whole, struct err *err)
{
	if (strcmp(sink->path, "-") == 0) {
		sink->draft.stream = stdout;
		return 0;
	}
	sink->is_draft = whole;
	if (sink->is_draft)
		return file_draft_open(&sink->draft, sink->path, err);
	sink->draft.stream = fopen(sink->path, "ae");
	if (!sink->draft.stream)
		return err_sys(err, "cannot write '%s'", sink->path);
	return 0;
}

struct sink *sink_open(const struct sink_args *args, struct err *err)
{
	struct sink *sink = mem_alloc(sizeof(*sink));

	sink->path = args->path;
	sink->format = *args->format;
	sink->lines = buf_make(SINK_BUF_MAX);
	if (open_stream(sink, args->whole, err) < 0) {
		sink_close(sink);
		return NULL;
	}
	/* Without a buffer of its own the stream passes on what it is given in one piece. */
	setvbuf(sink->draft.stream, NULL, _IONBF, 0);
	/* All the memory it will need, now: the sensor takes none later. */
	buf_printf(&sink->lines, "%*s", SINK_BUF_MAX, "");
	buf_clear(&sink->lines);
	if (args->header) {
		format_print(&sink->format, &sink->lines);
		buf_add_char(&sink->lines, '\n');
	}
	return sink;
}

void sink_close(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->is_draft)
		file_draft_drop(&sink->draft);
	else if (sink->draft.stream && sink->draft.stream != stdout)
		fclose(sink->draft.stream);
	buf_done(&sink->lines);
	mem_free_at(&sink);
}

int sink_add(struct sink *sink, const struct record *record, struct err *err)
{
	writer_add(&sink->lines, &sink->format, record);
	return sink->lines.len < SINK_FLUSH_SIZE ? 0 : sink_flush(sink, err);
}

int sink_flush(struct sink *sink, struct err *err)
{
	FILE *stream = sink->draft.stream;

	if (!sink->lines.len)
		return 0;
	if (fwrite(sink->lines.data, 1, sink->lines.len, stream) != sink->lines.len ||
	    fflush(stream) != 0) {
		if (stream == stdout)
			return err_sys(err, "cannot write to standard output");
		return err_sys(err, "cannot write '%s'", sink->path);
	}
	buf_clear(&sink->lines);
	return 0;
}

int sink_commit(struct sink *sink, struct err *err)
{
	if (sink_flush(sink, err) < 0)
		return -1;
	return sink->is_draft ? file_draft_commit(&sink->draft, err) : 0;
}
