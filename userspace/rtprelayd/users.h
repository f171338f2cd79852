/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those who may view, and what proves that it is they. Passwords are not kept: only
 * what Digest makes of them in our realm.
 */
#ifndef RTPRELAYD_USERS_H
#define RTPRELAYD_USERS_H

#include "digest.h"

/* What users are asked their passwords for */
#define USERS_REALM	"rtprelayd"

struct users;

/* users_new - nobody; users_ref() returns its argument */
struct users *users_new(void);
struct users *users_ref(struct users *users);
void users_unref(struct users *users);

/* users_add - FALSE when there is a user of that name */
gboolean users_add(struct users *users, const char *name, const char *password);

/* users_are_none - is there nobody? */
gboolean users_are_none(const struct users *users);

/* users_have - is there a user of that name? */
gboolean users_have(const struct users *users, const char *name);

/**
 * users_ha1 - what digest_ha1() makes of a user's password
 *
 * Return: for an unknown user that of a password which nobody has, so that both
 * take the same time.
 */
const char *users_ha1(const struct users *users, const char *name,
		      enum digest_algorithm algorithm);

/* users_check - is it the user's password? */
gboolean users_check(const struct users *users, const char *name, const char *password);

#endif
