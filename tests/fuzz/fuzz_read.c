/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a capture file, through the whole road of --read: libpcap, link types, windows, table, writer.
 * Whatever the file holds, no packet gets lost on the way: the records' packets are the IP frames, and the IP
 * frames with what is not IP and what was counted as lost are the frames that libpcap finds in the file.
 * Every record is read again as it was written, and lies within its window.
 *
 * The first byte chooses the length of the windows and how small the table is.
 */
#include "tests/fuzz/fuzz.h"

#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/flow/line.h"
#include "lib/flow/writer.h"
#include "sensor/capture/capture.h"

enum { LINE_MAX_SIZE = 4096 };

#define FORMAT                                                                                     \
	"version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "   \
	"action log-status tcp-flags type pkt-srcaddr pkt-dstaddr flow-direction"

static const uint32_t intervals_s[] = { 1, 60, 600, 86400 };

struct road {
	struct eni	eni;
	struct stats	stats;
	struct windows *windows;
	struct format	format;
	uint32_t	interval_s;
	uint64_t	packets;
};

static void check_record(const struct road *road, const struct record *record)
{
	auto_buf struct buf line = buf_make(LINE_MAX_SIZE), again = buf_make(LINE_MAX_SIZE);
	struct record	    found;
	struct err	    err;

	writer_add(&line, &road->format, record);
	PROPERTY(!line.overflow && line.data[line.len - 1] == '\n');
	PROPERTY(line_parse(str_head(buf_str(&line), line.len - 1), &road->format, LINE_ALL_FIELDS,
			    &found, &err) == LINE_FINE);
	writer_add(&again, &road->format, &found);
	PROPERTY(str_eq(buf_str(&line), buf_str(&again)));
}

/* flow_fn */
static int check_flow(void *context, const struct flow *flow, struct err *err)
{
	static const struct record common;
	struct road		  *road = context;
	struct record		   record = eni_record(&road->eni, &common, flow);
	int64_t			   start = window_start(flow->window, road->interval_s).ns;

	(void)err;
	PROPERTY(flow->count.packets > 0 && flow->count.first_ns <= flow->count.last_ns);
	PROPERTY((int64_t)flow->count.first_ns >= start);
	PROPERTY((int64_t)flow->count.last_ns - start < road->interval_s * INT64_C(1000000000));
	road->packets += flow->count.packets;
	check_record(road, &record);
	return 1;
}

/* status_fn */
static int check_status(void *context, const struct window_status *status, struct err *err)
{
	static const struct record common;
	const struct road	  *road = context;
	struct record		   record = eni_status_record(status->eni, &common, status->status,
							      status->start_s, status->end_s);

	(void)err;
	PROPERTY(status->eni == &road->eni && status->start_s <= status->end_s);
	PROPERTY(window_of((struct wall){ .ns = status->end_s * INT64_C(1000000000) },
			   road->interval_s) == status->window);
	PROPERTY(status->status == LOG_STATUS_NODATA || status->status == LOG_STATUS_SKIPDATA);
	check_record(road, &record);
	return 1;
}

/* How many frames libpcap finds before the end, or before what it cannot read. */
static uint64_t count_frames(const char *path)
{
	char		    why[PCAP_ERRBUF_SIZE];
	pcap_t		   *pcap = pcap_open_offline(path, why);
	struct pcap_pkthdr *header;
	const u_char	   *bytes;
	uint64_t	    count = 0;

	if (!pcap)
		return 0;
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		count++;
	pcap_close(pcap);
	return count;
}

/* What a file holds before what cannot be read in it is never written; its frames are counted all the same. */
static void check_counts(const struct road *road, const char *path, enum capture_state state)
{
	const uint64_t *counts = road->stats.counts;
	uint64_t	frames = 0;

	for (int i = 0; i < PARSE_COUNT; i++)
		frames += counts[i];
	PROPERTY(stats_lost(&road->stats) + counts[PARSE_FLOW] + counts[PARSE_NOT_IP] == frames);
	PROPERTY(frames <= count_frames(path) && road->packets <= counts[PARSE_FLOW]);
	if (state == CAPTURE_END)
		PROPERTY(frames == count_frames(path) && road->packets == counts[PARSE_FLOW]);
}

/* As sensor/run.c goes it. */
static enum capture_state read_all(struct road *road, const char *path, struct err *err)
{
	struct capture_args args = { .enis = &road->eni,
				     .eni_count = 1,
				     .path = path,
				     .stop_fd = -1,
				     .windows = road->windows,
				     .stats = &road->stats };
	struct capture	   *capture = capture_file.open(&args, err);
	enum capture_state  state = CAPTURE_ON;
	struct wall	    done = { .ns = INT64_MIN };
	struct err	    late;

	if (!capture)
		return CAPTURE_FAILED;
	while (state == CAPTURE_ON) {
		state = capture_file.collect(capture, &done, err);
		PROPERTY(windows_close(road->windows, done, &late) == 0);
	}
	PROPERTY(windows_close_all(road->windows, &late) == 0);
	capture_file.close(capture);
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct road	    road = { .eni = { .ifindex = 1, .id = str_of("eni-1") } };
	struct windows_args windows = { .enis = &road.eni,
					.eni_count = 1,
					.emit = check_flow,
					.emit_status = check_status,
					.context = &road };
	struct err	    err;
	char		    path[64];
	int		    fd;

	if (size < 1)
		return 0;
	PROPERTY(format_parse(str_of(FORMAT), &road.format, NULL, &err) == 0);
	PROPERTY(eni_add_local(&road.eni, ip_v4(10, 0, 0, 2), &err) == 0);
	road.interval_s = windows.interval_s = intervals_s[data[0] & 3];
	windows.max_flows = data[0] & 4 ? 1 : 64;
	windows.stats = &road.stats;
	road.windows = windows_new(&windows);
	fd = memfd_create("capture", 0);
	PROPERTY(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_counts(&road, path, read_all(&road, path, &err));
	windows_free(road.windows);
	close(fd);
	return 0;
}
