/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/source/roster.h"
#include "tests/unit/source/fake.h"

/* One turn in which these are there; what went leaves the table at its end, as in a source. */
static void turn(struct fake *f, struct roster *r, const char *const *names, size_t n, const struct roster_item **ret_items)
{
	f->env.churn.n_gone = 0;
	roster_begin(r);
	for (size_t i = 0; i < n; i++)
		ret_items[i] = roster_meet(r, &f->env, names[i], strlen(names[i]), NULL);
	roster_end(r, &f->env);
	for (size_t i = 0; i < f->env.churn.n_gone; i++)
		env_remove(&f->env, f->env.churn.gone[i]);
}

static void one_that_was_refused_gets_the_room_that_another_leaves(void **state _unused_)
{
	struct fake *f = fake_new();
	struct roster r = {.kind = ENTITY_KIND_DISK};
	const struct roster_item *met[4];
	entities_free(f->env.entities);
	f->env.entities = entities_new(3); /* the host and two more */
	turn(f, &r, (const char *[]){"a", "b", "c", "d"}, 4, met);
	assert_non_null(met[1]);
	assert_null(met[2]);
	assert_null(met[3]);
	turn(f, &r, (const char *[]){"b", "c", "d"}, 3, met);
	assert_int_equal(entities_refused(f->env.entities), 2); /* a table that stays full is asked once for each */
	assert_null(met[1]); /* "a" was there until the end of this turn */
	turn(f, &r, (const char *[]){"b", "c", "d"}, 3, met);
	assert_non_null(met[1]);
	assert_true(met[1]->fresh);
	assert_null(met[2]);
	roster_done(&r);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_was_refused_gets_the_room_that_another_leaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
