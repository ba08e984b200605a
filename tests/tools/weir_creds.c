/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials alone, for tests: prints the keys that the chain finds as one line of JSON; with --again also one for
 * each line on standard input, when that comes: so many seconds have passed for the chain.  An error is such a line too.
 * --ini prints what a configuration file says instead.
 */
#include "lib/aws/creds.h"
#include "lib/aws/secret.h"
#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"

struct creds_args {
	const char     *profile, *region, *endpoint_url, *external_id;
	struct cli_list role_arns;
	const char     *ini;
	bool		again;
};

static const struct opt opts[] = {
	OPT_STR(0, "profile", struct creds_args, profile, "NAME", "as in the AWS CLI"),
	OPT_STR(0, "region", struct creds_args, region, "NAME", "as in the AWS CLI"),
	OPT_STR(0, "endpoint-url", struct creds_args, endpoint_url, "URL", "as in the AWS CLI"),
	OPT_STR(0, "external-id", struct creds_args, external_id, "ID", "for the roles"),
	OPT_LIST(0, "role-arn", struct creds_args, role_arns, "ARN", "assume this role too"),
	OPT_STR(0, "ini", struct creds_args, ini, "FILE", "print a configuration file, as JSON"),
	OPT_FLAG(0, "again", struct creds_args, again, "once more for each line of input"),
	OPT_END,
};

static int64_t shifted_wall_s(void *context)
{
	return clock_seconds(clock_now().wall) + *(const int64_t *)context;
}

static void print(const cJSON *line)
{
	char *text = cJSON_PrintUnformatted(line);

	puts(text);
	fflush(stdout);
	cJSON_free(text);
}

static int print_keys(struct aws_creds_chain *chain, struct err *err)
{
	auto_buf struct buf name = buf_make(4096);
	struct aws_keys	    keys;
	cJSON		   *line;

	if (aws_creds_keys(chain, &keys, err) < 0)
		return -1;
	line = cJSON_CreateObject();
	aws_creds_name(chain, &name);
	json_put_str(line, "access_key", keys.access_key);
	json_put_str(line, "secret_key", keys.secret_key);
	json_put_str(line, "token", keys.token);
	json_put_str(line, "region", aws_creds_region(chain));
	json_put_str(line, "name", buf_str(&name));
	print(line);
	cJSON_Delete(line);
	aws_creds_release(chain, &keys);
	return 0;
}

static void print_error(const struct err *err)
{
	cJSON *line = cJSON_CreateObject();

	json_put_str(line, "error", str_of(err->text));
	print(line);
	cJSON_Delete(line);
}

static void print_ini(const struct ini *ini)
{
	cJSON *line = cJSON_CreateObject();

	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_section *section = &ini->sections[i];
		auto_buf struct buf	  name = buf_make(section->name.len);
		cJSON			 *keys = NULL;

		buf_add_str(&name, section->name);
		keys = cJSON_AddObjectToObject(line, name.data);
		for (size_t j = 0; j < section->key_count; j++) {
			struct str	    value = section->keys[j].value;
			auto_buf struct buf key = buf_make(section->keys[j].name.len);

			buf_add_str(&key, section->keys[j].name);
			json_put_str(keys, key.data, value);
		}
	}
	print(line);
	cJSON_Delete(line);
}

static int run_ini(const char *path, struct err *err)
{
	auto_secret struct buf text = { 0 };
	struct arena	       arena = { 0 };
	struct ini	       ini;
	int		       status = secret_read(path, 1 << 20, &text, err) < 0 ? -1 : 0;

	if (status == 0)
		status = ini_parse(&text, path, &arena, &ini, err);
	if (status == 0)
		print_ini(&ini);
	arena_done(&arena);
	return status;
}

static int run(const void *args_, char **operands, struct err *err)
{
	const struct creds_args *args = args_;
	int64_t			 shift_s = 0;
	const struct aws_timing	 timing = { .wall_s = shifted_wall_s, .context = &shift_s };
	struct aws_creds_options options = {
		.timing = &timing,
		.profile = args->profile,
		.region = args->region,
		.endpoint_url = args->endpoint_url,
		.external_id = args->external_id,
		.role_arns = args->role_arns.items,
		.role_arn_count = args->role_arns.count,
	};
	struct aws_creds_chain *chain;
	int			status;
	char			line[64];
	uint64_t		seconds;

	(void)operands;
	if (args->ini)
		return run_ini(args->ini, err);
	chain = aws_creds_open(&options, err);
	if (!chain)
		return -1;
	status = print_keys(chain, err);
	while (args->again) {
		if (status < 0)
			print_error(err);
		if (!fgets(line, sizeof(line), stdin))
			break;
		if (str_u64(str_trim(str_of(line)), INT32_MAX, &seconds) == 0)
			shift_s += (int64_t)seconds;
		status = print_keys(chain, err);
	}
	aws_creds_close(chain);
	return status;
}

int main(int argc, char **argv)
{
	static const struct cmd cmd = {
		.name = "weir-creds",
		.summary = "find credentials and show them, secrets and all: for tests",
		.opts = opts,
		.args_size = sizeof(struct creds_args),
		.run = run,
	};

	return cli_single(&cmd, argc, argv);
}
