/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/identity/metadata_asker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/aws/imds.h"
#include "lib/base/clock.h"
#include "sensor/identity/metadata_text.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	TEXT_MAX = 16 << 10,
	PATH_SIZE = 128,
	FIRST_WAIT_S = 1,
	LAST_WAIT_S = 60,
	/* An interface that is not there after some three minutes is no ENI. */
	NO_ENI_ATTEMPTS = 8
};

/* One session with the service. */
struct session {
	struct imds	 imds;
	struct aws_http *http;
	struct buf	 text;		/* of the last answer */
	uint8_t		 mac[MAC_SIZE]; /* of the interface that is asked about */
};

/* 1: the id is in out; 0: there is none, and out is untouched. */
static int read_id(struct session *session, const char *path, char *out, size_t size,
		   struct err *err)
{
	int found = imds_text(&session->imds, session->http, path, &session->text, err);

	if (found > 0 && metadata_parse_id(buf_str(&session->text), path, out, size, err) < 0)
		return -1;
	return found;
}

static void make_path(const struct session *session, const char *name, char out[static PATH_SIZE])
{
	char text[MAC_TEXT_SIZE];

	metadata_print_mac(session->mac, text);
	snprintf(out, PATH_SIZE, "network/interfaces/macs/%s/%s", text, name);
}

/* An id of one interface. */
static int read_own(struct session *session, const char *name, char *out, size_t size,
		    struct err *err)
{
	char path[PATH_SIZE];

	make_path(session, name, path);
	return read_id(session, path, out, size, err);
}

/* Lists of one interface; without any nothing is added. */
static int read_ips(struct session *session, const char *name, struct ip_list list, struct err *err)
{
	char path[PATH_SIZE];
	int  found;

	make_path(session, name, path);
	found = imds_text(&session->imds, session->http, path, &session->text, err);
	return found > 0 ? metadata_add_ips(list, buf_str(&session->text), path, err) : found;
}

static int read_cidrs(struct session *session, const char *name, struct cidr_list list,
		      struct err *err)
{
	char path[PATH_SIZE];
	int  found;

	make_path(session, name, path);
	found = imds_text(&session->imds, session->http, path, &session->text, err);
	return found > 0 ? metadata_add_cidrs(list, buf_str(&session->text), path, err) : found;
}

/* Of the VPC of one interface, the primary one first: the second list has it too. */
static int read_blocks(struct session *session, struct cidr_list blocks, struct err *err)
{
	static const char *const names[] = { "vpc-ipv4-cidr-block", "vpc-ipv4-cidr-blocks",
					     "vpc-ipv6-cidr-blocks" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (read_cidrs(session, names[i], blocks, err) < 0)
			return -1;
	return 0;
}

/* Of the instance itself, and of its first interface. */
static int read_identity(struct session *session, struct identity *out, struct err *err)
{
	struct identity	 found = { 0 };
	uint32_t	 count = 0;
	struct cidr_list blocks = { found.vpc_cidrs, &count, IDENTITY_CIDRS_MAX };
	int there = imds_text(&session->imds, session->http, "mac", &session->text, err);

	if (there == 0)
		return err_set(err, ERR_REMOTE, "instance metadata without a mac");
	if (there < 0 || metadata_parse_mac(buf_str(&session->text), session->mac, err) < 0 ||
	    read_id(session, "instance-id", found.instance_id, sizeof(found.instance_id), err) <
		    0 ||
	    read_id(session, "placement/region", found.region, sizeof(found.region), err) < 0 ||
	    read_id(session, "placement/availability-zone-id", found.az_id, sizeof(found.az_id),
		    err) < 0 ||
	    read_own(session, "owner-id", found.account_id, sizeof(found.account_id), err) < 0 ||
	    read_own(session, "vpc-id", found.vpc_id, sizeof(found.vpc_id), err) < 0 ||
	    read_own(session, "subnet-id", found.subnet_id, sizeof(found.subnet_id), err) < 0)
		return -1;
	if (read_blocks(session, blocks, err) < 0)
		return -1;
	found.vpc_cidr_count = count;
	*out = found;
	return 0;
}

/* 1: it is an ENI; 0: none with that MAC. */
static int read_eni(struct session *session, struct metadata_eni *eni, struct err *err)
{
	struct ip_list addresses = { eni->addresses, &eni->address_count, METADATA_ADDRESSES_MAX };
	struct cidr_list prefixes = { eni->prefixes, &eni->prefix_count, METADATA_PREFIXES_MAX };
	struct cidr_list blocks = { eni->vpc_cidrs, &eni->vpc_cidr_count, IDENTITY_CIDRS_MAX };
	int		 there;

	memcpy(session->mac, eni->mac, MAC_SIZE);
	there = read_own(session, "interface-id", eni->id, sizeof(eni->id), err);
	if (there <= 0)
		return there;
	if (read_own(session, "vpc-id", eni->vpc_id, sizeof(eni->vpc_id), err) < 0 ||
	    read_own(session, "subnet-id", eni->subnet_id, sizeof(eni->subnet_id), err) < 0 ||
	    read_own(session, "owner-id", eni->owner_id, sizeof(eni->owner_id), err) < 0 ||
	    read_ips(session, "local-ipv4s", addresses, err) < 0 ||
	    read_ips(session, "ipv6s", addresses, err) < 0 ||
	    read_cidrs(session, "ipv4-prefix", prefixes, err) < 0 ||
	    read_cidrs(session, "ipv6-prefix", prefixes, err) < 0 ||
	    read_blocks(session, blocks, err) < 0)
		return -1;
	return 1;
}

/* A sensor that has gone is seen at the next read. */
static void tell(int fd, const struct metadata_answer *answer)
{
	(void)!write(fd, answer, sizeof(*answer));
}

/* Nobody is there to ask: this is no instance of EC2. */
static bool is_absent(const struct session *session)
{
	enum aws_failure failure = aws_http_failure(session->http);

	return failure == AWS_FAILURE_CONNECT || failure == AWS_FAILURE_TIMEOUT ||
	       imds_is_disabled();
}

static void answer_instance(struct session *session, int fd)
{
	struct metadata_answer answer = { .topic = METADATA_INSTANCE, .state = METADATA_KNOWN };
	struct err	       err;

	if (read_identity(session, &answer.identity, &err) < 0) {
		answer.state = is_absent(session) ? METADATA_ABSENT : METADATA_SILENT;
		snprintf(answer.why, sizeof(answer.why), "%s", err.text);
	}
	tell(fd, &answer);
}

static uint64_t wait_ns(uint32_t attempts)
{
	uint64_t seconds = attempts > 6 ? LAST_WAIT_S : (uint64_t)FIRST_WAIT_S << (attempts - 1);

	return (seconds < LAST_WAIT_S ? seconds : LAST_WAIT_S) * NS_PER_S;
}

/* Whether the question is done with.  What was said before is not said again. */
static bool answer_eni(struct session *session, struct metadata_waiting *waiting, int fd)
{
	struct metadata_answer answer = { .topic = METADATA_ENI };
	struct err	       err;
	int		       there;

	/* Before anything can go wrong: a question that ends the process is not asked for ever. */
	waiting->attempts++;
	waiting->due_ns = clock_now().mono.ns + wait_ns(waiting->attempts);
	memcpy(answer.eni.mac, waiting->mac, MAC_SIZE);
	there = read_eni(session, &answer.eni, &err);
	answer.state = there > 0 ? METADATA_KNOWN : there == 0 ? METADATA_NO_ENI : METADATA_SILENT;
	if (there <= 0) {
		struct metadata_eni none = { 0 };

		memcpy(none.mac, waiting->mac, MAC_SIZE);
		answer.eni = none;
	}
	answer.eni.state = answer.state;
	if (waiting->told != answer.state + 1)
		tell(fd, &answer);
	waiting->told = answer.state + 1;
	return there > 0 || (there == 0 && waiting->attempts >= NO_ENI_ATTEMPTS);
}

static void remove_waiting(struct metadata_asker *asker, size_t idx)
{
	asker->waiting[idx] = asker->waiting[--asker->count];
}

/* A question that is asked again begins anew.  Of too many the oldest is given up. */
static void add_waiting(struct metadata_asker *asker, const uint8_t mac[static MAC_SIZE])
{
	struct metadata_waiting waiting = { .due_ns = clock_now().mono.ns };
	size_t			oldest = 0;

	memcpy(waiting.mac, mac, MAC_SIZE);
	for (size_t i = 0; i < asker->count; i++)
		if (memcmp(asker->waiting[i].mac, mac, MAC_SIZE) == 0) {
			asker->waiting[i] = waiting;
			return;
		}
	for (size_t i = 1; i < asker->count; i++)
		if (asker->waiting[i].attempts > asker->waiting[oldest].attempts)
			oldest = i;
	if (asker->count == METADATA_QUESTIONS_MAX)
		remove_waiting(asker, oldest);
	asker->waiting[asker->count++] = waiting;
}

/* One, so that new questions do not wait for all that get no answer. */
static void ask_due(struct metadata_asker *asker, struct session *session, int fd)
{
	uint64_t now = clock_now().mono.ns;

	for (size_t i = 0; i < asker->count; i++) {
		if (asker->waiting[i].due_ns > now)
			continue;
		if (answer_eni(session, &asker->waiting[i], fd))
			remove_waiting(asker, i);
		return;
	}
}

/* Milliseconds until the next question is due, rounded up; -1: there is none. */
static int next_ms(const struct metadata_asker *asker)
{
	uint64_t now = clock_now().mono.ns, next = UINT64_MAX;

	for (size_t i = 0; i < asker->count; i++)
		if (asker->waiting[i].due_ns < next)
			next = asker->waiting[i].due_ns;
	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : (int)((next - now) / 1000000) + 1;
}

/* False at the end: the sensor has ended. */
static bool take_question(struct metadata_asker *asker, struct session *session, int fd)
{
	struct metadata_question question;
	ssize_t			 got = read(fd, &question, sizeof(question));

	if (got == 0 || (got < 0 && errno != EINTR))
		return false;
	if (got == (ssize_t)sizeof(question) && question.topic == METADATA_INSTANCE)
		answer_instance(session, fd);
	else if (got == (ssize_t)sizeof(question))
		add_waiting(asker, question.mac);
	return true;
}

int metadata_asker_run(void *context, int fd, struct err *err)
{
	struct metadata_asker *asker = context;
	struct session	       session = { .http = aws_http_new(), .text = buf_make(TEXT_MAX) };
	struct pollfd	       input = { .fd = fd, .events = POLLIN };
	bool		       going = true;

	(void)err;
	while (going) {
		/* Questions first: one that waits may be answered in the same turn. */
		if (poll(&input, 1, next_ms(asker)) > 0)
			going = take_question(asker, &session, fd);
		else
			ask_due(asker, &session, fd);
	}
	imds_done(&session.imds);
	aws_http_free(session.http);
	buf_done(&session.text);
	return 0;
}
