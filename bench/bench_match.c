/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled matcher beside DPDK's rte_acl and beside the plain evaluation, on the same rules and tuples.
 * Rounds are interleaved, a contender's figure is the median of its rounds in CPU time of the thread, and the
 * answers of all are compared.
 *
 *	bench_match [TUPLES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/rival_acl.h"
#include "bench/work.h"
#include "lib/base/mem.h"
#include "policies/match/matcher.h"
#include "policies/match/plane.h"

enum { ROUNDS = 7, BUILDS = 5, BURST = 256, NAIVE_TUPLES = 4000, CONTENDERS_MAX = 12 };

/* One case of the table: rules, tuples and what everyone made of them. */
struct course {
	struct work	   *work;
	struct work_tuple  *tuples;
	size_t		    tuple_count;
	struct matcher	   *matcher;
	struct match_v4	   *flows;
	struct match_v6	   *flows_v6;
	uint16_t	   *answers;
	struct rival	   *rival; /* NULL: not here */
	struct rival_input *input;
	uint32_t	   *results;
	double		    build_s, rival_build_s;
	size_t		    bytes, rival_bytes;
};

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return values[count / 2];
}

static struct packet packet_of(const struct work *work, const struct work_tuple *tuple)
{
	uint32_t peer = tuple->peer;

	return (struct packet){ .src = work->v6
					       ? work_v6(peer)
					       : ip_v4((uint8_t)(peer >> 24), (uint8_t)(peer >> 16),
						       (uint8_t)(peer >> 8), (uint8_t)peer),
				.dst = ip_v4(172, 31, 15, 1),
				.protocol = tuple->protocol,
				.src_port = 40000,
				.dst_port = tuple->port,
				.icmp_type = -1,
				.icmp_code = -1 };
}

/* Building, interleaved with the rival's; the last of each is kept. */
static void build(struct course *course, bool with_rival)
{
	double ours[BUILDS] = { 0 }, theirs[BUILDS] = { 0 };
	int    builds = course->work->rule_count > 20000 ? 1 : BUILDS;

	for (int i = 0; i < builds; i++) {
		double start;

		matcher_free(course->matcher);
		start = cpu_seconds();
		course->matcher = matcher_compile(course->work->world);
		ours[i] = cpu_seconds() - start;
		if (!with_rival)
			continue;
		rival_free(course->rival);
		course->rival = rival_build(course->work, &theirs[i], &course->rival_bytes);
	}
	course->build_s = median(ours, (size_t)builds);
	course->rival_build_s = median(theirs, (size_t)builds);
	course->bytes = matcher_size(course->matcher).bytes;
}

static void prepare(struct course *course, bool skewed, size_t tuple_count)
{
	course->tuple_count = tuple_count;
	course->tuples = mem_alloc(tuple_count * sizeof(*course->tuples));
	work_tuples(course->work, skewed, course->tuples, tuple_count);
	course->flows = mem_alloc(tuple_count * sizeof(*course->flows));
	course->flows_v6 = mem_alloc(tuple_count * sizeof(*course->flows_v6));
	course->answers = mem_alloc(tuple_count * sizeof(*course->answers));
	course->results = mem_alloc(tuple_count * sizeof(*course->results));
	for (size_t i = 0; i < tuple_count; i++) {
		struct packet packet = packet_of(course->work, &course->tuples[i]);
		uint32_t      eni_idx = course->work->eni_of[course->tuples[i].policy];

		uint32_t side = matcher_side(course->matcher, eni_idx, false);

		if (course->work->v6)
			course->flows_v6[i] = matcher_flow_v6(side, packet.src, &packet);
		else
			course->flows[i] = matcher_flow_v4(side, packet.src, &packet);
	}
	if (course->rival)
		course->input = rival_input_new(course->tuples, tuple_count);
}

static void forget(struct course *course)
{
	free(course->tuples);
	free(course->flows);
	free(course->flows_v6);
	free(course->answers);
	free(course->results);
	if (course->input)
		rival_input_free(course->input);
	course->input = NULL;
}

static void eval_all(struct course *course)
{
	for (size_t i = 0; i < course->tuple_count; i += BURST) {
		size_t count = course->tuple_count - i < BURST ? course->tuple_count - i : BURST;

		if (course->work->v6)
			matcher_eval_v6(course->matcher, course->flows_v6 + i, count,
					course->answers + i);
		else
			matcher_eval_v4(course->matcher, course->flows + i, count,
					course->answers + i);
	}
}

static double time_ours(struct course *course, enum match_method method)
{
	double start;

	matcher_use(course->matcher, method);
	start = cpu_seconds();
	eval_all(course);
	return cpu_seconds() - start;
}

static double time_rival(struct course *course)
{
	double start = cpu_seconds();

	rival_classify(course->rival, course->input, course->results);
	return cpu_seconds() - start;
}

static double time_naive(const struct course *course)
{
	size_t count = course->tuple_count < NAIVE_TUPLES ? course->tuple_count : NAIVE_TUPLES;
	double start = cpu_seconds();
	static volatile unsigned sink;

	for (size_t i = 0; i < count; i++) {
		struct packet packet = packet_of(course->work, &course->tuples[i]);
		uint32_t      eni_idx = course->work->eni_of[course->tuples[i].policy];

		sink += interface_decide(course->work->world, eni_idx, false, &packet, false)
				.overall.verdict;
	}
	return (cpu_seconds() - start) * (double)course->tuple_count / (double)count;
}

/* What the matcher's answer stands for; where it is to ask policies/rules, what those say. */
static struct interface_decision decide(const struct course *course, size_t i)
{
	struct packet	  packet = packet_of(course->work, &course->tuples[i]);
	struct match_pair pair = { .opening = course->answers[i] };
	uint32_t side = course->work->v6 ? course->flows_v6[i].side : course->flows[i].side;

	return matcher_decide(course->matcher, side, &packet, pair, false);
}

/* Whether the matcher's answer is the rule that rte_acl found, or no rule where it found none. */
static bool agrees(const struct course *course, size_t i)
{
	uint32_t		  found = course->results[i];
	struct interface_decision decision = decide(course, i);
	const struct work_rule	 *rule = &course->work->rules[found - 1];

	if (decision.nacl.note || decision.sg.verdict == VERDICT_UNKNOWN)
		return found == 0 || decision.nacl.note; /* exempt; a peer that nobody has */
	if (found == 0)
		return decision.sg.verdict == VERDICT_DENY;
	return decision.sg.verdict == VERDICT_ALLOW &&
	       decision.sg.sg_rule ==
		       &course->work->world->sgs[decision.sg.object_idx].rules[rule->rule_idx];
}

/* Without the rival, or beside it, the plain evaluation has the last word; it is slow, so of some only. */
static bool agrees_with_plain(const struct course *course, size_t i)
{
	struct packet packet = packet_of(course->work, &course->tuples[i]);
	uint32_t      eni_idx = course->work->eni_of[course->tuples[i].policy];

	return interface_decide(course->work->world, eni_idx, false, &packet, false)
		       .overall.verdict == decide(course, i).overall.verdict;
}

static size_t count_disagreements(const struct course *course)
{
	size_t count = 0;

	for (size_t i = 0; i < course->tuple_count; i++)
		count += (course->rival && !agrees(course, i)) ||
			 (i < NAIVE_TUPLES && !agrees_with_plain(course, i));
	return count;
}

/* A row of figures while rounds go by. */
struct contender {
	const char *name;
	int	    method; /* ours; -1: not */
	int	    rival;  /* theirs; -1: not */
	double	    seconds[ROUNDS];
	double	    median_s;
};

static size_t find_contenders(struct course *course, struct contender *contenders)
{
	size_t count = 0;

	for (int i = MATCH_METHOD_COUNT; i-- > 0;)
		if (match_method_is_here((enum match_method)i))
			contenders[count++] = (struct contender){ .name = match_method_text(
									  (enum match_method)i),
								  .method = i,
								  .rival = -1 };
	for (int i = 0; course->rival && i < RIVAL_METHODS_MAX; i++)
		if (rival_use(course->rival, (size_t)i))
			contenders[count++] = (struct contender){
				.name = rival_method_text((size_t)i), .method = -1, .rival = i
			};
	contenders[count++] = (struct contender){ .name = "plain", .method = -1, .rival = -1 };
	return count;
}

static double run_once(struct course *course, const struct contender *contender)
{
	if (contender->method >= 0)
		return time_ours(course, (enum match_method)contender->method);
	if (contender->rival < 0)
		return time_naive(course);
	rival_use(course->rival, (size_t)contender->rival);
	return time_rival(course);
}

/* One table of a course; whether all answers agreed. */
static bool compare(struct course *course, const char *title)
{
	struct contender contenders[CONTENDERS_MAX];
	size_t		 count = find_contenders(course, contenders), disagreements = 0;
	double		 best = 0, tuples = (double)course->tuple_count;

	for (int round = -1; round < ROUNDS; round++) /* the first warms up */
		for (size_t i = 0; i < count; i++)
			contenders[i].seconds[round < 0 ? 0 : round] = run_once(course,
										&contenders[i]);
	for (size_t i = 0; i < count; i++) {
		contenders[i].median_s = median(contenders[i].seconds, ROUNDS);
		if (contenders[i].rival >= 0 && (best == 0 || contenders[i].median_s < best))
			best = contenders[i].median_s;
	}
	printf("\n%s\n", title);
	for (size_t i = 0; i < count; i++) {
		printf("  %-22s %8.2f M/s", contenders[i].name,
		       tuples / contenders[i].median_s / 1e6);
		if (best > 0)
			printf(" %8.2f x best rte_acl", best / contenders[i].median_s);
		printf("\n");
	}
	disagreements = count_disagreements(course);
	printf("  %zu answers differ, of %zu compared\n", disagreements,
	       course->rival ? course->tuple_count : NAIVE_TUPLES);
	return disagreements == 0;
}

struct setting {
	size_t policies, rules;
	bool   v6;
};

static bool run_course(const struct setting *setting, size_t tuples, bool with_rival)
{
	size_t	      policies = setting->policies, rules = setting->rules;
	struct course course = { .work = work_new(policies, rules, setting->v6) };
	char	      title[128];
	bool	      ok = true;

	build(&course, with_rival);
	printf("\n== %zu polic%s, %zu rules%s: compiled in %.2f ms, %.0f KiB", policies,
	       policies == 1 ? "y" : "ies", course.work->rule_count, setting->v6 ? " in IPv6" : "",
	       course.build_s * 1e3, (double)course.bytes / 1024);
	if (course.rival)
		printf("; rte_acl in %.2f ms (1/%.1f), %.0f KiB (1/%.1f)",
		       course.rival_build_s * 1e3, course.rival_build_s / course.build_s,
		       (double)course.rival_bytes / 1024,
		       (double)course.rival_bytes / (double)course.bytes);
	else if (with_rival)
		printf("; rte_acl could not be built");
	printf("\n");
	for (int skewed = 0; skewed < 2; skewed++) {
		snprintf(title, sizeof(title), "%zu x %zu rules%s, %s tuples", policies, rules,
			 setting->v6 ? " in IPv6" : "", skewed ? "skewed" : "fresh");
		prepare(&course, skewed, tuples);
		ok = compare(&course, title) && ok;
		forget(&course);
	}
	rival_free(course.rival);
	matcher_free(course.matcher);
	work_free(course.work);
	return ok;
}

int main(int argc, char **argv)
{
	static const struct setting courses[] = {
		{ 1, 100, false },  { 1, 1000, false },	 { 1, 10000, false },
		{ 1, 10000, true }, { 500, 180, false },
	};
	uint64_t tuples = 2000000, only = UINT64_MAX;
	bool	 with_rival, ok = true;

	if ((argc > 1 && str_u64(str_of(argv[1]), 1 << 27, &tuples) < 0) ||
	    (argc > 2 && str_u64(str_of(argv[2]), 10, &only) < 0)) {
		fputs("usage: bench_match [TUPLES [COURSE]]\n", stderr);
		return 2;
	}
	with_rival = rival_open();
	printf("%llu tuples a course, medians of %d rounds, CPU time\n", (unsigned long long)tuples,
	       ROUNDS);
	if (!with_rival)
		printf("rte_acl is not here: libdpdk-dev was not installed when this was built\n");
	for (size_t i = 0; i < ARRAY_LEN(courses); i++)
		if (only == UINT64_MAX || only == i)
			ok = run_course(&courses[i], tuples, with_rival && !courses[i].v6) && ok;
	return ok ? 0 : 1;
}
