/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/pod_files.h"

#include "engine/base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>

#define PODS_LOOKED_AT 4096
#define CONFIG_MAX     (1 << 20)

/* "NAMESPACE_NAME_UID", and neither of the first two has an underscore. */
static bool take_log_directory(const char *entry, const char *uid, struct pod_names *ret)
{
	const char *first = strchr(entry, '_'), *last = strrchr(entry, '_');
	if (!first || first == last || !streq(last + 1, uid))
		return false;
	snprintf(ret->namespace, sizeof(ret->namespace), "%.*s", (int)(first - entry), entry);
	snprintf(ret->pod, sizeof(ret->pod), "%.*s", (int)(last - first - 1), first + 1);
	return true;
}

static bool find_log_directory(const char *root, const char *uid, struct pod_names *ret)
{
	char path[PATH_MAX];
	bool found = false;
	snprintf(path, sizeof(path), "%s/var/log/pods", root);
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

static bool read_config(const char *path, struct pod_names *ret)
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

static void find_config(const char *root, struct container *who, struct pod_names *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(places) && (!*ret->pod || !*who->runtime); i++) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%s/%s/%s/%s", root, places[i].before, who->id, places[i].after);
		if (access(path, F_OK) < 0)
			continue;
		if (!*who->runtime)
			who->runtime = places[i].runtime;
		if (who->pod_uid[0] && !*ret->pod)
			read_config(path, ret);
	}
}

bool pod_files_find(const char *root, struct container *who, struct pod_names *ret)
{
	bool named = who->pod_uid[0] && find_log_directory(root, who->pod_uid, ret);
	if (who->id[0] && (!named || !*who->runtime))
		find_config(root, who, ret);
	return !who->pod_uid[0] || *ret->pod;
}
