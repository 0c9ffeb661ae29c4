/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/incident.h"
#include "snapshot/store/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

static int remove_bundle(const struct incident_options *o, const char *path, const char *id)
{
	char mark[BUNDLE_ID_MAX + sizeof(STORE_PIN)];
	snprintf(mark, sizeof(mark), "%s" STORE_PIN, id);
	_cleanup_close_ int store = open(o->store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	if (store < 0)
		return -errno;
	if (!o->force && faccessat(store, mark, F_OK, 0) == 0)
		return -EBUSY;
	const char *file = strrchr(path, '/') + 1;
	if (fstatat(store, file, &st, AT_SYMLINK_NOFOLLOW) < 0 || unlinkat(store, file, 0) < 0)
		return -errno;
	unlinkat(store, mark, 0);
	return journal_add(store, "removed", id, (uint64_t)st.st_size);
}

static int remove_word(const struct incident_options *o, const char *word)
{
	char path[512], id[BUNDLE_ID_MAX + 1];
	bool partial;
	if (!incident_path(o, word, path))
		return EXIT_FOUND;
	if (!strrchr(path, '/') || !store_is_bundle(strrchr(path, '/') + 1, &partial, id, sizeof(id)))
		return command_usage("rm", "'%s' is no incident of the store", word);
	int r = remove_bundle(o, path, id);
	if (r == -EBUSY)
		log_error("'%s' is pinned; `tracetrap pin --off` it first, or use --force", id);
	else if (r < 0)
		log_error_errno(r, "cannot remove '%s'", id);
	return r < 0 ? EXIT_FOUND : EXIT_OK;
}

int cmd_rm(int argc, char **argv)
{
	struct incident_options o;
	if (command_wants_help("rm", argc, argv))
		return EXIT_OK;
	int r = incident_parse("rm", "f", argc, argv, &o);
	if (r)
		return r;
	if (o.n_words == 0)
		return command_usage("rm", "expected an incident of the store");
	for (int i = 0; r == 0 && i < o.n_words; i++) {
		if (strchr(o.words[i], '/'))
			return command_usage("rm", "'%s' is a path; only incidents of the store are removed", o.words[i]);
		r = remove_word(&o, o.words[i]);
	}
	return r;
}
