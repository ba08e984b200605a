/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/print_json.h"

#include <assert.h>

#include "lib/base/buf.h"

enum { ESCAPED_MAX = 6 };

void print_json_text(const char *text, size_t len, FILE *out)
{
	auto_buf struct buf clean = buf_make(ESCAPED_MAX * len);

	buf_add_json(&clean, (struct str){ text, len });
	fwrite(clean.data, 1, clean.len, out);
}

void print_json(cJSON *root, bool spread, FILE *out)
{
	char *text = spread ? cJSON_Print(root) : cJSON_PrintUnformatted(root);

	assert(text);
	print_json_text(text, str_of(text).len, out);
	fputc('\n', out);
	cJSON_free(text);
	cJSON_Delete(root);
}
