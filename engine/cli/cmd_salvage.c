/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/incident.h"

#include <fcntl.h>

/* Never over an existing file, and nothing half-done stays. */
static int salvage(struct bundle *b, const char *path)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return log_error_errno(-errno, "cannot create '%s'", path);
	int n = bundle_salvage(b, fd);
	if (n >= 0 && fsync(fd) < 0 && errno != EINVAL)
		n = -errno;
	if (n < 0)
		unlink(path);
	if (n == -EBADMSG)
		log_error("the manifest of '%s' is lost, so no valid bundle can be made; `tracetrap extract` what there is",
			  bundle_path(b));
	else if (n < 0)
		log_error_errno(n, "cannot salvage '%s' into '%s'", bundle_path(b), path);
	return n;
}

int cmd_salvage(int argc, char **argv)
{
	struct incident_options o;
	_cleanup_bundle_ struct bundle *b = NULL;
	if (command_wants_help("salvage", argc, argv))
		return EXIT_OK;
	int r = incident_parse("salvage", "", argc, argv, &o);
	if (r)
		return r;
	if (o.n_words != 2)
		return command_usage("salvage", "expected BUNDLE and the file to write");
	if (!incident_open(&o, o.words[0], &b))
		return EXIT_FOUND;
	int n = salvage(b, o.words[1]);
	if (n >= 0)
		printf("%s: %d whole members; the ledger names what was lost\n", o.words[1], n);
	return n < 0 ? EXIT_FOUND : EXIT_OK;
}
