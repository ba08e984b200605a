/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of a pcap or pcapng file. */
#include "sensor/capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "lib/base/mem.h"
#include "sensor/capture/link.h"

/* Packets of several interfaces may stand in a file a little out of order. */
#define GRACE_NS INT64_C(1000000000)
#define NS_PER_S INT64_C(1000000000)

/* Frames between two looks at whether to stop. */
enum { BATCH = 4096 };

struct capture {
	struct capture_args args;
	struct link_batch   batch;
	struct link_source  source;
	pcap_t		   *pcap;
	int		    fd;
	bool		    interrupted;
	char		    buffer[1 << 16]; /* of the stream over fd */
	uint64_t	    packet;	 /* 1-based number of the one being read, for messages */
	struct wall	    newest, end; /* of all packets; of its window */
};

static void close_file(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	mem_close_at(&capture->fd);
	link_batch_done(&capture->batch);
	free(capture);
}

/* Takes the stream. */
static int open_pcap(struct capture *capture, FILE *stream, struct err *err)
{
	const char *path = capture->args.path;
	char	    why[PCAP_ERRBUF_SIZE] = "";
	int	    type;

	capture->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
								 why);
	if (!capture->pcap) {
		fclose(stream);
		if (capture->interrupted)
			return err_at(err, path, 0, 0, "interrupted");
		return err_at(err, path, 0, 0, "expected a pcap or pcapng file: %s", why);
	}
	type = pcap_datalink(capture->pcap);
	capture->source.link = link_find(type);
	if (!capture->source.link)
		return err_at(err, path, 0, 0,
			      "link type %d: expected Ethernet, Linux cooked, raw IP, loopback, "
			      "PPP or HDLC",
			      type);
	return 0;
}

/*
 * Reads for the stream that libpcap is given.  A pipe may be silent for long, and libpcap does not look at
 * signals: so this waits for both.
 */
static ssize_t read_stream(void *cookie, char *out, size_t size)
{
	struct capture *capture = cookie;
	struct pollfd	fds[] = { { .fd = capture->fd, .events = POLLIN },
				  { .fd = capture->args.stop_fd, .events = POLLIN } };

	poll(fds, ARRAY_LEN(fds), -1);
	if (fds[1].revents) {
		capture->interrupted = true;
		errno = EINTR;
		return -1;
	}
	return read(capture->fd, out, size);
}

static FILE *open_stream(struct capture *capture)
{
	static const cookie_io_functions_t functions = { .read = read_stream };
	struct stat			   info;
	FILE				  *stream;

	if (fstat(capture->fd, &info) < 0 || !S_ISREG(info.st_mode))
		return fopencookie(capture, "r", functions);
	/* A regular file never keeps anyone waiting.  The stream closes it. */
	stream = fdopen(capture->fd, "r");
	if (stream)
		capture->fd = -1;
	return stream;
}

static int open_path(struct capture *capture, struct err *err)
{
	const char *path = capture->args.path;
	FILE	   *stream;

	/* Not blocking: a named pipe opens before anybody writes to it. */
	if (strcmp(path, "-") == 0)
		capture->fd = dup(STDIN_FILENO);
	else
		capture->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (capture->fd < 0)
		return err_at(err, path, 0, 0, "cannot be opened: %s", strerror(errno));
	stream = open_stream(capture);
	if (!stream)
		return err_sys(err, "cannot read '%s'", path);
	setvbuf(stream, capture->buffer, _IOFBF, sizeof(capture->buffer));
	/* One thread reads: there is nothing to lock for. */
	__fsetlocking(stream, FSETLOCKING_BYCALLER);
	if (capture->args.opened && capture->args.opened(capture->args.context, err) < 0) {
		fclose(stream);
		return -1;
	}
	return open_pcap(capture, stream, err);
}

static struct capture *open_file(const struct capture_args *args, struct err *err)
{
	struct capture *capture = mem_alloc(sizeof(*capture));

	capture->args = *args;
	capture->fd = -1;
	capture->newest.ns = INT64_MIN;
	capture->end.ns = 0; /* no packet is older: frame_time */
	link_batch_init(&capture->batch, args->windows, args->stats);
	capture->source = (struct link_source){ .eni = &args->enis[0], .batch = &capture->batch };
	if (open_path(capture, err) < 0) {
		close_file(capture);
		return NULL;
	}
	return capture;
}

/*
 * In [1970, 2262): what nanoseconds since 1970 can hold in 63 bits.  The precision asked for at open makes
 * tv_usec nanoseconds, with whatever nonsense the file has there.
 */
static int frame_time(const struct capture *capture, const struct timeval *ts, struct wall *out,
		      struct err *err)
{
	if (ts->tv_sec < 0 || ts->tv_sec > INT64_MAX / NS_PER_S - 86400)
		return err_at(err, capture->args.path, 0, 0,
			      "packet %llu: expected a time from 1970 on, found %lld s",
			      (unsigned long long)capture->packet, (long long)ts->tv_sec);
	if (ts->tv_usec < 0 || ts->tv_usec >= NS_PER_S)
		return err_at(err, capture->args.path, 0, 0,
			      "packet %llu: expected a fraction of a second, found %lld ns",
			      (unsigned long long)capture->packet, (long long)ts->tv_usec);
	out->ns = ts->tv_sec * NS_PER_S + ts->tv_usec;
	return 0;
}

/* 1: taken; 0: there is no more. */
static int take_next(struct capture *capture, struct err *err)
{
	struct pcap_pkthdr *header;
	struct link_frame   frame = { 0 };
	int		    got = pcap_next_ex(capture->pcap, &header, &frame.bytes);

	capture->packet++;
	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (capture->interrupted)
		return err_at(err, capture->args.path, 0, 0, "interrupted");
	if (got != 1)
		return err_at(err, capture->args.path, 0, 0, "packet %llu: %s",
			      (unsigned long long)capture->packet, pcap_geterr(capture->pcap));
	if (frame_time(capture, &header->ts, &frame.time, err) < 0)
		return -1;
	frame.size = header->caplen;
	frame.wire_size = header->len > header->caplen ? header->len : header->caplen;
	if (frame.time.ns > capture->newest.ns)
		capture->newest = frame.time;
	return link_take(&capture->source, &frame, err) < 0 ? -1 : 1;
}

/* Returns after a frame that opens a new window, so that the old ones can be closed in time. */
static enum capture_state collect(struct capture *capture, struct wall *done, struct err *err)
{
	int taken = 1;

	for (int i = 0; i < BATCH && taken > 0 && capture->newest.ns < capture->end.ns; i++)
		taken = take_next(capture, err);
	if (taken < 0 || link_flush(&capture->batch, err) < 0)
		return CAPTURE_FAILED;
	if (taken == 0)
		return CAPTURE_END;
	if (capture->newest.ns >= capture->end.ns) {
		uint32_t interval_s = windows_interval_s(capture->args.windows);
		int64_t	 window = window_of(capture->newest, interval_s);

		windows_cover(capture->args.windows, window);
		capture->end = window_start(window + 1, interval_s);
	}
	done->ns = capture->newest.ns - GRACE_NS;
	return CAPTURE_ON;
}

static int stop(struct capture *capture, struct err *err)
{
	(void)capture;
	(void)err;
	return 0;
}

static void count(struct capture *capture)
{
	(void)capture;
}

static const char *about(const struct capture *capture)
{
	(void)capture;
	return "file";
}

const struct capture_ops capture_file = {
	.name = "file",
	.about = about,
	.open = open_file,
	.collect = collect,
	.stop = stop,
	.count = count,
	.close = close_file,
};
