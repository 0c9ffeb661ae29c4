/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/io.h"
#include "engine/base/log.h"
#include "engine/cli/incident.h"

/* Raw into a pipe or file; escaped on a terminal, since a member may hold anything. */
static int print(const struct buf *text)
{
	if (isatty(STDOUT_FILENO)) {
		print_escaped(buf_str(text));
		return EXIT_OK;
	}
	int r = io_write(STDOUT_FILENO, text->data, text->len);
	if (r < 0 && r != -EPIPE)
		log_error_errno(r, "cannot write to the standard output");
	return r < 0 ? EXIT_FOUND : EXIT_OK;
}

static void say_why(const struct bundle *b, const char *member, int error)
{
	if (error == -ENOENT)
		log_error("no member '%s' in '%s'; `tracetrap show` names them", member, bundle_id(b));
	else if (error == -EBADMSG || error == -ENODATA)
		log_error("the member '%s' of '%s' is damaged", member, bundle_id(b));
	else
		log_error_errno(error, "cannot read the member '%s' of '%s'", member, bundle_id(b));
}

int cmd_cat(int argc, char **argv)
{
	struct incident_options o;
	_cleanup_bundle_ struct bundle *b = NULL;
	_cleanup_buf_ struct buf text = {0};
	if (command_wants_help("cat", argc, argv))
		return EXIT_OK;
	int r = incident_parse("cat", "", argc, argv, &o);
	if (r)
		return r;
	if (o.n_words != 2)
		return command_usage("cat", "expected BUNDLE and MEMBER");
	if (!incident_open(&o, o.words[0], &b))
		return EXIT_FOUND;
	r = bundle_read(b, o.words[1], BUNDLE_MEMBER_MAX, &text);
	if (r < 0) {
		say_why(b, o.words[1], r);
		return EXIT_FOUND;
	}
	return print(&text);
}
