/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/incident.h"

#include <fcntl.h>

static int pin(const char *path)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	return fd < 0 ? -errno : 0;
}

static int unpin(const char *path)
{
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int cmd_pin(int argc, char **argv)
{
	struct incident_options o;
	char path[512], id[BUNDLE_ID_MAX + 1], mark[1024];
	bool partial;
	if (command_wants_help("pin", argc, argv))
		return EXIT_OK;
	int r = incident_parse("pin", "o", argc, argv, &o);
	if (r)
		return r;
	if (o.n_words != 1 || strchr(o.words[0], '/'))
		return command_usage("pin", "expected one incident of the store");
	if (!incident_path(&o, o.words[0], path) || !strrchr(path, '/') ||
	    !store_is_bundle(strrchr(path, '/') + 1, &partial, id, sizeof(id)))
		return EXIT_FOUND;
	snprintf(mark, sizeof(mark), "%s/%s" STORE_PIN, o.store, id);
	r = o.off ? unpin(mark) : pin(mark);
	if (r < 0)
		log_error_errno(r, "cannot %s '%s'", o.off ? "unpin" : "pin", id);
	return r < 0 ? EXIT_FOUND : EXIT_OK;
}
