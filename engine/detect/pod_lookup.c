/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/pod_lookup.h"

#include "engine/base/clock.h"

#include <pthread.h>
#include <signal.h>

#define STACK_BYTES (256 << 10)

struct pod_lookup {
	char root[256];
	uint64_t wait_ns;
	pthread_t thread;
	bool started;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool asked;	 /* the thread has a question, or is to take it */
	bool stop, orphan; /* nobody waits for its end: it frees */
	struct container who;
	struct pod_names names;
	bool final;
};

struct pod_lookup *pod_lookup_new(const char *root, uint64_t wait_ns)
{
	struct pod_lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;
	if (!l)
		return NULL;
	snprintf(l->root, sizeof(l->root), "%s", streq(root, "/") ? "" : root);
	l->wait_ns = wait_ns;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	return l;
}

static void destroy(struct pod_lookup *l)
{
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* One question; with the lock held but while it reads. */
static void answer(struct pod_lookup *l)
{
	struct container who = l->who;
	struct pod_names names = {0};
	pthread_mutex_unlock(&l->lock);
	bool final = pod_files_find(l->root, &who, &names);
	pthread_mutex_lock(&l->lock);
	l->who = who;
	l->names = names;
	l->final = final;
	l->asked = false;
	pthread_cond_broadcast(&l->changed);
}

static void *answer_questions(void *ctx)
{
	struct pod_lookup *l = ctx;
	pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		if (l->asked)
			answer(l);
		else
			pthread_cond_wait(&l->changed, &l->lock);
	}
	bool orphan = l->orphan;
	pthread_mutex_unlock(&l->lock);
	if (orphan)
		destroy(l);
	return NULL;
}

/* Signals are the loop's. */
static bool start(struct pod_lookup *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	if (l->started)
		return true;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->started = pthread_create(&l->thread, &attr, answer_questions, l) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return l->started;
}

/* With the lock held. */
static bool wait_for_answer(struct pod_lookup *l)
{
	uint64_t until_ns = clock_now(CLOCK_MONOTONIC) + l->wait_ns;
	struct timespec until = {(time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S)};
	while (l->asked)
		if (pthread_cond_timedwait(&l->changed, &l->lock, &until) != 0)
			break;
	return !l->asked;
}

enum pod_answer pod_lookup_ask(struct pod_lookup *l, struct container *who, struct pod_names *ret)
{
	enum pod_answer result = POD_ANSWER_LATE;
	if (!start(l))
		return result;
	pthread_mutex_lock(&l->lock);
	if (!l->asked) {
		l->asked = true;
		l->who = *who;
		pthread_cond_broadcast(&l->changed);
		if (wait_for_answer(l)) {
			*who = l->who;
			*ret = l->names;
			result = l->final ? POD_ANSWER_FINAL : POD_ANSWER_SOME;
		}
	}
	pthread_mutex_unlock(&l->lock);
	return result;
}

struct pod_lookup *pod_lookup_free(struct pod_lookup *l)
{
	if (!l)
		return NULL;
	pthread_mutex_lock(&l->lock);
	bool stuck = l->orphan = l->asked;
	l->stop = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	if (stuck) {
		pthread_detach(l->thread);
		return NULL;
	}
	if (l->started)
		pthread_join(l->thread, NULL);
	destroy(l);
	return NULL;
}
