/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/reach_course.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/child.h"
#include "bench/made_estate.h"
#include "bench/made_network.h"
#include "bench/rival_z3.h"
#include "lib/base/mem.h"
#include "simulator/reach/group_sets.h"
#include "simulator/reach/matrix.h"

enum {
	PATH_SIZE = 512,
	QUESTIONS = 2000, /* of one packet */
	QUERIES = 200,	  /* of Z3 */
	CLIENT_PORT = 40000,
	COMPARISON_MS = 60000
};

/* Of the processor: what else the machine does is not counted. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct world *open_world(const char *folder)
{
	struct err_list errors = { 0 };
	struct world   *world = world_open(folder, &errors);

	if (!world)
		fprintf(stderr, "%s: %s\n", folder, errors.items[0].text);
	return world;
}

static struct intent *open_policy(const char *folder)
{
	struct err_list errors = { 0 };
	char		path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/network.policy", folder);
	return intent_open(path, &errors);
}

/* A packet between two hosts drawn by number, most of them to a port that something listens on. */
static struct question question_at(const struct world *world, uint64_t number)
{
	static const uint16_t ports[] = { 22, 80, 443, 5432, 6379, 8080, 8443, 9105 };
	uint64_t	      hash = made_hash(number);
	uint32_t	      count = (uint32_t)world->counts[WORLD_ENI];
	struct question	      question = { .client_ports = { CLIENT_PORT, CLIENT_PORT } };

	question.src.eni_idx = (uint32_t)(hash % count);
	question.dst.eni_idx = (uint32_t)((hash >> 20) % count);
	if (question.src.eni_idx == question.dst.eni_idx)
		question.dst.eni_idx = (question.src.eni_idx + 1) % count;
	question.src.ip = world->enis[question.src.eni_idx].addresses[0].ip;
	question.dst.ip = world->enis[question.dst.eni_idx].addresses[0].ip;
	question.packet = (struct packet){ .src = question.src.ip,
					   .dst = question.dst.ip,
					   .protocol = PROTO_TCP,
					   .src_port = CLIENT_PORT,
					   .dst_port = ports[hash >> 40 & 7],
					   .icmp_type = -1,
					   .icmp_code = -1 };
	return question;
}

static void time_packets(struct course *course, const struct world *world)
{
	double	    seconds[QUESTIONS];
	struct path path;

	for (size_t i = 0; i < QUESTIONS; i++) {
		struct question question = question_at(world, i);
		double		start = now();

		path_walk(world, &question, &path);
		seconds[i] = now() - start;
	}
	course->can_s = child_median(seconds, QUESTIONS); /* sorts them */
	course->can_worst_s = seconds[QUESTIONS - 1];
}

static struct reach_options options_of(const struct judge *judge, struct packet_sets *sets)
{
	return (struct reach_options){ .judge = judge,
				       .client_ports = { CLIENT_PORT, CLIENT_PORT },
				       .sets = sets };
}

/* What the sets say of the questions, against the walk. */
static void compare(struct course *course, struct reach *reach)
{
	const struct kinds *kinds = reach_kinds(reach);
	struct path	    path;

	for (size_t i = 0; i < QUESTIONS; i++) {
		struct question question = question_at(kinds->world, QUESTIONS + i);
		uint32_t	set = reach_between(reach, kinds_find(kinds, &question.src),
						    kinds_find(kinds, &question.dst));

		path_walk(kinds->world, &question, &path);
		course->packets++;
		course->differences += path.verdict != packet_sets_at(reach_sets(reach), set,
								      packet_key(&question.packet));
	}
}

/* From the loaded world to all cells. */
static double time_matrix(struct course *course, const struct world *world,
			  const struct intent *intent, enum party_by by)
{
	double			     start = now(), seconds;
	auto_judge struct judge	    *judge = intent ? judge_new(intent, world) : NULL;
	struct reach_options	     options = options_of(judge, NULL);
	auto_reach struct reach	    *reach = reach_new(world, &options);
	auto_parties struct parties *parties = parties_new(reach, judge, by);
	struct matrix_options	     matrix_options = { .asked = PACKET_SET_ALLOW, .folded = true };
	struct err		     err;
	auto_matrix struct matrix   *matrix = matrix_new(reach, parties, &matrix_options, &err);

	seconds = now() - start;
	if (!matrix)
		abort(); /* more kinds than there are */
	if (by == PARTY_BY_INSTANCE) {
		course->kinds = reach_kinds(reach)->count;
		course->groups = matrix_group_count(matrix);
	} else {
		course->tiers = matrix_group_count(matrix);
	}
	if (course->packets == 0)
		compare(course, reach);
	return seconds;
}

int course_everybody(struct course *course)
{
	double			 instance_s[COURSE_ROUNDS], tier_s[COURSE_ROUNDS], start = now();
	auto_world struct world *world = open_world(course->folder);
	struct intent		*intent;

	if (!world)
		return 1;
	course->load_s = now() - start;
	intent = open_policy(course->folder);
	if (!intent)
		return 1;
	for (size_t i = 0; i < COURSE_ROUNDS; i++) {
		instance_s[i] = time_matrix(course, world, NULL, PARTY_BY_INSTANCE);
		tier_s[i] = time_matrix(course, world, intent, PARTY_BY_TIER);
	}
	course->instance_s = child_median(instance_s, COURSE_ROUNDS);
	course->tier_s = child_median(tier_s, COURSE_ROUNDS);
	time_packets(course, world);
	intent_free(intent);
	return 0;
}

/* An application's host and a database's in another zone: references, blocks and two ACLs. */
static struct question pair_at(const struct world *world, size_t number)
{
	static const uint16_t ports[] = { 22, 5431, 5432, 5433, 9099, 9100, 9110, 9111 };
	struct question	      question = question_at(world, number);
	char		      id[32];

	network_eni_id(1, NETWORK_APP, 0, id);
	question.src.eni_idx = world_index(world, WORLD_ENI, str_of(id));
	network_eni_id(1, NETWORK_DB, 1, id);
	question.dst.eni_idx = world_index(world, WORLD_ENI, str_of(id));
	question.src.ip = world->enis[question.src.eni_idx].addresses[0].ip;
	question.dst.ip = world->enis[question.dst.eni_idx].addresses[0].ip;
	question.packet.src = question.src.ip;
	question.packet.dst = question.dst.ip;
	question.packet.dst_port = ports[number % ARRAY_LEN(ports)];
	return question;
}

/* Z3's answer to one question, in formulas made for it, and the seconds; asked again, the seconds of that. */
static bool time_rival(const struct world *world, const struct rival_members *members,
		       const struct question *question, double *fresh_s, double *again_s)
{
	double		   start = now();
	struct rival_pair *pair = rival_pair_new(world, members, question->src.eni_idx,
						 question->dst.eni_idx);
	bool		   answer = rival_pair_ask(pair, &question->packet);

	*fresh_s = now() - start;
	start = now();
	(void)rival_pair_ask(pair, &question->packet);
	*again_s = now() - start;
	rival_pair_free(pair);
	return answer;
}

/* One after the other, each with its own things in the caches. */
int course_query(struct course *course)
{
	auto_world struct world *world = open_world(course->folder);
	double			 ours[QUERIES], fresh[QUERIES], again[QUERIES];
	bool			 answers[QUERIES];
	struct rival_members	*members;
	struct path		 path;

	if (!world)
		return 1;
	members = rival_members_new(world);
	for (size_t i = 0; i < QUERIES; i++) {
		struct question question = pair_at(world, i);
		double		start = now();

		path_walk(world, &question, &path);
		ours[i] = now() - start;
		answers[i] = path.verdict == VERDICT_ALLOW;
		course->yes += answers[i];
	}
	for (size_t i = 0; i < QUERIES && rival_is_here(); i++) {
		struct question question = pair_at(world, i);

		course->differences += time_rival(world, members, &question, &fresh[i],
						  &again[i]) != answers[i];
	}
	course->packets = QUERIES;
	course->query_s = child_median(ours, QUERIES);
	if (rival_is_here()) {
		course->rival_query_s = child_median(fresh, QUERIES);
		course->rival_again_s = child_median(again, QUERIES);
	}
	rival_members_free(members);
	return 0;
}

/* Every address is in a class, and one of each is asked: the groups let in the same from everywhere, or not. */
static bool compare_groups(const struct world *world, double *seconds)
{
	double		    start = now();
	struct packet_sets *sets = packet_sets_new();
	struct kinds	   *kinds = kinds_new(world, NULL);
	struct group_sets  *groups = group_sets_new(kinds, sets);
	const struct spans *spans = &kinds->peer_classes.spans[SPAN_V4];
	uint32_t	    a = kinds->eni_groups[world_index(world, WORLD_ENI, str_of("eni-a"))];
	uint32_t	    b = kinds->eni_groups[world_index(world, WORLD_ENI, str_of("eni-b"))];
	struct sg_peer	    nobody = { .is_known = true, .eni_idx = WORLD_NONE };
	bool		    same = true;

	for (size_t i = 0; i < spans->count && same; i++) {
		struct ip ip = point_ip(spans->items[i].start, SPAN_V4);

		same = group_sets_ask(groups, a, false, ip, nobody) ==
		       group_sets_ask(groups, b, false, ip, nobody);
	}
	group_sets_free(groups);
	kinds_free(kinds);
	packet_sets_free(sets);
	*seconds = now() - start;
	return same;
}

static int compare_rules(struct course *course, bool is_different, double *ours, double *theirs)
{
	auto_world struct world *world = open_world(is_different ? course->other : course->folder);
	double			 seconds[COURSE_ROUNDS], start;
	enum rival_answer	 answer;

	if (!world)
		return 1;
	course->rules_a = world->sgs[0].rule_count;
	course->rules_b = world->sgs[1].rule_count;
	for (size_t i = 0; i < COURSE_ROUNDS; i++)
		course->differences += compare_groups(world, &seconds[i]) == is_different;
	*ours = child_median(seconds, COURSE_ROUNDS);
	start = now();
	answer = rival_compare(&world->sgs[0], &world->sgs[1], COMPARISON_MS);
	*theirs = now() - start;
	course->gave_up = course->gave_up || answer == RIVAL_GAVE_UP;
	course->packets += answer != RIVAL_GAVE_UP;
	course->differences += answer == (is_different ? RIVAL_SAME : RIVAL_DIFFERENT);
	return 0;
}

int course_rules(struct course *course)
{
	if (compare_rules(course, false, &course->same_s, &course->rival_same_s) != 0)
		return 1;
	return compare_rules(course, true, &course->different_s, &course->rival_different_s);
}
