/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/context.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/detect/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>

#define CACHE_SLOTS    256
#define PODS_LOOKED_AT 4096
#define CONFIG_MAX     (1 << 20)
#define RETRY_NS       (10 * NS_PER_S) /* a pod that is just being made has no files yet */
#define NAME_SIZE      256

struct names {
	char pod[NAME_SIZE], namespace[NAME_SIZE];
};

struct cached {
	char *path;	   /* NULL: free */
	char *text;
	uint32_t len;
	uint64_t retry_ns; /* 0: it is final */
};

struct contexts {
	char root[256], proc_root[256];
	struct cached cache[CACHE_SLOTS];
};

struct contexts *contexts_new(const char *root, const char *proc_root)
{
	struct contexts *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	snprintf(c->root, sizeof(c->root), "%s", streq(root, "/") ? "" : root);
	snprintf(c->proc_root, sizeof(c->proc_root), "%s", proc_root);
	return c;
}

/* "NAMESPACE_NAME_UID", and neither of the first two has an underscore. */
static bool take_log_directory(const char *entry, const char *uid, struct names *ret)
{
	const char *first = strchr(entry, '_'), *last = strrchr(entry, '_');
	if (!first || first == last || !streq(last + 1, uid))
		return false;
	snprintf(ret->namespace, sizeof(ret->namespace), "%.*s", (int)(first - entry), entry);
	snprintf(ret->pod, sizeof(ret->pod), "%.*s", (int)(last - first - 1), first + 1);
	return true;
}

static bool find_log_directory(const struct contexts *c, const char *uid, struct names *ret)
{
	char path[PATH_MAX];
	bool found = false;
	snprintf(path, sizeof(path), "%s/var/log/pods", c->root);
	DIR *dir = opendir(path);
	struct dirent *e;
	for (unsigned n = 0; dir && !found && n < PODS_LOOKED_AT && (e = readdir(dir)); n++)
		found = take_log_directory(e->d_name, uid, ret);
	if (dir)
		closedir(dir);
	return found;
}

static void take_annotation(struct json_object *annotations, const char *const keys[2], char *ret, size_t size)
{
	struct json_object *value;
	for (size_t i = 0; i < 2 && !*ret; i++)
		if (json_object_object_get_ex(annotations, keys[i], &value) && json_object_is_type(value, json_type_string))
			snprintf(ret, size, "%s", json_object_get_string(value));
}

static bool read_config(const char *path, struct names *ret)
{
	/* containerd's words, then cri-o's. */
	static const char *const pod[] = {"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"};
	static const char *const namespace[] = {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"};
	_cleanup_buf_ struct buf text = {0};
	struct json_object *annotations;
	if (io_read_file(AT_FDCWD, path, CONFIG_MAX, &text) < 0)
		return false;
	struct json_object *config = json_tokener_parse(buf_str(&text));
	if (config && json_object_object_get_ex(config, "annotations", &annotations) &&
	    json_object_is_type(annotations, json_type_object)) {
		take_annotation(annotations, pod, ret->pod, sizeof(ret->pod));
		take_annotation(annotations, namespace, ret->namespace, sizeof(ret->namespace));
	}
	json_object_put(config);
	return *ret->pod;
}

/* Where runtimes keep what they know of a container, and whose that place is. */
static const struct place {
	const char *before, *after, *runtime;
} places[] = {
	{"run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json", "containerd"},
	{"run/containerd/io.containerd.runtime.v2.task/default", "config.json", "containerd"},
	{"run/containerd/io.containerd.runtime.v2.task/moby", "config.json", "docker"},
	{"run/containers/storage/overlay-containers", "userdata/config.json", "cri-o"},
	{"var/lib/containers/storage/overlay-containers", "userdata/config.json", "cri-o"},
	{"var/lib/docker/containers", "config.v2.json", "docker"},
};

static void find_config(const struct contexts *c, struct container *who, struct names *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(places) && (!*ret->pod || !*who->runtime); i++) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%s/%s/%s/%s", c->root, places[i].before, who->id, places[i].after);
		if (access(path, F_OK) < 0)
			continue;
		if (!*who->runtime)
			who->runtime = places[i].runtime;
		if (who->pod_uid[0] && !*ret->pod)
			read_config(path, ret);
	}
}

/* True when all is known that this host can ever tell. */
static bool look_up(const struct contexts *c, struct container *who, struct names *ret)
{
	bool named = who->pod_uid[0] && find_log_directory(c, who->pod_uid, ret);
	if (who->id[0] && (!named || !*who->runtime))
		find_config(c, who, ret);
	return !who->pod_uid[0] || *ret->pod;
}

static void make(const struct contexts *c, const char *path, struct cached *ret)
{
	struct container who;
	struct names names = {0};
	_cleanup_buf_ struct buf text = {0};
	bool final = !container_parse(path, &who) || look_up(c, &who, &names);
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
	ret->retry_ns = final ? 0 : clock_now(CLOCK_MONOTONIC) + RETRY_NS;
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
	free(c);
	return NULL;
}
