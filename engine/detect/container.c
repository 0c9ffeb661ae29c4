/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/detect/container.h"

#include <ctype.h>

#define ID_LEN	    64
#define ID_LEN_LEAST 12 /* behind a runtime's own prefix a short one will do */

/* What a runtime puts before the id, by "-" under systemd and cri-o, by ":" where systemd's names reach plain directories. */
static const struct prefix {
	const char *name, *runtime;
} prefixes[] = {
	{"cri-containerd", "containerd"},
	{"crio", "cri-o"},
	{"docker", "docker"},
	{"libpod", "podman"},
	{"nerdctl", "containerd"},
};

/* One directory of the path, not ended by NUL. */
struct segment {
	const char *at;
	size_t len;
};

static bool has_prefix(struct segment s, const char *prefix)
{
	return s.len >= strlen(prefix) && memcmp(s.at, prefix, strlen(prefix)) == 0;
}

static bool is(struct segment s, const char *text)
{
	return s.len == strlen(text) && has_prefix(s, text);
}

static struct segment without_suffix(struct segment s, const char *suffix)
{
	size_t n = strlen(suffix);
	if (s.len >= n && memcmp(s.at + s.len - n, suffix, n) == 0)
		s.len -= n;
	return s;
}

static struct segment behind(struct segment s, size_t n)
{
	return (struct segment){s.at + n, s.len - n};
}

static bool is_id(struct segment s, size_t least)
{
	if (s.len < least || s.len > ID_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isxdigit((unsigned char)s.at[i]))
			return false;
	return true;
}

static void take_id(struct container *c, struct segment id, const char *runtime)
{
	memcpy(c->id, id.at, id.len);
	c->id[id.len] = '\0';
	c->runtime = runtime;
}

static bool take_prefixed(struct container *c, struct segment s, char separator)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i].name);
		if (!has_prefix(s, prefixes[i].name) || s.len == n || s.at[n] != separator ||
		    !is_id(behind(s, n + 1), ID_LEN_LEAST))
			continue;
		take_id(c, behind(s, n + 1), prefixes[i].runtime);
		return true;
	}
	return false;
}

/* 36 characters with dashes, or, as systemd's names must not have them, underscores; a static pod's has neither. */
static bool take_uid(struct container *c, struct segment s)
{
	char uid[POD_UID_MAX];
	if (s.len != POD_UID_MAX - 1 && s.len != 32)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uid[i] = s.at[i] == '_' ? '-' : s.at[i];
		if (uid[i] != '-' && !isxdigit((unsigned char)uid[i]))
			return false;
	}
	uid[s.len] = '\0';
	strcpy(c->pod_uid, uid);
	return true;
}

static const char *last_of(struct segment s, const char *what)
{
	const char *found = NULL;
	for (size_t i = 0; i + strlen(what) <= s.len; i++)
		if (memcmp(s.at + i, what, strlen(what)) == 0)
			found = s.at + i;
	return found;
}

/* "kubepods-burstable-podUID.slice", "kubelet-kubepods-podUID.slice" (kind). */
static bool take_pod_slice(struct container *c, struct segment s)
{
	struct segment name = without_suffix(s, ".slice");
	const char *pod = last_of(name, "-pod");
	if (name.len == s.len || !pod || !last_of(name, "kubepods"))
		return false;
	if (!take_uid(c, behind(name, (size_t)(pod - name.at) + strlen("-pod"))))
		return false;
	c->qos = last_of(name, "-burstable-") ? "burstable" : last_of(name, "-besteffort-") ? "besteffort" : "guaranteed";
	return true;
}

/* "podUID" below "kubepods", with "burstable" or "besteffort" between. */
static void take_pod_directory(struct container *c, struct segment s, struct segment parent)
{
	if (!has_prefix(s, "pod") || !take_uid(c, behind(s, strlen("pod"))))
		return;
	c->qos = is(parent, "burstable") ? "burstable" : is(parent, "besteffort") ? "besteffort" : "guaranteed";
}

/* "SLICE:PREFIX:ID": what systemd would have been asked for. */
static bool take_colons(struct container *c, struct segment s)
{
	const char *colon = memchr(s.at, ':', s.len);
	if (!colon)
		return false;
	size_t n = (size_t)(colon - s.at);
	take_pod_slice(c, (struct segment){s.at, n});
	return take_prefixed(c, behind(s, n + 1), ':');
}

static void take_segment(struct container *c, struct segment s, struct segment parent)
{
	if (take_colons(c, s) || take_pod_slice(c, s) || take_prefixed(c, without_suffix(s, ".scope"), '-'))
		return;
	if (s.len == ID_LEN && is_id(s, ID_LEN))
		take_id(c, s, is(parent, "docker") ? "docker" : "");
	else
		take_pod_directory(c, s, parent);
}

bool container_parse(const char *cgroup_path, struct container *ret)
{
	struct segment parent = {"", 0};
	*ret = (struct container){.runtime = "", .qos = ""};
	for (const char *at = cgroup_path; *at;) {
		struct segment s = {at, strcspn(at, "/")};
		if (s.len) {
			take_segment(ret, s, parent);
			parent = s;
		}
		at += s.len + (at[s.len] == '/');
	}
	return ret->id[0] || ret->pod_uid[0];
}
