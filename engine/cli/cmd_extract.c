/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/incident.h"

int cmd_extract(int argc, char **argv)
{
	struct incident_options o;
	_cleanup_bundle_ struct bundle *b = NULL;
	if (command_wants_help("extract", argc, argv))
		return EXIT_OK;
	int r = incident_parse("extract", "C", argc, argv, &o);
	if (r)
		return r;
	if (o.n_words != 1)
		return command_usage("extract", "expected one BUNDLE");
	if (!incident_open(&o, o.words[0], &b))
		return EXIT_FOUND;
	int n = bundle_extract(b, o.directory);
	if (n < 0) {
		log_error_errno(n, "cannot extract '%s' into '%s'", bundle_id(b), o.directory);
		return EXIT_FOUND;
	}
	printf("%s/%s: %d of %zu members\n", o.directory, bundle_id(b), n, bundle_members(b));
	if (bundle_cut(b))
		log_warning("'%s' was cut or damaged; `tracetrap verify` says where", bundle_path(b));
	return (size_t)n == bundle_members(b) && !bundle_cut(b) ? EXIT_OK : EXIT_FOUND;
}
