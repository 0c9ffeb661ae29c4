/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/kallsyms_table.h"

#include "engine/base/io.h"

#include <fcntl.h>
#include <sys/mman.h>

#define IMAGE_MAGIC UINT64_C(0x316d79736b747274) /* "trtksym1" */

/* Then n rows, then the text. One boot's processes alone read it: all of one binary and one byte order. */
struct image_head {
	uint64_t magic, n, text_len, stext, etext;
};

int kallsyms_image(const struct kallsyms *k, int *ret_fd)
{
	struct image_head head = {.magic = IMAGE_MAGIC,
				  .n = k->n,
				  .text_len = k->text.len,
				  .stext = k->stext,
				  .etext = k->etext};
	_cleanup_close_ int fd = memfd_create("kallsyms", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	int r = io_write(fd, &head, sizeof(head));
	if (r == 0)
		r = io_write(fd, k->rows, k->n * sizeof(*k->rows));
	if (r == 0)
		r = io_write(fd, k->text.data, k->text.len);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	*ret_fd = take_fd(fd);
	return 0;
}

static bool head_is_whole(const struct image_head *head, size_t len)
{
	size_t rest = len - sizeof(*head);
	return head->magic == IMAGE_MAGIC && head->n && head->n <= rest / sizeof(struct row) && head->text_len &&
	       head->text_len == rest - head->n * sizeof(struct row);
}

static bool rows_are_whole(const struct kallsyms *k)
{
	if (k->text.data[k->text.len - 1] != '\0')
		return false;
	for (size_t i = 0; i < k->n; i++)
		if (k->rows[i].name >= k->text.len || k->rows[i].module >= k->text.len)
			return false;
	return true;
}

int kallsyms_over(const void *image, size_t len, struct kallsyms **ret)
{
	const struct image_head *head = image;
	if (len < sizeof(*head) || !head_is_whole(head, len))
		return -EBADMSG;
	_cleanup_free_ struct kallsyms *k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	char *rows = (char *)image + sizeof(*head);
	*k = (struct kallsyms){.rows = (struct row *)(void *)rows,
			       .n = head->n,
			       .text = {.data = rows + head->n * sizeof(struct row), .len = head->text_len},
			       .stext = head->stext,
			       .etext = head->etext,
			       .borrowed = true};
	if (!rows_are_whole(k))
		return -EBADMSG;
	*ret = take_ptr(k);
	return 0;
}
