/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/print_json.h"

#include <assert.h>

void print_json(cJSON *root, bool spread, FILE *out)
{
	char *text = spread ? cJSON_Print(root) : cJSON_PrintUnformatted(root);

	assert(text);
	fputs(text, out);
	fputc('\n', out);
	cJSON_free(text);
	cJSON_Delete(root);
}
