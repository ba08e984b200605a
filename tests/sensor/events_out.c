/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/e2e/test_events_out.py: events of standard input, a line each, delivered as one segment.
 *
 *	events_out [--segment NAME] [--acked N] [--attempts N] [--no-identity] SINK
 *
 * The segment is in memory, and the system calls are those that a sink's process has.  Standard output: what the sink is called, what stands on the board at the end, and how
 * many batches are acknowledged.  The status is 0 when all was delivered, 1 when not, 2 when the sink is refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "sensor/call_filter.h"
#include "sensor/sink_spec.h"

static const struct delivery_ops *const kinds[] = { &delivery_webhook, &delivery_securityhub,
						    &delivery_syslog, &delivery_journal, NULL };

static struct board_sink *board;

bool segment_next(struct str *rest, struct segment_line *line)
{
	if (rest->len == 0)
		return false;
	*line = (struct segment_line){ .eni = { "-", 1 }, .text = str_cut(rest, '\n') };
	return true;
}

int segment_ack(struct segment *segment, uint64_t lines, uint64_t bytes, struct err *err)
{
	(void)err;
	segment->acked++;
	board_add(&board->delivered, lines);
	board_add(&board->delivered_bytes, bytes);
	return 0;
}

struct arguments {
	const char *segment, *sink;
	uint64_t    acked, attempts;
	bool	    has_identity;
};

static int read_arguments(int argc, char **argv, struct arguments *out)
{
	*out = (struct arguments){ "20261128T1040Z-000007", NULL, 0, 1, true };
	for (int i = 1; i < argc; i++) {
		struct str value = str_of(i + 1 < argc ? argv[i + 1] : NULL);

		if (strcmp(argv[i], "--no-identity") == 0) {
			out->has_identity = false;
			continue;
		}
		if (strncmp(argv[i], "--", 2) != 0) {
			out->sink = argv[i];
			continue;
		}
		i++;
		if (strcmp(argv[i - 1], "--segment") == 0)
			out->segment = value.ptr;
		else if (str_u64(value, 1000,
				 strcmp(argv[i - 1], "--acked") == 0 ? &out->acked
								     : &out->attempts) < 0)
			return -1;
	}
	return out->sink ? 0 : -1;
}

static int deliver(const struct delivery_ops *ops, void *self, const struct arguments *arguments,
		   struct str text)
{
	struct segment segment = { .name = arguments->segment,
				   .text = text,
				   .acked = arguments->acked };
	struct err     err = { 0 };
	int	       result = -1;

	for (uint64_t i = 0; i < arguments->attempts && result < 0; i++) {
		result = ops->deliver(self, &segment, &err);
		if (result < 0)
			printf("later %s\n", err.text);
	}
	printf("acked %" PRIu64 "\n", segment.acked);
	return result;
}

static void print_board(void)
{
	struct board_text failure;

	printf("delivered %" PRIu64 "\nbytes %" PRIu64 "\nrefused %" PRIu64 "\ntorn %" PRIu64 "\n",
	       board_get(&board->delivered), board_get(&board->delivered_bytes),
	       board_get(&board->dropped[BOARD_REFUSED]), board_get(&board->dropped[BOARD_TORN]));
	if (board_read(&board->failure, &failure))
		printf("failure %s\n", failure.text);
}

int main(int argc, char **argv)
{
	struct identity		   identity = { 0 };
	auto_buf struct buf	   text = buf_make(64 << 20), name = buf_make(256);
	struct board		  *shared;
	struct arguments	   arguments;
	struct sink_spec	   spec;
	const struct delivery_ops *ops = NULL;
	struct err		   err = { 0 };
	void			  *self = NULL;
	int			   result = -1;

	if (read_arguments(argc, argv, &arguments) < 0)
		return 2;
	if (arguments.has_identity)
		identity = (struct identity){ .account_id = "111122223333",
					      .region = "eu-west-1",
					      .instance_id = "i-0a1b2c3d4e5f60718" };
	shared = board_new(&err);
	if (sink_spec_parse(arguments.sink, kinds, &spec, &err) == 0)
		ops = sink_spec_ops(&spec, kinds);
	if (!ops || !shared || ops->check(&spec, &err) < 0 ||
	    file_read("-", text.max, &text, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	board = &shared->sinks[0];
	sink_spec_name(&spec, ops, &name);
	printf("name %s\n", name.data);
	if (call_filter_load(ops->needs | NEED_FILES | NEED_THREADS, &err) == 0)
		self = ops->open(&(struct delivery_setup){ .spec = &spec,
							   .identity = &identity,
							   .board = board,
							   .endpoint_url = getenv("ENDPOINT_URL") },
				 &err);
	if (self) {
		result = deliver(ops, self, &arguments, buf_str(&text));
		ops->close(self);
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	print_board();
	board_free(shared);
	return self ? (result < 0 ? 1 : 0) : 2;
}
