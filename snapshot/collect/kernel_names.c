/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/collect/kernel_names.h"

#define IMAGE ".kallsyms"

int collect_kernel_names(struct collect *c, struct kallsyms **ret)
{
	const void *image;
	size_t len;
	if (collect_read(c, IMAGE, &image, &len) == 0 && kallsyms_over(image, len, ret) == 0)
		return 0;
	int r = kallsyms_load(collect_proc_dirfd(c), ret);
	_cleanup_close_ int fd = -1;
	if (r == 0 && kallsyms_image(*ret, &fd) == 0)
		(void)collect_keep(c, IMAGE, fd); /* else the next one reads for itself */
	return r;
}
