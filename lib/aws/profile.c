/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/profile.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/aws/argv.h"
#include "lib/aws/secret.h"

enum { FILE_MAX = 1 << 20, PATH_TEXT_MAX = 4096 };

/* "~/…" is below the user's home. */
static struct str home(void)
{
	const char	    *text = getenv("HOME");
	const struct passwd *user = text && *text ? NULL : getpwuid(getuid());

	return str_of(user ? user->pw_dir : text);
}

/* The file that an environment variable names, or the one where the AWS CLI has it. */
static int read_file(const char *variable, const char *usual, struct buf *text, struct buf *path,
		     struct err *err)
{
	const char *named = getenv(variable);

	if (!named || !*named)
		named = usual;
	if (str_starts(str_of(named), "~/")) {
		buf_add_str(path, home());
		named++;
	}
	buf_add_text(path, named);
	return secret_read(path->data, FILE_MAX, text, err) < 0 ? -1 : 0;
}

int profiles_load(struct profiles *out, struct err *err)
{
	auto_buf struct buf config_path = buf_make(PATH_TEXT_MAX);
	auto_buf struct buf credentials_path = buf_make(PATH_TEXT_MAX);

	*out = (struct profiles){ 0 };
	if (read_file("AWS_CONFIG_FILE", "~/.aws/config", &out->config_text, &config_path, err) <
		    0 ||
	    ini_parse(&out->config_text, config_path.data, &out->arena, &out->config, err) < 0 ||
	    read_file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &out->credentials_text,
		      &credentials_path, err) < 0 ||
	    ini_parse(&out->credentials_text, credentials_path.data, &out->arena, &out->credentials,
		      err) < 0) {
		profiles_done(out);
		return -1;
	}
	return 0;
}

void profiles_done(struct profiles *profiles)
{
	secret_buf_done(&profiles->config_text);
	secret_buf_done(&profiles->credentials_text);
	arena_done(&profiles->arena);
	*profiles = (struct profiles){ 0 };
}

/* "[KIND NAME]", the name in quotes where it has blanks.  A section that is not written so is none. */
static bool is_section_of(struct str title, const char *kind, struct str name)
{
	struct arena arena = { 0 };
	struct argv  words;
	struct err   ignored;
	bool same = str_starts(title, kind) && argv_split(title, &arena, &words, &ignored) == 0 &&
		    words.count == 2 && strcmp(words.words[0], kind) == 0 &&
		    str_is(name, words.words[1]);

	arena_done(&arena);
	return same;
}

/* The default profile needs no word before it.  Where both forms are there, the later one holds, as for the CLI. */
static const struct ini_section *config_section(const struct ini *ini, const char *kind,
						struct str name)
{
	const struct ini_section *found = NULL;
	bool			  bare = str_is(name, "default") && strcmp(kind, "profile") == 0;

	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_section *section = &ini->sections[i];

		if ((bare && str_is(section->name, "default")) ||
		    is_section_of(section->name, kind, name))
			found = section;
	}
	return found;
}

bool profile_find(const struct profiles *profiles, struct str name, struct profile *out)
{
	*out = (struct profile){
		.name = name,
		.config = config_section(&profiles->config, "profile", name),
		.credentials = ini_find(&profiles->credentials, name),
	};
	return out->config || out->credentials;
}

const struct ini_key *profile_key(const struct profile *profile, const char *key)
{
	const struct ini_key *found = ini_key(profile->credentials, key);

	return found ? found : ini_key(profile->config, key);
}

struct str profile_text(const struct profile *profile, const char *key)
{
	const struct ini_key *found = profile_key(profile, key);

	return found ? found->value : (struct str){ 0 };
}

struct str profile_endpoint(const struct profiles *profiles, const struct profile *profile,
			    const char *service)
{
	struct str		  services = profile_text(profile, "services");
	const struct ini_section *section = services.len ? config_section(&profiles->config,
									  "services", services)
							 : NULL;
	const struct ini_key	 *block = ini_key(section, service);
	struct str url = block ? ini_nested(block->value, "endpoint_url") : (struct str){ 0 };

	return url.len ? url : profile_text(profile, "endpoint_url");
}
