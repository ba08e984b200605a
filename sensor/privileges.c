/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/privileges.h"

#include <cap-ng.h>
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/str.h"

struct account {
	char  name[64];
	uid_t uid;
	gid_t gid;
	char  home[256];
};

uint64_t privileges_kept_for(unsigned needs)
{
	return (needs & NEED_BPF ? CAPABILITY(CAP_BPF) : 0) |
	       (needs & NEED_ATTACH ? CAPABILITY(CAP_NET_ADMIN) : 0) |
	       (needs & NEED_SOCKETS ? CAPABILITY(CAP_NET_RAW) : 0);
}

static bool look_up(const char *name, struct account *out)
{
	const struct passwd *found = getpwnam(name);

	if (!found)
		return false;
	snprintf(out->name, sizeof(out->name), "%s", found->pw_name);
	out->uid = found->pw_uid;
	out->gid = found->pw_gid;
	snprintf(out->home, sizeof(out->home), "%s", found->pw_dir);
	return true;
}

int privileges_check_user(const char *user, struct err *err)
{
	struct account account;

	if (user && !look_up(user, &account))
		return err_set(err, ERR_USAGE, "--user: there is no user '%s'", user);
	return 0;
}

/* Whom to become; false: nobody else. */
static bool choose_account(const char *user, struct account *out)
{
	if (user)
		return look_up(user, out) && (out->uid != geteuid() || out->uid != getuid());
	return geteuid() == 0 && (look_up("weir", out) || look_up("nobody", out));
}

static void ask_for(uint64_t capabilities)
{
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (capabilities & CAPABILITY(i))
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, i);
}

static bool has(unsigned capability)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

/* With what is asked for; the bounding set is emptied where that is allowed, and counts for nothing after. */
static int become(const struct account *account, uint64_t capabilities, struct err *err)
{
	capng_flags_t flags = CAPNG_DROP_SUPP_GRP;
	int	      result;

	if (has(CAP_SETPCAP))
		flags |= CAPNG_CLEAR_BOUNDING;
	ask_for(capabilities);
	result = capng_change_id((int)account->uid, (int)account->gid, flags);
	if (result < 0)
		return err_sys(err, "cannot become user '%s' (step %d)", account->name, -result);
	return 0;
}

static int stay(uint64_t capabilities, struct err *err)
{
	bool bounding = has(CAP_SETPCAP);

	ask_for(capabilities);
	if (capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) < 0)
		return err_sys(err, "cannot give up capabilities");
	return 0;
}

static void print_self(struct buf *out)
{
	const struct passwd *entry = getpwuid(geteuid());

	if (entry)
		buf_add_visible(out, str_of(entry->pw_name));
	else
		buf_printf(out, "user %u", (unsigned)geteuid());
}

static void say_stay(const char *user, bool refused, struct buf *said)
{
	buf_printf(said, "as ");
	print_self(said);
	if (refused)
		buf_printf(said, " (the kernel allows no other user here)");
	else if (!user && geteuid() == 0)
		buf_printf(said, " (there is neither user weir nor nobody)");
}

static int change_user(const char *user, uint64_t capabilities, struct buf *said, struct err *err)
{
	struct account account;
	struct err     refused;

	if (!choose_account(user, &account)) {
		say_stay(user, false, said);
		return stay(capabilities, err);
	}
	if (become(&account, capabilities, &refused) == 0) {
		/* Settings of libraries are looked for there; those of the one before are not for this one to read. */
		(void)setenv("HOME", account.home, 1);
		buf_printf(said, "as ");
		buf_add_visible(said, str_of(account.name));
		return 0;
	}
	if (user || geteuid() != 0) {
		*err = refused;
		return -1;
	}
	say_stay(user, true, said);
	return stay(capabilities, err);
}

/* CAP_SYS_ADMIN opened the capture instead of CAP_BPF, and is too much to keep. */
static int check_kept(uint64_t capabilities, struct err *err)
{
	auto_buf struct buf names = buf_make(1024);

	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (capabilities & CAPABILITY(i) && !has(i)) {
			privileges_print(CAPABILITY(i), &names);
			return err_set(err, ERR_SYSTEM,
				       "%s is needed after the start too, and is not there",
				       names.data);
		}
	return 0;
}

int privileges_give(const char *path, const char *user, struct err *err)
{
	struct account account;

	if ((user && !*user) || !choose_account(user, &account))
		return 0;
	return chown(path, account.uid, account.gid) < 0
		       ? err_sys(err, "cannot give '%s' to %s", path, account.name)
		       : 0;
}

int privileges_give_up(const char *user, unsigned needs, struct buf *said, struct err *err)
{
	uint64_t kept = privileges_kept_for(needs);

	if (privileges_check_user(user, err) < 0 || check_kept(kept, err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "cannot rule out new privileges");
	if (change_user(user, kept, said, err) < 0)
		return -1;
	/* Nobody of the same user looks into it or leaves its memory in a core. */
	if (prctl(PR_SET_DUMPABLE, CALL_FILTER_OFF, 0, 0, 0) < 0)
		return err_sys(err, "cannot rule out a core dump");
	if (kept) {
		buf_printf(said, " with ");
		privileges_print(kept, said);
	} else {
		buf_printf(said, " without capabilities");
	}
	return 0;
}

int privileges_drop(const char *user, unsigned needs, struct buf *said, struct err *err)
{
	if (privileges_give_up(user, needs, said, err) < 0)
		return -1;
	return call_filter_load(needs, err);
}

bool privileges_are_spared(bool (*works)(void *context), void *context)
{
	uint64_t before = 0;
	bool	 result;

	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		before |= has(i) ? CAPABILITY(i) : 0;
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		(void)capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, i);
	result = capng_apply(CAPNG_SELECT_CAPS) == 0 && works(context);
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (before & CAPABILITY(i))
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, i);
	/* What is permitted can always be had again. */
	(void)!capng_apply(CAPNG_SELECT_CAPS);
	return result;
}

bool privileges_has(unsigned capability)
{
	return has(capability);
}

uint64_t privileges_missing(uint64_t capabilities)
{
	const uint64_t of_admin = CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON);
	uint64_t       missing = 0;

	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (capabilities & CAPABILITY(i) && !has(i))
			missing |= CAPABILITY(i);
	return has(CAP_SYS_ADMIN) ? missing & ~of_admin : missing;
}

void privileges_print_user(const char *user, struct buf *out)
{
	const uint64_t needed = CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID);
	uint64_t       missing = privileges_missing(needed);
	struct account account;
	bool	       other = choose_account(user, &account);

	buf_printf(out, other && !missing ? "becomes " : "stays ");
	if (other && !missing) {
		buf_add_visible(out, str_of(account.name));
		return;
	}
	print_self(out);
	if (other) {
		buf_printf(out, ", lacks ");
		privileges_print(missing, out);
	}
}

void privileges_print(uint64_t capabilities, struct buf *out)
{
	const char *gap = "";

	for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
		const char *name = capabilities & CAPABILITY(i) ? capng_capability_to_name(i)
								: NULL;

		if (!name)
			continue;
		buf_printf(out, "%sCAP_", gap);
		for (; *name; name++)
			buf_add_char(out, (char)toupper((unsigned char)*name));
		gap = " ";
	}
	if (!capabilities)
		buf_printf(out, "none");
}
