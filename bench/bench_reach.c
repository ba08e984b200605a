/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about everybody, and one packet, in a network of 1,000 to 100,000 interfaces of the same kinds; one
 * packet and the comparison of two rule sets beside Z3, in the same run.  The answers are compared: the exit
 * status is 1 when two differ.  Speed never makes it fail.
 *
 *	bench_reach [RULES]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/made_network.h"
#include "bench/made_rules.h"
#include "bench/reach_course.h"
#include "bench/rival_z3.h"
#include "lib/base/mem.h"

enum { RULES = 1000, FOLDER_SIZE = 64, SIZE_COUNT = 3 };

static const uint32_t sizes[SIZE_COUNT] = { 1000, 10000, 100000 };

struct run {
	struct course *course; /* shared with the child */
	int (*run)(struct course *course);
};

static int run_course(const void *context)
{
	const struct run *run = context;

	return run->run(run->course);
}

static struct child in_child(struct course *course, int (*run)(struct course *course))
{
	struct run   context = { course, run };
	struct child child = child_run(run_course, &context);

	if (child.status != 0) {
		fprintf(stderr, "a course ended with status %d\n", child.status);
		exit(1);
	}
	return child;
}

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_network_to(const char *folder, uint32_t interfaces, bool is_changed)
{
	struct network network = { .interfaces = interfaces, .is_changed = is_changed };

	if (network_write(&network, folder) < 0)
		fail(folder);
}

static void write_rules_to(const char *folder, uint32_t rules, bool is_different)
{
	char  path[2 * FOLDER_SIZE];
	FILE *out;

	snprintf(path, sizeof(path), "%s/snapshot.json", folder);
	out = fopen(path, "w");
	if (!out)
		fail(path);
	made_rules_write(out, rules, is_different);
	fclose(out);
}

static void row(const char *what, double seconds, double limit_s)
{
	printf("  %-58s %10.3f ms", what, seconds * 1e3);
	if (limit_s > 0)
		printf("   at most %g ms: %s", limit_s * 1e3, seconds <= limit_s ? "yes" : "NO");
	printf("\n");
}

static void rival_row(const char *what, double ours, double theirs, double wanted)
{
	printf("  %-58s %10.4f ms", what, ours * 1e3);
	if (rival_is_here())
		printf("   Z3 %10.3f ms   %.0f x, wanted %.0f: %s", theirs * 1e3, theirs / ours,
		       wanted, theirs / ours >= wanted ? "yes" : "NO");
	printf("\n");
}

static size_t show_growth(struct course *course, const char *folder)
{
	size_t differences = 0;

	printf("interfaces   kinds  groups   loaded  by instance    by tier  one packet  worst of "
	       "2,000   peak\n");
	for (size_t i = 0; i < SIZE_COUNT; i++) {
		struct child child;

		*course = (struct course){ .folder = folder, .interfaces = sizes[i] };
		write_network_to(folder, sizes[i], false);
		child = in_child(course, course_everybody);
		printf("%10u  %6zu  %6zu  %5.2f s   %7.1f ms  %6.1f ms   %6.2f us       %7.2f us  "
		       "%3.0f MiB\n",
		       sizes[i], course->kinds, course->groups, course->load_s,
		       course->instance_s * 1e3, course->tier_s * 1e3, course->can_s * 1e6,
		       course->can_worst_s * 1e6, child.peak_mib);
		differences += course->differences;
		if (sizes[i] == 10000) {
			row("  all pairs by instance", course->instance_s, 0.5);
			row("  all pairs by tier", course->tier_s, 0.1);
		}
		if (sizes[i] == 100000) {
			row("  one packet, the worst", course->can_worst_s, 1e-3);
			printf("    memory at most 1024 MiB: %s\n",
			       child.peak_mib <= 1024 ? "yes" : "NO");
		}
	}
	return differences;
}

static size_t show_query(struct course *course, const char *folder)
{
	*course = (struct course){ .folder = folder };
	write_network_to(folder, 10000, false);
	(void)in_child(course, course_query);
	printf("\nOne packet of a pair among 10,000 interfaces: groups, ACLs, route, reply; %zu of "
	       "%zu "
	       "get through\n",
	       course->yes, course->packets);
	rival_row("one question", course->query_s, course->rival_query_s, 1000);
	if (rival_is_here())
		printf("    Z3 with the pair's formulas made beforehand: %.3f ms, %.0f x\n",
		       course->rival_again_s * 1e3, course->rival_again_s / course->query_s);
	return course->differences;
}

static size_t show_rules(struct course *course, const char *const folders[static 2], uint32_t rules)
{
	*course = (struct course){ .folder = folders[0], .other = folders[1] };
	for (size_t i = 0; i < 2; i++)
		write_rules_to(folders[i], rules, i);
	(void)in_child(course, course_rules);
	printf("\nTwo groups, %zu and %zu rules: whether they let in the same\n", course->rules_a,
	       course->rules_b);
	rival_row("the same in other words", course->same_s, course->rival_same_s, 100);
	rival_row("one port of one rule less", course->different_s, course->rival_different_s, 100);
	if (rival_is_here() && course->gave_up)
		printf("    Z3 gave up after a minute: its time is at least that\n");
	return course->differences;
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = { "snapshot.json", "network.policy" };
	char			 path[2 * FOLDER_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

int main(int argc, char **argv)
{
	char	       a[FOLDER_SIZE] = "/tmp/bench-reach-XXXXXX", b[FOLDER_SIZE];
	const char    *folders[2] = { a, b };
	uint64_t       rules = RULES;
	struct course *course = mmap(NULL, sizeof(*course), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t	       differences;

	snprintf(b, sizeof(b), "%s", a);
	if (argc > 1 && str_u64(str_of(argv[1]), 100000, &rules) < 0) {
		fputs("usage: bench_reach [RULES]\n", stderr);
		return 2;
	}
	if (course == MAP_FAILED || !mkdtemp(a) || !mkdtemp(b))
		fail("/tmp");
	if (rival_is_here())
		printf("beside Z3 %s\n", rival_version());
	else
		printf("Z3 is not here: libz3-dev was not installed when this was built\n");
	differences = show_growth(course, a);
	differences += show_query(course, a);
	differences += show_rules(course, folders, (uint32_t)rules);
	printf("\n%zu answers differ\n", differences);
	remove_folder(a);
	remove_folder(b);
	return differences ? 1 : 0;
}
