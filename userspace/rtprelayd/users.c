// SPDX-License-Identifier: GPL-2.0-or-later
#include "users.h"

#include "random.h"

/* struct user - H(name:realm:password) for each algorithm */
struct user {
	char *ha1[DIGEST_ALGORITHMS];
};

/**
 * struct users - see users.h
 * @refs: references
 * @by_name: struct user * by name
 * @nobody: with a password that is random
 */
struct users {
	guint refs;
	GHashTable *by_name;
	struct user *nobody;
};

static struct user *user_new(const char *name, const char *password)
{
	struct user *user = g_new0(struct user, 1);

	for (guint i = 0; i < DIGEST_ALGORITHMS; i++)
		user->ha1[i] = digest_ha1(i, name, USERS_REALM, password);
	return user;
}

static void user_free(gpointer data)
{
	struct user *user = data;

	for (guint i = 0; i < DIGEST_ALGORITHMS; i++)
		g_free(user->ha1[i]);
	g_free(user);
}

struct users *users_new(void)
{
	struct users *users = g_new0(struct users, 1);
	g_autofree char *password = random_hex(16);

	users->refs = 1;
	users->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, user_free);
	users->nobody = user_new("", password);
	return users;
}

struct users *users_ref(struct users *users)
{
	users->refs++;
	return users;
}

void users_unref(struct users *users)
{
	if (--users->refs)
		return;
	g_hash_table_unref(users->by_name);
	user_free(users->nobody);
	g_free(users);
}

gboolean users_add(struct users *users, const char *name, const char *password)
{
	if (users_have(users, name))
		return FALSE;
	g_hash_table_insert(users->by_name, g_strdup(name), user_new(name, password));
	return TRUE;
}

gboolean users_are_none(const struct users *users)
{
	return !g_hash_table_size(users->by_name);
}

gboolean users_have(const struct users *users, const char *name)
{
	return g_hash_table_contains(users->by_name, name);
}

const char *users_ha1(const struct users *users, const char *name,
		      enum digest_algorithm algorithm)
{
	const struct user *user = g_hash_table_lookup(users->by_name, name);

	return (user ? user : users->nobody)->ha1[algorithm];
}

gboolean users_check(const struct users *users, const char *name, const char *password)
{
	g_autofree char *ha1 = digest_ha1(DIGEST_SHA256, name, USERS_REALM, password);

	return digest_equal(ha1, users_ha1(users, name, DIGEST_SHA256));
}
