/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target without a fuzzer: feeds it every file named, and every file of every folder named.  So
 * the corpus is a regression test with any compiler.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_SIZE_MAX = 1 << 24, INPUTS_MAX = 100000 };

static void die(const struct err *err)
{
	char text[1024];

	err_print(err, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	exit(1);
}

/* The input is copied to a block of exactly its size, so that a sanitizer sees a read past its end. */
static void feed(const char *path)
{
	struct buf buf = buf_make(INPUT_SIZE_MAX);
	struct err err;
	uint8_t	  *exact;

	if (file_read(path, INPUT_SIZE_MAX, &buf, &err) < 0)
		die(&err);
	exact = malloc(buf.len ? buf.len : 1);
	if (!exact)
		abort();
	memcpy(exact, buf.data, buf.len);
	LLVMFuzzerTestOneInput(exact, buf.len);
	free(exact);
	buf_done(&buf);
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		struct file_list list = { 0 };
		struct err	 err;

		if (file_list_open(&list, argv[i], INPUTS_MAX, &err) < 0)
			die(&err);
		for (size_t j = 0; j < list.count; j++)
			feed(list.paths[j]);
		count += list.count;
		file_list_close(&list);
	}
	printf("%zu inputs\n", count);
	return count == 0;
}
