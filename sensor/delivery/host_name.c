/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/host_name.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/base/file.h"

void host_name_find(const struct identity *identity, char out[static HOST_NAME_SIZE])
{
	auto_buf struct buf text = buf_make(HOST_NAME_SIZE - 1);
	struct str	    name;
	struct err	    err;

	out[0] = '\0';
	if (identity->instance_id[0]) {
		snprintf(out, HOST_NAME_SIZE, "%s", identity->instance_id);
		return;
	}
	if (file_read("/etc/machine-id", HOST_NAME_SIZE - 1, &text, &err) == 0)
		name = str_trim(buf_str(&text));
	else
		name = (struct str){ 0 };
	if (name.len)
		snprintf(out, HOST_NAME_SIZE, "%.*s", STR_ARG(name));
	else if (gethostname(out, HOST_NAME_SIZE - 1) < 0 || !out[0])
		snprintf(out, HOST_NAME_SIZE, "unknown");
}
