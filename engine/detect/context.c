/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/context.h"

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/detect/container.h"
#include "engine/detect/pod_lookup.h"

#include <limits.h>

#define CACHE_SLOTS 256

/* When to ask once more; 0: never. */
static const uint64_t retry_ns[] = {
	[POD_ANSWER_LATE] = NS_PER_S, [POD_ANSWER_SOME] = 10 * NS_PER_S, [POD_ANSWER_FINAL] = 0};

struct cached {
	char *path;	   /* NULL: free */
	char *text;
	uint32_t len;
	uint64_t retry_ns; /* 0: it is final */
};

struct contexts {
	char proc_root[256];
	struct pod_lookup *pods;
	struct cached cache[CACHE_SLOTS];
};

struct contexts *contexts_new(const char *root, const char *proc_root, uint64_t wait_ns)
{
	struct contexts *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	snprintf(c->proc_root, sizeof(c->proc_root), "%s", proc_root);
	c->pods = pod_lookup_new(root, wait_ns);
	return c->pods ? c : contexts_free(c);
}

static void make(struct contexts *c, const char *path, struct cached *ret)
{
	struct container who;
	struct pod_names names = {0};
	_cleanup_buf_ struct buf text = {0};
	enum pod_answer known = container_parse(path, &who) ? pod_lookup_ask(c->pods, &who, &names) : POD_ANSWER_FINAL;
	const char *const strings[EVENT_CONTEXTS_] = {
		[CONTEXT_CGROUP] = path,	   [CONTEXT_CONTAINER] = who.id, [CONTEXT_RUNTIME] = who.runtime,
		[CONTEXT_POD_UID] = who.pod_uid,   [CONTEXT_QOS] = who.qos,	 [CONTEXT_POD] = names.pod,
		[CONTEXT_NAMESPACE] = names.namespace};
	for (size_t i = 0; i < EVENT_CONTEXTS_; i++)
		buf_add(&text, strings[i], strlen(strings[i]) + 1);
	free(ret->text);
	free(ret->path);
	ret->path = strdup(path);
	ret->len = text.failed || !ret->path ? 0 : (uint32_t)text.len;
	ret->text = buf_take(&text);
	ret->retry_ns = retry_ns[known] ? clock_now(CLOCK_MONOTONIC) + retry_ns[known] : 0;
}

static struct cached *slot_of(struct contexts *c, const char *path)
{
	uint32_t hash = 2166136261U;
	for (const char *at = path; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	return &c->cache[hash % CACHE_SLOTS];
}

uint32_t contexts_of_path(struct contexts *c, const char *cgroup_path, char *ret, size_t size)
{
	struct cached *known = slot_of(c, cgroup_path);
	bool stale = !known->path || !streq(known->path, cgroup_path);
	if (stale || (known->retry_ns && clock_now(CLOCK_MONOTONIC) >= known->retry_ns))
		make(c, cgroup_path, known);
	if (!known->len || known->len > size)
		return 0;
	memcpy(ret, known->text, known->len);
	return known->len;
}

/* "9:memory:/docker/ID": of the lines with more than the root's path the last is kept, one with a container before others. */
static bool take_line(char *line, char *ret, size_t size)
{
	struct container who;
	char *path = strchr(line, ':');
	path = path ? strchr(path + 1, ':') : NULL;
	if (!path)
		return false;
	path++;
	path[strcspn(path, "\n")] = '\0';
	bool tells = container_parse(path, &who);
	if (tells || !streq(path, "/"))
		snprintf(ret, size, "%s", path);
	return tells;
}

bool contexts_v1_path(const struct contexts *c, uint32_t pid, char *ret, size_t size)
{
	char name[PATH_MAX], line[PATH_MAX];
	snprintf(name, sizeof(name), "%s/%u/cgroup", c->proc_root, pid);
	_cleanup_fclose_ FILE *f = fopen(name, "re");
	*ret = '\0';
	while (f && fgets(line, sizeof(line), f) && !take_line(line, ret, size))
		;
	return *ret;
}

struct contexts *contexts_free(struct contexts *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		free(c->cache[i].path);
		free(c->cache[i].text);
	}
	pod_lookup_free(c->pods);
	free(c);
	return NULL;
}
