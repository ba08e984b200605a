/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/made_flowlog.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bench/made_estate.h"
#include "lib/base/mem.h"

enum {
	LINES_PER_WINDOW = 200000,
	WINDOW_S = 300,
	MINUTE_S = 60,
	RUN_MAX = 24,
	TEXT_SIZE = 1 << 20,
	LINE_MAX_SIZE = 512,
	EPHEMERAL = 32768,
	EPHEMERAL_COUNT = 28232
};

/* 2026-03-30 12:00:00 UTC */
#define FIRST_WINDOW UINT64_C(1774872000)

enum { TCP = 6, UDP = 17, ICMP = 1, ICMPV6 = 58 };
enum { FIN = 1, SYN = 2, RST = 4, SYN_ACK = 18 };

/* What both directions of a conversation have in common, seen from one interface. */
struct talk {
	struct ip   own, peer;
	uint16_t    own_port, peer_port;
	uint8_t	    protocol;
	bool	    lasting; /* it began before the window: no SYN */
	const char *service; /* AWS's, behind the peer's address; NULL: none */
};

struct entry {
	struct ip   src, dst;
	uint16_t    src_port, dst_port;
	uint8_t	    protocol, flags, traffic_path; /* path 0: - */
	bool	    ingress, reject;
	uint32_t    packets;
	uint64_t    bytes, start, end;
	const char *service; /* of the peer */
	const char *status;  /* NULL: OK */
};

struct maker {
	const struct made_flowlog *what;
	FILE			  *out;
	struct made_host	   hosts[MADE_HOSTS];
	uint64_t		   random, window, made;
	struct entry		   run[RUN_MAX + 2];
	size_t			   run_count;
	char			   text[TEXT_SIZE];
	size_t			   text_size;
	unsigned char		   packed[TEXT_SIZE];
	z_stream		   deflater;
	uint64_t		   member_size; /* text in the member so far */
	bool			   failed;
};

/* xorshift64* (Vigna). */
static uint32_t below(struct maker *maker, uint32_t limit)
{
	uint64_t x = maker->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	maker->random = x;
	return (uint32_t)((((x * UINT64_C(2685821657736338717)) >> 32) * limit) >> 32);
}

/* Zipf's law in octaves: every power of two below 2^bits has the same share. */
static uint32_t rank(struct maker *maker, uint32_t bits)
{
	uint32_t octave = below(maker, bits);

	return (UINT32_C(1) << octave) - 1 + below(maker, UINT32_C(1) << octave);
}

static bool chance(struct maker *maker, uint32_t of_10000)
{
	return below(maker, 10000) < of_10000;
}

/* Bytes go out packed or as they are. */
static void write_packed(struct maker *maker, int flush)
{
	z_stream *deflater = &maker->deflater;

	do {
		size_t size;

		deflater->next_out = maker->packed;
		deflater->avail_out = sizeof(maker->packed);
		deflate(deflater, flush);
		size = sizeof(maker->packed) - deflater->avail_out;
		maker->failed |= fwrite(maker->packed, 1, size, maker->out) != size;
	} while (deflater->avail_out == 0);
}

static void flush_text(struct maker *maker, bool last)
{
	uint64_t member_bytes = maker->what->member_bytes;

	if (!maker->what->gzip) {
		maker->failed |= fwrite(maker->text, 1, maker->text_size, maker->out) !=
				 maker->text_size;
	} else {
		maker->member_size += maker->text_size;
		maker->deflater.next_in = (unsigned char *)maker->text;
		maker->deflater.avail_in = (unsigned)maker->text_size;
		if (last || (member_bytes && maker->member_size >= member_bytes)) {
			write_packed(maker, Z_FINISH);
			deflateReset(&maker->deflater);
			maker->member_size = 0;
		} else {
			write_packed(maker, Z_NO_FLUSH);
		}
	}
	maker->text_size = 0;
}

static void put_text(struct maker *maker, const char *text)
{
	size_t len = strlen(text);

	memcpy(maker->text + maker->text_size, text, len);
	maker->text_size += len;
}

static void put_number(struct maker *maker, uint64_t value)
{
	char   digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	memcpy(maker->text + maker->text_size, digits + at, sizeof(digits) - at);
	maker->text_size += sizeof(digits) - at;
}

static void put_space(struct maker *maker)
{
	maker->text[maker->text_size++] = ' ';
}

static void put_count(struct maker *maker, uint64_t value)
{
	put_space(maker);
	put_number(maker, value);
}

static void put_word(struct maker *maker, const char *word)
{
	put_space(maker);
	put_text(maker, word ? word : "-");
}

static void put_ip(struct maker *maker, struct ip ip)
{
	char text[IP_TEXT_SIZE];

	if (ip.family != IP_V4) {
		ip_print(ip, text);
		put_word(maker, text);
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		maker->text[maker->text_size++] = i ? '.' : ' ';
		put_number(maker, ip.bytes[i]);
	}
}

static void put_v2(struct maker *maker, const struct entry *entry, const struct made_host *host)
{
	put_text(maker, "2 " MADE_ACCOUNT);
	put_word(maker, host->eni);
	if (entry->status) {
		put_text(maker, " - - - - - - -");
	} else {
		put_ip(maker, entry->src);
		put_ip(maker, entry->dst);
		put_count(maker, entry->src_port);
		put_count(maker, entry->dst_port);
		put_count(maker, entry->protocol);
		put_count(maker, entry->packets);
		put_count(maker, entry->bytes);
	}
	put_count(maker, entry->start);
	put_count(maker, entry->end);
	put_word(maker, entry->status ? NULL : entry->reject ? "REJECT" : "ACCEPT");
}

static void put_place(struct maker *maker, const struct made_host *host)
{
	put_text(maker, " " MADE_ACCOUNT " " MADE_VPC);
	put_word(maker, host->subnet);
	put_word(maker, host->instance);
	put_word(maker, host->eni);
	put_text(maker,
		 host->zone ? " " MADE_REGION " euw1-az2 - -" : " " MADE_REGION " euw1-az1 - -");
}

static void put_v5(struct maker *maker, const struct entry *entry, const struct made_host *host)
{
	put_text(maker, "5");
	if (entry->status) {
		put_text(maker, " - - - - -");
		put_count(maker, entry->start);
		put_count(maker, entry->end);
		put_text(maker, " - - -");
		put_place(maker, host);
		put_text(maker, " - - - - - - - -");
		return;
	}
	put_ip(maker, entry->src);
	put_ip(maker, entry->dst);
	put_count(maker, entry->src_port);
	put_count(maker, entry->dst_port);
	put_count(maker, entry->protocol);
	put_count(maker, entry->start);
	put_count(maker, entry->end);
	put_word(maker, entry->src.family == IP_V4 ? "IPv4" : "IPv6");
	put_count(maker, entry->packets);
	put_count(maker, entry->bytes);
	put_place(maker, host);
	put_word(maker, entry->reject ? "REJECT" : "ACCEPT");
	put_count(maker, entry->flags);
	put_ip(maker, entry->src);
	put_ip(maker, entry->dst);
	put_word(maker, entry->ingress ? entry->service : NULL);
	put_word(maker, entry->ingress ? NULL : entry->service);
	if (entry->traffic_path)
		put_count(maker, entry->traffic_path);
	else
		put_word(maker, NULL);
	put_word(maker, entry->ingress ? "ingress" : "egress");
}

static void put_line(struct maker *maker, const struct entry *entry, const struct made_host *host)
{
	if (maker->text_size > sizeof(maker->text) - LINE_MAX_SIZE)
		flush_text(maker, false);
	if (maker->what->format == MADE_V2)
		put_v2(maker, entry, host);
	else
		put_v5(maker, entry, host);
	put_word(maker, entry->status ? entry->status : "OK");
	put_text(maker, "\n");
	maker->made++;
}

static void put_header(struct maker *maker)
{
	put_text(
		maker,
		maker->what->format == MADE_V2
			? "version account-id interface-id srcaddr dstaddr srcport dstport "
			  "protocol "
			  "packets bytes start end action log-status\n"
			: "version srcaddr dstaddr srcport dstport protocol start end type packets "
			  "bytes account-id vpc-id subnet-id instance-id interface-id region az-id "
			  "sublocation-type sublocation-id action tcp-flags pkt-srcaddr "
			  "pkt-dstaddr "
			  "pkt-src-aws-service pkt-dst-aws-service traffic-path flow-direction "
			  "log-status\n");
}

static struct ip public_address(uint64_t hash, bool v6)
{
	/* Blocks that are not the internet's are passed over. */
	uint8_t first = (uint8_t)(11 + (hash >> 24) % 189);
	uint8_t bytes[16] = { 0x2a, 0x02 };

	if (v6) {
		memcpy(bytes + 2, &hash, 6);
		hash = made_hash(hash);
		memcpy(bytes + 8, &hash, 8);
		return ip_from_bytes(IP_V6, bytes);
	}
	if (first == 100 || first == 127 || first == 169 || first == 172 || first == 192 ||
	    first == 198)
		first++;
	return ip_v4(first, (uint8_t)(hash >> 16), (uint8_t)(hash >> 8), (uint8_t)hash);
}

static uint16_t ephemeral(uint64_t hash)
{
	return (uint16_t)(EPHEMERAL + hash % EPHEMERAL_COUNT);
}

/* Behind address translation a client's port is any, otherwise as its system draws it. */
static uint16_t client_port(struct maker *maker)
{
	uint32_t lowest = chance(maker, 1000) ? 1024 : EPHEMERAL;

	return (uint16_t)(lowest + below(maker, UINT16_MAX - lowest));
}

static struct entry *add_entry(struct maker *maker)
{
	struct entry *entry = &maker->run[maker->run_count++];
	uint64_t      minute = below(maker, WINDOW_S / MINUTE_S) * MINUTE_S;

	memset(entry, 0, sizeof(*entry));
	entry->start = FIRST_WINDOW + maker->window * WINDOW_S + minute + below(maker, 30);
	entry->end = entry->start + 1 + below(maker, 29);
	return entry;
}

/* The VPC's own: 10/8 and 2600:…. */
static bool is_internal(struct ip ip)
{
	return ip.bytes[0] == (ip.family == IP_V4 ? 10 : 0x26);
}

static void add_direction(struct maker *maker, const struct talk *talk, bool ingress, bool begins)
{
	struct entry *entry = add_entry(maker);
	uint32_t      large = talk->lasting ? 4000 : 40;

	entry->src = ingress ? talk->peer : talk->own;
	entry->dst = ingress ? talk->own : talk->peer;
	entry->src_port = ingress ? talk->peer_port : talk->own_port;
	entry->dst_port = ingress ? talk->own_port : talk->peer_port;
	entry->protocol = talk->protocol;
	entry->ingress = ingress;
	entry->packets = 1 + rank(maker, talk->lasting ? 12 : 6) % large;
	entry->bytes = (uint64_t)entry->packets * (40 + below(maker, begins ? 200 : 1400));
	entry->service = talk->service;
	if (talk->protocol == TCP && !talk->lasting)
		entry->flags = begins ? SYN | FIN : SYN_ACK | FIN;
	if (!ingress)
		entry->traffic_path = is_internal(talk->peer) ? 1 : 8;
}

/* Both directions, as they always come. */
static void add_talk(struct maker *maker, const struct talk *talk, bool ingress_begins)
{
	add_direction(maker, talk, ingress_begins, true);
	add_direction(maker, talk, !ingress_begins, false);
}

static void add_rejected(struct maker *maker, const struct talk *talk)
{
	struct entry *entry;

	add_direction(maker, talk, true, true);
	entry = &maker->run[maker->run_count - 1];
	entry->packets = 1 + below(maker, 3);
	entry->bytes = entry->packets * (talk->protocol == TCP ? 44 : 60);
	entry->flags = talk->protocol == TCP ? SYN : 0;
	entry->reject = true;
}

static const struct made_host *host_of(const struct maker *maker, enum made_tier tier,
				       uint32_t index)
{
	static const uint32_t first[] = { 0, MADE_WEBS, MADE_WEBS + MADE_APPS };

	return &maker->hosts[first[tier] + index];
}

static struct ip address_of(const struct made_host *host, bool v6)
{
	return v6 ? host->v6 : host->v4;
}

/*
 * A pool of connections between two hosts, the same seen from either: the client's port follows from the pair,
 * one of four, anew every hour.
 */
static void add_pooled(struct maker *maker, const struct made_host *own,
		       const struct made_host *peer, uint16_t service, bool own_serves)
{
	bool			v6 = chance(maker, 500);
	const struct made_host *client = own_serves ? peer : own, *server = own_serves ? own : peer;
	uint64_t pair = ((uint64_t)client->tier << 20 | client->index) << 24 | server->index << 2;
	uint16_t port = ephemeral(made_hash((pair | below(maker, 4)) + maker->window / 12 * 7919));
	struct talk talk = { .own = address_of(own, v6),
			     .peer = address_of(peer, v6),
			     .own_port = own_serves ? service : port,
			     .peer_port = own_serves ? port : service,
			     .protocol = TCP,
			     .lasting = true };

	add_talk(maker, &talk, own_serves);
}

static void add_customer(struct maker *maker, const struct made_host *own)
{
	bool	    v6 = chance(maker, 500);
	struct talk talk = { .own = address_of(own, v6),
			     .peer = public_address(made_hash(0xc0000000 + rank(maker, 18)), v6),
			     .own_port = 443,
			     .peer_port = client_port(maker),
			     .protocol = TCP };

	add_talk(maker, &talk, true);
}

static void add_scan(struct maker *maker, const struct made_host *own)
{
	static const uint16_t ports[] = { 22,	23,   445,  3389, 80,	8080, 1433, 3306,
					  5900, 6379, 8443, 5060, 2323, 9200, 53,   123 };
	uint32_t	      scanner = rank(maker, 20);
	bool		      v6 = chance(maker, 200);
	struct talk	      talk = { .own = address_of(own, v6),
				       .peer = public_address(made_hash(0x5ca00000 + scanner), v6),
				       .own_port = ports[rank(maker, 4)],
				       .peer_port = client_port(maker),
				       .protocol = chance(maker, 500) ? UDP : TCP };

	/* The busiest come from the block that the network ACL denies, and try what is open too. */
	if (scanner < 64 && !v6)
		talk.peer = ip_v4(45, 155, 204, (uint8_t)scanner);
	if (scanner < 64 && !v6 && chance(maker, 2000))
		talk.own_port = 443;
	else if (chance(maker, 1000))
		talk.own_port = (uint16_t)(10000 + below(maker, 55536));
	add_rejected(maker, &talk);
}

/* Out to services on the internet: AWS's S3, time. */
static void add_outward(struct maker *maker, const struct made_host *own)
{
	bool	    time = chance(maker, 2000);
	uint32_t    server = rank(maker, 6);
	struct talk talk = { .own = own->v4,
			     .peer = time ? ip_v4(162, 159, 200, (uint8_t)(server % 2 ? 123 : 1))
					  : ip_v4(52, 95, 128, (uint8_t)(179 + server)),
			     .own_port = ephemeral(below(maker, EPHEMERAL_COUNT)),
			     .peer_port = time ? 123 : 443,
			     .protocol = time ? UDP : TCP,
			     .service = time ? NULL : "S3" };

	add_talk(maker, &talk, false);
}

static void add_ping(struct maker *maker, const struct made_host *own, const struct made_host *peer)
{
	struct talk talk = { .own = own->v4, .peer = peer->v4, .protocol = ICMP };

	add_talk(maker, &talk, true);
}

static void add_refused(struct maker *maker, const struct made_host *own,
			const struct made_host *peer, uint16_t port)
{
	struct talk talk = { .own = own->v4,
			     .peer = peer->v4,
			     .own_port = port,
			     .peer_port = ephemeral(below(maker, EPHEMERAL_COUNT)),
			     .protocol = TCP };

	/* A few were allowed though the configuration denies them: the snapshot is younger. */
	if (chance(maker, 100))
		add_talk(maker, &talk, true);
	else
		add_rejected(maker, &talk);
}

/* Partners of a host: the nearest ones in the next tier most.  Both ends agree who they are. */
static void add_web(struct maker *maker, const struct made_host *own)
{
	uint32_t kind = below(maker, 100), step = rank(maker, 6);

	if (kind < 30)
		add_customer(maker, own);
	else if (kind < 55)
		add_pooled(maker, own, host_of(maker, MADE_APP, (own->index + step) % MADE_APPS),
			   8080, false);
	else if (kind < 90)
		add_scan(maker, own);
	else if (kind < 99)
		add_outward(maker, own);
	else
		add_ping(maker, own, host_of(maker, MADE_APP, (own->index + step) % MADE_APPS));
}

static void add_app(struct maker *maker, const struct made_host *own)
{
	uint32_t kind = below(maker, 100), step = rank(maker, 6);
	uint32_t web = (own->index + MADE_WEBS - step) % MADE_WEBS;

	if (kind < 48)
		add_pooled(maker, own, host_of(maker, MADE_WEB, web), 8080, true);
	else if (kind < 96)
		add_pooled(maker, own, host_of(maker, MADE_DB, (own->index / 2 + step) % MADE_DBS),
			   5432, false);
	else if (kind < 99)
		add_refused(maker, own, host_of(maker, MADE_WEB, web), 9100);
	else
		add_ping(maker, own, host_of(maker, MADE_WEB, web));
}

static void add_db(struct maker *maker, const struct made_host *own)
{
	uint32_t    kind = below(maker, 100), step = rank(maker, 6);
	uint32_t    app = (own->index + MADE_DBS - step) % MADE_DBS * 2 + below(maker, 2);
	struct talk direct = { .own = own->v4,
			       .peer = host_of(maker, MADE_WEB, app)->v4,
			       .own_port = 5432,
			       .peer_port = ephemeral(app * 31 + own->index),
			       .protocol = TCP,
			       .lasting = true };

	if (kind < 92)
		add_pooled(maker, own, host_of(maker, MADE_APP, app), 5432, true);
	else if (kind < 96)
		add_talk(maker, &direct, true);
	else
		add_refused(maker, own, host_of(maker, MADE_APP, app), 22);
}

static void shuffle_run(struct maker *maker)
{
	for (size_t i = maker->run_count; i > 1; i--) {
		size_t	     other = below(maker, (uint32_t)i);
		struct entry kept = maker->run[i - 1];

		maker->run[i - 1] = maker->run[other];
		maker->run[other] = kept;
	}
}

/* Records of one interface that stand together. */
static void make_run(struct maker *maker)
{
	static void (*const adders[])(struct maker *,
				      const struct made_host *) = { add_web, add_app, add_db };
	uint32_t		index = chance(maker, 5000) ? below(maker, MADE_HOSTS)
							    : rank(maker, 10) * 787 % MADE_HOSTS;
	const struct made_host *own = &maker->hosts[index];
	size_t			wanted = 1 + below(maker, RUN_MAX);

	maker->run_count = 0;
	if (chance(maker, 600))
		add_entry(maker)->status = chance(maker, 200) ? "SKIPDATA" : "NODATA";
	while (maker->run_count < wanted)
		adders[own->tier](maker, own);
	shuffle_run(maker);
	for (size_t i = 0; i < maker->run_count && maker->made < maker->what->lines; i++)
		put_line(maker, &maker->run[i], own);
	maker->window = maker->made / LINES_PER_WINDOW;
}

int made_flowlog_write(const struct made_flowlog *what, FILE *out)
{
	struct maker *maker = mem_alloc(sizeof(*maker));
	int	      result;

	maker->what = what;
	maker->out = out;
	maker->random = made_hash(what->seed) | 1;
	for (uint32_t i = 0; i < MADE_HOSTS; i++) {
		enum made_tier tier = i < MADE_WEBS		  ? MADE_WEB
				      : i < MADE_WEBS + MADE_APPS ? MADE_APP
								  : MADE_DB;
		uint32_t       first = tier == MADE_WEB	  ? 0
				       : tier == MADE_APP ? MADE_WEBS
							  : MADE_WEBS + MADE_APPS;

		maker->hosts[i] = made_host_at(tier, i - first);
	}
	/* 16 more window bits: a gzip frame around what is deflated; level 6 is gzip's own. */
	if (what->gzip &&
	    deflateInit2(&maker->deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(maker);
		return -1;
	}
	put_header(maker);
	while (maker->made < what->lines)
		make_run(maker);
	flush_text(maker, true);
	if (what->gzip)
		deflateEnd(&maker->deflater);
	result = maker->failed || fflush(out) != 0 ? -1 : 0;
	free(maker);
	return result;
}
