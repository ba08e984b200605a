/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/e2e/test_deliveries.py and test_events_out.py: what a courier does with one kind of sink, step by step.
 *
 *	deliver FOLDER SINK ATTEMPTS < LINES
 *
 * Framed lines go into the spool in FOLDER and are sealed; then every segment is delivered, each with so many
 * attempts, with the system calls that a courier has.  Prints what the sink is called and what the board says then, "NAME
 * VALUE" a line.  The environment has ACCOUNT, REGION and INSTANCE; HEADER, the names of the fields, where what is lost
 * is to be told; PERIOD when a segment has other seconds than its sink likes, and SPOOL when it has other bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/outputs.h"
#include "sensor/delivery/sink_spec.h"
#include "sensor/delivery/spool.h"

enum { LINES_MAX = 1 << 28, SPOOL_MAX = 1 << 28, INTERVAL_S = 60 };

static void copy(char *out, size_t size, const char *variable)
{
	const char *value = getenv(variable);

	snprintf(out, size, "%s", value ? value : "");
}

static struct identity identity_of_environment(void)
{
	struct identity identity = { 0 };

	copy(identity.account_id, sizeof(identity.account_id), "ACCOUNT");
	copy(identity.region, sizeof(identity.region), "REGION");
	copy(identity.instance_id, sizeof(identity.instance_id), "INSTANCE");
	return identity;
}

static int deliver_one(const struct delivery_ops *ops, void *self, struct segment *segment,
		       uint64_t attempts, struct err *err)
{
	for (uint64_t i = 0; i < attempts; i++) {
		if (ops->deliver(self, segment, err) == 0)
			return 0;
		fprintf(stderr, "%s\n", err->text);
		usleep(200000);
	}
	return -1;
}

static int deliver_all(const struct delivery_ops *ops, struct spool *spool, void *self,
		       uint64_t attempts, struct err *err)
{
	struct segment segment;
	int	       result;

	while ((result = spool_take(spool, &segment, err)) == 1) {
		if (deliver_one(ops, self, &segment, attempts, err) < 0) {
			spool_give_back(spool);
			return -1;
		}
		spool_remove(spool);
	}
	return result;
}

static int fill(struct spool *spool, struct err *err)
{
	auto_buf struct buf lines = buf_make(LINES_MAX);

	if (file_read("-", LINES_MAX, &lines, err) < 0)
		return -1;
	for (struct str rest = buf_str(&lines); rest.len;)
		rest = spool_add(spool, rest, clock_now());
	spool_seal_all(spool);
	return 0;
}

static void print_board(struct board_sink *board)
{
	struct board_text failure;

	printf("delivered %" PRIu64 "\nbytes %" PRIu64 "\ndeliveries %" PRIu64 "\nrefused %" PRIu64
	       "\ntorn %" PRIu64 "\nleft %" PRIu64 "\nfull %" PRIu64 "\n",
	       board_get(&board->delivered), board_get(&board->delivered_bytes),
	       board_get(&board->deliveries), board_get(&board->dropped[BOARD_REFUSED]),
	       board_get(&board->dropped[BOARD_TORN]), board_get(&board->spool_items),
	       board_get(&board->dropped[BOARD_SPOOL_FULL]));
	if (board_read(&board->failure, &failure))
		printf("failure %s\n", failure.text);
}

/* The number that a variable of the environment has, or what *out is. */
static int take_number(const char *variable, uint64_t max, uint64_t *out, struct err *err)
{
	const char *text = getenv(variable);

	if (text && str_u64(str_of(text), max, out) < 0)
		return err_set(err, ERR_USAGE, "%s is no number", variable);
	return 0;
}

/* As a courier has them, but for PERIOD and SPOOL. */
static int spool_args_of(const struct delivery_ops *ops, const char *folder,
			 const struct delivery_setup *setup, struct spool_args *out,
			 struct err *err)
{
	uint64_t period_s = ops->period_s, bytes_max = SPOOL_MAX;

	if (take_number("PERIOD", 86400, &period_s, err) < 0 ||
	    take_number("SPOOL", SPOOL_MAX, &bytes_max, err) < 0)
		return -1;
	*out = (struct spool_args){ .folder = folder,
				    .period_s = (uint32_t)period_s,
				    .segment_max = ops->bytes_max,
				    .bytes_max = bytes_max,
				    .header = getenv("HEADER"),
				    .interval_s = INTERVAL_S,
				    .identity = setup->identity,
				    .board = setup->board };
	if (out->segment_max > bytes_max / 4)
		out->segment_max = bytes_max / 4;
	return 0;
}

static int run(const struct delivery_setup *setup, const char *folder, uint64_t attempts,
	       struct err *err)
{
	const struct delivery_ops *ops = sink_spec_ops(setup->spec, outputs_kinds());
	auto_buf struct buf	   name = buf_make(256);
	struct spool_args	   args;
	struct spool		  *spool;
	void			  *self;
	int			   result = -1;

	if (!ops)
		return err_set(err, ERR_USAGE, "'%s' is delivered by nobody", setup->spec->text);
	if (ops->check(setup->spec, err) < 0 || spool_args_of(ops, folder, setup, &args, err) < 0)
		return -1;
	sink_spec_name(setup->spec, ops, &name);
	printf("name %s\n", name.data);
	if (call_filter_load(ops->needs | NEED_FILES | NEED_THREADS, err) < 0)
		return -1;
	self = ops->open(setup, err);
	if (!self)
		return -1;
	spool = spool_open(&args, err);
	if (spool && fill(spool, err) == 0)
		result = deliver_all(ops, spool, self, attempts, err);
	spool_close(spool);
	ops->close(self);
	return result;
}

int main(int argc, char **argv)
{
	struct board_sink     board = { 0 };
	struct sink_spec      spec;
	const struct identity identity = identity_of_environment();
	struct delivery_setup setup = {
		.spec = &spec,
		.identity = &identity,
		.header = "version account-id interface-id srcaddr dstaddr"
			  " srcport dstport protocol packets bytes start end"
			  " action log-status",
		.board = &board
	};
	uint64_t   attempts;
	struct err err = { 0 };

	if (argc != 4 || str_u64(str_of(argv[3]), 1000, &attempts) < 0)
		return 2;
	if (sink_spec_parse(argv[2], outputs_kinds(), &spec, &err) == 0 &&
	    run(&setup, argv[1], attempts, &err) == 0) {
		print_board(&board);
		return 0;
	}
	fprintf(stderr, "%s\n", err.text);
	print_board(&board);
	return err_exit_status(err.kind);
}
