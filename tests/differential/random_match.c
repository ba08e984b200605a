/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled matcher against the plain evaluation: the same decision, the same rule, on every packet, in
 * every way of evaluation that the processor has.
 *
 *	random_match [PACKETS [SEED]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policies/match/matcher.h"
#include "policies/match/plane.h"
#include "tests/differential/random_packet.h"

enum { BATCH = 500, BATCHES_A_WORLD = 10, JOBS_MAX = 64 };

/* A packet, and where it was seen. */
struct question {
	struct packet packet;
	uint32_t      eni_idx, side;
	bool	      egress;
};

struct tally {
	uint64_t packets, worlds, asked, verdicts[VERDICT_COUNT];
};

static bool same_decision(const struct decision *a, const struct decision *b)
{
	return a->verdict == b->verdict && a->layer == b->layer && a->reason == b->reason &&
	       a->object_idx == b->object_idx && a->sg_rule == b->sg_rule &&
	       a->nacl_rule == b->nacl_rule && a->note == b->note;
}

static bool same(const struct interface_decision *a, const struct interface_decision *b)
{
	return same_decision(&a->overall, &b->overall) && same_decision(&a->sg, &b->sg) &&
	       same_decision(&a->nacl, &b->nacl) && a->nacl_crossed == b->nacl_crossed;
}

static void print_decision(const char *who, const struct interface_decision *decision)
{
	fprintf(stderr, "%s: sg %s object %u rule %p (%s), nacl %s object %u rule %p (%s)\n", who,
		verdict_text(decision->sg.verdict), decision->sg.object_idx,
		(const void *)decision->sg.sg_rule, decision->sg.note ? decision->sg.note : "",
		verdict_text(decision->nacl.verdict), decision->nacl.object_idx,
		(const void *)decision->nacl.nacl_rule,
		decision->nacl.note ? decision->nacl.note : "");
}

static void complain(const struct question *question, const struct interface_decision *plain,
		     const struct interface_decision *compiled)
{
	const struct packet *packet = &question->packet;
	char		     src[IP_TEXT_SIZE], dst[IP_TEXT_SIZE];

	ip_print(packet->src, src);
	ip_print(packet->dst, dst);
	fprintf(stderr, "eni %u %s %s:%u > %s:%u protocol %u type %d code %d\n", question->eni_idx,
		question->egress ? "egress" : "ingress", src, packet->src_port, dst,
		packet->dst_port, packet->protocol, packet->icmp_type, packet->icmp_code);
	print_decision("plain", plain);
	print_decision("compiled", compiled);
}

/* The flows of a batch, each family in its own list. */
struct flows {
	struct match_v4 v4[2 * BATCH];
	struct match_v6 v6[2 * BATCH];
	uint16_t	answers_v4[2 * BATCH], answers_v6[2 * BATCH];
	size_t		count_v4, count_v6;
};

static void add_flow(struct flows *flows, uint32_t side, bool egress, const struct packet *packet)
{
	struct ip peer = egress ? packet->dst : packet->src;

	if (peer.family == IP_V4)
		flows->v4[flows->count_v4++] = matcher_flow_v4(side, peer, packet);
	else
		flows->v6[flows->count_v6++] = matcher_flow_v6(side, peer, packet);
}

/* One reading of all packets, then the other: flows of one side stay together when the questions are. */
static void answer(struct matcher *matcher, enum match_method method,
		   const struct question questions[static BATCH],
		   struct match_pair	 pairs[static BATCH])
{
	static struct flows flows;
	size_t		    at[2] = { 0 };

	flows.count_v4 = flows.count_v6 = 0;
	for (size_t i = 0; i < 2 * BATCH; i++) {
		const struct question *question = &questions[i % BATCH];
		bool		       is_asked = i >= BATCH;
		struct packet	       asked = packet_asked(&question->packet);

		add_flow(&flows, question->side ^ is_asked, question->egress != is_asked,
			 is_asked ? &asked : &question->packet);
	}
	matcher_use(matcher, method);
	matcher_eval_v4(matcher, flows.v4, flows.count_v4, flows.answers_v4);
	matcher_eval_v6(matcher, flows.v6, flows.count_v6, flows.answers_v6);
	for (size_t i = 0; i < 2 * BATCH; i++) {
		bool		v6 = questions[i % BATCH].packet.src.family == IP_V6;
		const uint16_t *answers = v6 ? flows.answers_v6 : flows.answers_v4;

		*(i < BATCH ? &pairs[i].opening : &pairs[i - BATCH].asked) = answers[at[v6]++];
	}
}

/* Of one interface and direction, or of all. */
static void ask(const struct world *world, const struct matcher *matcher, struct dice *dice,
		const struct places *places, struct question questions[static BATCH])
{
	bool mixed = dice_one_in(dice, 2);

	for (size_t i = 0; i < BATCH; i++) {
		struct question *question = &questions[i];

		question->egress = dice_one_in(dice, 2);
		question->eni_idx = (uint32_t)dice_roll(dice, world->counts[WORLD_ENI]);
		if (!mixed && i > 0) {
			question->egress = questions[0].egress;
			question->eni_idx = questions[0].eni_idx;
		}
		question->side = matcher_side(matcher, question->eni_idx, question->egress);
		question->packet = random_packet(dice, places, question->egress);
	}
}

static bool check_batch(const struct world *world, struct matcher *matcher, struct dice *dice,
			const struct places *places, struct tally *tally)
{
	static struct question	 questions[BATCH];
	static struct match_pair first[BATCH], pairs[BATCH];

	ask(world, matcher, dice, places, questions);
	answer(matcher, MATCH_SCALAR, questions, first);
	for (int method = 1; method < MATCH_METHOD_COUNT; method++) {
		if (!match_method_is_here((enum match_method)method))
			continue;
		answer(matcher, (enum match_method)method, questions, pairs);
		if (memcmp(first, pairs, sizeof(first)) != 0) {
			fprintf(stderr, "%s and scalar differ\n",
				match_method_text((enum match_method)method));
			return false;
		}
	}
	for (size_t i = 0; i < 2 * BATCH; i++) {
		const struct question	 *question = &questions[i / 2];
		struct interface_decision plain = interface_decide(
			world, question->eni_idx, question->egress, &question->packet, i % 2);
		struct interface_decision compiled = matcher_decide(
			matcher, question->side, &question->packet, first[i / 2], i % 2);
		uint16_t opening = first[i / 2].opening;

		tally->asked += opening == ANSWER_ASK;
		tally->verdicts[plain.overall.verdict]++;
		if (!same(&plain, &compiled) || (i % 2 == 0 && opening != ANSWER_ASK &&
						 match_verdict(opening) != plain.overall.verdict)) {
			complain(question, &plain, &compiled);
			return false;
		}
	}
	tally->packets += BATCH;
	return true;
}

static bool check_world(uint64_t seed, struct tally *tally)
{
	struct dice	dice = { .state = seed };
	struct world   *world = random_world(&dice);
	struct matcher *matcher = seed % 2 ? matcher_compile_as_large(world)
					   : matcher_compile(world);
	struct places	places;
	bool		ok = true;

	places_find(world, &places);
	for (size_t i = 0; ok && i < BATCHES_A_WORLD; i++)
		ok = check_batch(world, matcher, &dice, &places, tally);
	if (!ok)
		fprintf(stderr, "in the world of seed %" PRIu64 "\n", seed);
	tally->worlds++;
	places_done(&places);
	matcher_free(matcher);
	world_free(world);
	return ok;
}

/* One of several processes; each has worlds of its own. */
static int run_job(uint64_t packets, uint64_t seed)
{
	struct tally tally = { 0 };

	for (uint64_t i = 0; tally.packets < packets; i++)
		if (!check_world(seed + i, &tally))
			return 1;
	printf("%" PRIu64 " packets, %" PRIu64 " worlds; both readings: %" PRIu64 " allow, %" PRIu64
	       " unknown, %" PRIu64 " deny; %" PRIu64 " packets left to policies/rules\n",
	       tally.packets, tally.worlds, tally.verdicts[VERDICT_ALLOW],
	       tally.verdicts[VERDICT_UNKNOWN], tally.verdicts[VERDICT_DENY], tally.asked / 2);
	fflush(stdout);
	return 0;
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

int main(int argc, char **argv)
{
	uint64_t packets = 1000000, seed = (uint64_t)time(NULL);

	if ((argc > 1 && str_u64(str_of(argv[1]), UINT64_MAX, &packets) < 0) ||
	    (argc > 2 && str_u64(str_of(argv[2]), UINT64_MAX, &seed) < 0)) {
		fputs("usage: random_match [PACKETS [SEED]]\n", stderr);
		return 2;
	}
	printf("seed %" PRIu64 ", ways:", seed);
	for (int method = 0; method < MATCH_METHOD_COUNT; method++)
		if (match_method_is_here((enum match_method)method))
			printf(" %s", match_method_text((enum match_method)method));
	printf("\n");
	fflush(stdout);
	return run_jobs(packets, seed);
}
