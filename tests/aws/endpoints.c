/* SPDX-License-Identifier: Apache-2.0 */
/* For tests/differential/test_endpoints.py: lines "SERVICE REGION" in, "URL REGION" or "error TEXT" out. */
#include <stdio.h>
#include <string.h>

#include "lib/aws/endpoint.h"

static enum aws_service service_of(struct str name)
{
	unsigned service = 0;

	while (service < AWS_SERVICE_COUNT && !str_is(name, aws_service_name(service)))
		service++;
	return service;
}

int main(int argc, char **argv)
{
	struct aws_endpoint_options options;
	char			    line[256];
	struct err		    err;

	if (aws_endpoint_options_init(&options, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	options.url = argc > 1 ? argv[1] : NULL;
	while (fgets(line, sizeof(line), stdin)) {
		struct str	    rest = str_trim(str_of(line));
		enum aws_service    service = service_of(str_word(&rest));
		struct aws_endpoint endpoint;

		if (service == AWS_SERVICE_COUNT)
			return 2;
		if (aws_endpoint_find(service, str_word(&rest), &options, &endpoint, &err) < 0)
			printf("error %s\n", err.text);
		else
			printf("%s %s\n", endpoint.url, endpoint.region);
	}
	return 0;
}
