/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All packets at once (simulator/reach) against one packet after another (simulator/path): for any two ends of a
 * random estate and any packet, what path_walk says of exactly these ends is what the set of their kinds says;
 * and what a policy says of the packet is what the set of intended packets says.  Cells of parties are what all
 * pairs of their ends add up to; joint kinds of an estate and a changed one hold in both.
 *
 *	random_reach [PACKETS [SEED]]
 *	random_reach snapshot SEED		the estate of one world, to be asked by hand
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/differential/random_cells.h"
#include "tests/differential/random_change.h"
#include "tests/differential/random_ends.h"
#include "tests/differential/random_estate.h"
#include "tests/differential/random_policy.h"

enum { PACKETS_A_PAIR = 16, PAIRS_A_WORLD = 400, JOBS_MAX = 64, FAILURES_MAX = 5 };

/* What happened to packets on their way, so that a kind of way that never comes is seen. */
enum event {
	EVENT_NAT,     /* a source became a NAT gateway's */
	EVENT_NAT64,   /* and IPv6 IPv4 */
	EVENT_IGW_OUT, /* a source became public */
	EVENT_IGW_IN,  /* a destination became private */
	EVENT_LB_KEPT, /* to a target, in the client's name */
	EVENT_LB_OWN,  /* in the node's */
	EVENT_APPLIANCE,
	EVENT_COUNT
};

static const char *const event_names[EVENT_COUNT] = {
	"nat",		 "nat64",    "public-source", "public-destination", "lb-client-kept",
	"lb-own-source", "appliance"
};

struct tally {
	struct change_tally change;
	uint64_t	    packets, pairs, worlds, cells;
	uint64_t verdicts[VERDICT_COUNT], intended[VERDICT_COUNT], crossed[HOP_KIND_COUNT],
		events[EVENT_COUNT];
};

struct trial {
	struct world  *world;
	struct intent *intent; /* NULL: no policy */
	struct judge  *judge;
	struct reach  *reach;
	struct places  places;
	struct tally  *tally;
};

/* Two ends, of different interfaces, and what their kinds' sets are. */
struct pair {
	struct end src, dst;
	uint32_t   src_kind, dst_kind, set, intended;
};

static void start(struct trial *trial, struct dice *dice)
{
	static const struct port_range client_ports[] = {
		{ 32768, 60999 }, { 1024, 65535 }, { 49152, 65535 }, { 40000, 40000 }, { 443, 2000 }
	};
	struct reach_options options = { .day = RANDOM_POLICY_DAY };

	trial->world = random_estate(dice);
	if (dice_one_in(dice, 2)) {
		trial->intent = random_policy(dice);
		trial->judge = judge_new(trial->intent, trial->world);
	}
	options.judge = trial->judge;
	options.client_ports = client_ports[dice_roll(dice, ARRAY_LEN(client_ports))];
	trial->reach = reach_new(trial->world, &options);
	places_find(trial->world, &trial->places);
}

static void finish(struct trial *trial)
{
	places_done(&trial->places);
	reach_free(trial->reach);
	judge_free(trial->judge);
	intent_free(trial->intent);
	world_free(trial->world);
}

static void count_hop(struct tally *tally, const struct hop *hop)
{
	bool is_nat = hop->kind == HOP_NAT_GATEWAY && hop->direction == DIRECTION_EGRESS;
	bool is_lb = hop->kind == HOP_LOAD_BALANCER && hop->new_dst.family != IP_NONE;

	tally->crossed[hop->kind]++;
	tally->events[EVENT_NAT] += is_nat && hop->new_src.family != IP_NONE;
	tally->events[EVENT_NAT64] += is_nat && hop->new_dst.family != IP_NONE;
	tally->events[EVENT_IGW_OUT] += hop->kind == HOP_INTERNET_GATEWAY &&
					hop->new_src.family != IP_NONE;
	tally->events[EVENT_IGW_IN] += hop->kind == HOP_INTERNET_GATEWAY &&
				       hop->new_dst.family != IP_NONE;
	tally->events[EVENT_LB_KEPT] += is_lb && hop->new_src.family == IP_NONE;
	tally->events[EVENT_LB_OWN] += is_lb && hop->new_src.family != IP_NONE;
	tally->events[EVENT_APPLIANCE] += hop->kind == HOP_NETWORK_INTERFACE &&
					  hop->direction == DIRECTION_UNKNOWN;
}

static void count(struct tally *tally, const struct path *path)
{
	tally->packets++;
	tally->verdicts[path->verdict]++;
	for (size_t i = 0; i < path->forward.count; i++)
		count_hop(tally, &path->forward.hops[i]);
}

static void print_leg(const struct trial *trial, const char *name, const struct leg *leg)
{
	fprintf(stderr, "  %s: %s\n", name, verdict_text(leg->verdict));
	for (size_t i = 0; i < leg->count; i++) {
		const struct hop     *hop = &leg->hops[i];
		const struct hop_ops *ops = hop_ops_of(hop->kind);
		const struct object  *object = NULL;
		char		      src[IP_TEXT_SIZE], dst[IP_TEXT_SIZE];

		if (hop->kind == HOP_SECURITY_GROUP)
			object = &trial->world->enis[hop->eni_idx].object;
		else if (ops->table != WORLD_KIND_COUNT && hop->object_idx != WORLD_NONE)
			object = world_object(trial->world, ops->table, hop->object_idx);
		ip_print(hop->packet.src, src);
		ip_print(hop->packet.dst, dst);
		fprintf(stderr, "    %-8s %s %.*s %s%s: %s > %s:%u%s%s\n",
			verdict_text(hop->decision.verdict), ops->name ? ops->name : hop->outside,
			object ? (int)object->id.len : 1, object ? object->id.ptr : "-",
			hop->direction == DIRECTION_EGRESS    ? "out"
			: hop->direction == DIRECTION_INGRESS ? "in"
							      : "-",
			hop->route ? " routed" : "", src, dst, hop->packet.dst_port,
			hop->decision.note ? ", " : "",
			hop->decision.note ? hop->decision.note : "");
	}
}

static void print_walk(const struct trial *trial, const char *what, const struct question *question)
{
	char	    src[IP_TEXT_SIZE], dst[IP_TEXT_SIZE];
	struct path path;

	path_walk(trial->world, question, &path);
	ip_print(question->src.ip, src);
	ip_print(question->dst.ip, dst);
	fprintf(stderr,
		"%s: %s, interface %d %s > interface %d %s, protocol %u port %u type %d code %d, "
		"client ports %u-%u\n",
		what, verdict_text(path.verdict), (int)question->src.eni_idx, src,
		(int)question->dst.eni_idx, dst, question->packet.protocol,
		question->packet.dst_port, question->packet.icmp_type, question->packet.icmp_code,
		question->client_ports.min, question->client_ports.max);
	print_leg(trial, "there", &path.forward);
	print_leg(trial, path.back_needed ? "and back" : "back, not needed", &path.back);
}

/* The question about the pair itself, where reach asks about ends of the same kinds. */
static struct question question_of(const struct trial *trial, const struct pair *pair, uint32_t key)
{
	struct question question = reach_question(trial->reach, pair->src_kind, pair->dst_kind,
						  key);

	question.src = pair->src;
	question.dst = pair->dst;
	question.packet.src = pair->src.ip;
	question.packet.dst = pair->dst.ip;
	return question;
}

static enum verdict intended_of(const struct question *question)
{
	enum intent_verdict verdict = path_intent(question).verdict;

	if (intent_forbids(verdict))
		return VERDICT_DENY;
	return verdict == INTENT_UNDECIDED ? VERDICT_UNKNOWN : VERDICT_ALLOW;
}

static bool check_packet(const struct trial *trial, const struct pair *pair, uint32_t key)
{
	const struct packet_sets *sets = reach_sets(trial->reach);
	struct question		  question = question_of(trial, pair, key), other;
	enum verdict		  all = packet_sets_at(sets, pair->set, key);
	enum verdict		  intended = packet_sets_at(sets, pair->intended, key);
	struct path		  path;

	path_walk(trial->world, &question, &path);
	count(trial->tally, &path);
	trial->tally->intended[intended]++;
	if (path.verdict == all && intended_of(&question) == intended)
		return true;
	fprintf(stderr, "the set says %s%s\n", verdict_text(all),
		path.verdict == all ? ", and the policy's set differs from what it says" : "");
	print_walk(trial, "the pair", &question);
	other = reach_question(trial->reach, pair->src_kind, pair->dst_kind, key);
	print_walk(trial, "those that stand for it", &other);
	return false;
}

/* Every address that is nobody's has a kind, of its scope. */
static bool check_kind(const struct trial *trial, const struct end *end, uint32_t kind)
{
	enum kind_scope scope = KIND_INTERFACES;
	char		text[IP_TEXT_SIZE];

	if (end->eni_idx == WORLD_NONE)
		(void)foreign_scope(trial->world, end->ip, &scope);
	if (kind != WORLD_NONE && reach_kinds(trial->reach)->items[kind].scope == scope)
		return true;
	ip_print(end->ip, text);
	fprintf(stderr, "%s (interface %d) has %s kind\n", text, (int)end->eni_idx,
		kind == WORLD_NONE ? "no" : "another scope's");
	return false;
}

static bool check_pair(const struct trial *trial, struct dice *dice)
{
	const struct kinds *kinds = reach_kinds(trial->reach);
	struct pair	    pair = { .src = random_end(dice, kinds, &trial->places),
				     .dst = random_end(dice, kinds, &trial->places) };

	if (pair.src.ip.family == IP_NONE || pair.src.ip.family != pair.dst.ip.family ||
	    pair.src.eni_idx == pair.dst.eni_idx)
		return true;
	pair.src_kind = kinds_find(kinds, &pair.src);
	pair.dst_kind = kinds_find(kinds, &pair.dst);
	if (!check_kind(trial, &pair.src, pair.src_kind) ||
	    !check_kind(trial, &pair.dst, pair.dst_kind))
		return false;
	if (kinds_pairs(kinds, pair.src_kind, pair.dst_kind) == 0) {
		fprintf(stderr, "kinds %u and %u have no pair, yet this is one\n", pair.src_kind,
			pair.dst_kind);
		return false;
	}
	trial->tally->pairs++;
	pair.set = reach_between(trial->reach, pair.src_kind, pair.dst_kind);
	pair.intended = reach_intended(trial->reach, pair.src_kind, pair.dst_kind);
	for (size_t i = 0; i < PACKETS_A_PAIR; i++) {
		const uint32_t edges[2] = { pair.set, pair.intended };

		if (!check_packet(trial, &pair,
				  random_key(dice, trial->world, reach_sets(trial->reach), edges,
					     &trial->places)))
			return false;
	}
	return true;
}

/* Pairs of kinds have as many pairs of ends as there are of interfaces that are not one. */
static bool check_counts(const struct trial *trial)
{
	const struct kinds *kinds = reach_kinds(trial->reach);
	uint32_t	    ends = kinds->eni_ends[trial->world->counts[WORLD_ENI]];
	uint64_t	    pairs = 0, expected = 0;

	for (uint32_t i = 0; i < ends; i++)
		for (uint32_t j = 0; j < ends; j++)
			expected += kinds->ends[i].eni_idx != kinds->ends[j].eni_idx &&
				    kinds->ends[i].ip.family == kinds->ends[j].ip.family;
	for (uint32_t i = 0; i < kinds->count; i++)
		for (uint32_t j = 0; j < kinds->count; j++)
			if (kinds->items[i].scope == KIND_INTERFACES &&
			    kinds->items[j].scope == KIND_INTERFACES)
				pairs += kinds_pairs(kinds, i, j);
	if (pairs != expected)
		fprintf(stderr, "%" PRIu64 " pairs of ends, %" PRIu64 " by kinds\n", expected,
			pairs);
	return pairs == expected;
}

static bool check_world(uint64_t seed, struct tally *tally)
{
	struct dice  dice = { .state = seed };
	struct trial trial = { .tally = tally };
	bool	     ok;

	start(&trial, &dice);
	ok = check_counts(&trial);
	for (size_t i = 0; ok && i < PAIRS_A_WORLD; i++)
		ok = check_pair(&trial, &dice);
	ok = ok && random_cells_agree(&dice, trial.reach, trial.judge, &tally->cells);
	ok = ok && random_change_agrees(seed, &tally->change);
	if (!ok)
		fprintf(stderr, "in the world of seed %" PRIu64 "\n\n", seed);
	tally->worlds++;
	finish(&trial);
	return ok;
}

static void print_tally(const struct tally *tally)
{
	printf("packets %" PRIu64 "\npairs %" PRIu64 "\nworlds %" PRIu64 "\ncells %" PRIu64
	       "\nchange-packets %" PRIu64 "\nchange-moved %" PRIu64 "\n",
	       tally->packets, tally->pairs, tally->worlds, tally->cells, tally->change.packets,
	       tally->change.moved);
	for (int i = 0; i < VERDICT_COUNT; i++)
		printf("verdict-%s %" PRIu64 "\nintended-%s %" PRIu64 "\n",
		       verdict_text((enum verdict)i), tally->verdicts[i],
		       verdict_text((enum verdict)i), tally->intended[i]);
	for (int i = 0; i < HOP_KIND_COUNT; i++)
		printf("hop-%s %" PRIu64 "\n",
		       hop_ops_of((enum hop_kind)i)->name ? hop_ops_of((enum hop_kind)i)->name
							  : "outside",
		       tally->crossed[i]);
	for (int i = 0; i < EVENT_COUNT; i++)
		printf("event-%s %" PRIu64 "\n", event_names[i], tally->events[i]);
}

/* One of several processes; each has worlds of its own. */
static int run_job(uint64_t packets, uint64_t seed)
{
	struct tally tally = { 0 };
	unsigned     failures = 0;

	for (uint64_t i = 0; tally.packets < packets && failures < FAILURES_MAX; i++)
		failures += !check_world(seed + i, &tally);
	print_tally(&tally);
	fflush(stdout);
	return failures ? 1 : 0;
}

static int run_jobs(uint64_t packets, uint64_t seed)
{
	long jobs = sysconf(_SC_NPROCESSORS_ONLN);
	int  failed = 0, status;

	jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
	for (long i = 0; i < jobs; i++)
		if (fork() == 0)
			exit(run_job((packets + (uint64_t)jobs - 1) / (uint64_t)jobs,
				     seed + ((uint64_t)i << 32)));
	while (wait(&status) > 0)
		failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	return failed;
}

static int print_snapshot(uint64_t seed)
{
	struct dice	    dice = { .state = seed };
	auto_buf struct buf text = { 0 };

	random_estate_text(&dice, &text);
	fwrite(text.data, 1, text.len, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t packets = 2000000, seed = (uint64_t)time(NULL);
	bool	 is_snapshot = argc == 3 && strcmp(argv[1], "snapshot") == 0;

	if ((argc > 1 && !is_snapshot && str_u64(str_of(argv[1]), UINT64_MAX, &packets) < 0) ||
	    (argc > 2 && str_u64(str_of(argv[2]), UINT64_MAX, &seed) < 0)) {
		fputs("usage: random_reach [PACKETS [SEED]] | snapshot SEED\n", stderr);
		return 2;
	}
	if (is_snapshot)
		return print_snapshot(seed);
	printf("seed %" PRIu64 "\n", seed);
	fflush(stdout);
	return run_jobs(packets, seed);
}
