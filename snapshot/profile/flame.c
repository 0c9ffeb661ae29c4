/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/profile/flame.h"

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "snapshot/profile/flame_style.h"

#define WIDTH	  1200.0
#define MARGIN	  16.0
#define HEAD	  92.0 /* title, tabs, note */
#define FOOT	  34.0
#define ROW	  18.0
#define LETTER	  6.7	    /* width of a letter of the labels */
#define NARROWEST (1 / 3.0) /* px */

struct canvas {
	struct buf out;
	struct fold *fold;
	double scale; /* px per µs */
	uint64_t total;
};

static bool drawn(const struct fold_node *node, double scale)
{
	return (double)node->total_us * scale >= NARROWEST;
}

/* Rows that the drawn frames below `node` need. Depth is bounded by FOLD_DEPTH_MAX. */
static unsigned rows_of(struct fold *f, uint32_t node, double scale)
{
	struct fold_node n, child;
	unsigned most = 0;
	fold_get(f, node, &n);
	for (uint32_t c = n.child; c; c = child.sibling) {
		fold_get(f, c, &child);
		unsigned rows = drawn(&child, scale) ? rows_of(f, c, scale) : 0;
		most = MAX(most, rows);
	}
	return most + 1;
}

/* A colour of the kind's family, the same for a name in every graph. */
static void add_fill(struct buf *out, enum frame_kind kind, const char *name)
{
	static const struct {
		unsigned hue, hues, saturation, light;
	} families[] = {
		[FRAME_ROOT] = {220, 1, 8, 78},
		[FRAME_COMM] = {262, 14, 34, 76},
		[FRAME_USER] = {196, 26, 52, 70},
		[FRAME_KERNEL] = {16, 30, 82, 69},
	};
	uint32_t h = 2166136261U;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619U;
	h ^= h >> 15;
	buf_printf(out, "hsl(%u,%u%%,%u%%)", families[kind].hue + h % families[kind].hues, families[kind].saturation,
		   families[kind].light + (h >> 8) % 8);
}

/* As much of a name as fits, cut between letters of UTF-8. */
static void add_label(struct buf *out, const char *name, double width)
{
	int room = (int)((width - 6) / LETTER);
	char cut[256];
	size_t len = strnlen(name, sizeof(cut) - 3);
	bool whole = (size_t)MAX(room, 0) >= len && !name[len];
	if (room < 3)
		return;
	if (!whole)
		len = MIN(len, (size_t)room - 1);
	while (!whole && len && ((unsigned char)name[len] & 0xc0) == 0x80)
		len--;
	memcpy(cut, name, len);
	cut[len] = '\0';
	text_escape_xml(out, cut);
	if (!whole)
		buf_add_str(out, "…");
}

static void add_frame(struct canvas *c, const struct fold_node *n, double x, double y)
{
	double width = (double)n->total_us * c->scale;
	char span[CLOCK_TEXT_MAX];
	buf_add_str(&c->out, "<g class=\"f\"><title>");
	text_escape_xml(&c->out, n->name);
	buf_printf(&c->out, "\n%s CPU, %.2f %%", clock_span(n->total_us * NS_PER_US, span),
		   100.0 * (double)n->total_us / (double)MAX(c->total, UINT64_C(1)));
	if (n->self_us && n->self_us != n->total_us)
		buf_printf(&c->out, "\n%s in itself", clock_span(n->self_us * NS_PER_US, span));
	buf_printf(&c->out, "</title><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%.0f\" fill=\"", x, y, width,
		   ROW - 1);
	add_fill(&c->out, n->kind, n->name);
	buf_printf(&c->out, "\"/><text x=\"%.2f\" y=\"%.1f\">", x + 3, y + ROW - 5.5);
	add_label(&c->out, n->name, width);
	buf_add_str(&c->out, "</text></g>\n");
}

static void add_tree(struct canvas *c, uint32_t node, double x, double y)
{
	struct fold_node n, child;
	fold_get(c->fold, node, &n);
	add_frame(c, &n, x, y);
	for (uint32_t i = n.child; i; i = child.sibling) {
		fold_get(c->fold, i, &child);
		if (drawn(&child, c->scale))
			add_tree(c, i, x, y - ROW);
		x += (double)child.total_us * c->scale;
	}
}

static double scale_of(const struct fold *f)
{
	uint64_t total = fold_total(f);
	return total ? (WIDTH - 2 * MARGIN) / (double)total : 0;
}

static void add_window(struct buf *out, const struct flame_window *w, size_t i, bool shown, double bottom)
{
	struct canvas c = {.fold = w->fold, .scale = scale_of(w->fold), .total = fold_total(w->fold)};
	buf_printf(out, "<g class=\"w\" id=\"w%zu\"%s>\n<text class=\"note\" x=\"%.0f\" y=\"%.0f\">", i,
		   shown ? "" : " style=\"display:none\"", MARGIN, HEAD - 14);
	text_escape_xml(out, w->note);
	buf_add_str(out, "</text>\n");
	if (c.total)
		add_tree(&c, 0, MARGIN, bottom - ROW);
	else
		buf_printf(out,
			   "<text class=\"none\" x=\"%.0f\" y=\"%.0f\">No samples outside of idle CPUs and our own "
			   "tasks.</text>\n",
			   WIDTH / 2, (HEAD + bottom) / 2);
	buf_add(out, buf_str(&c.out), c.out.len);
	out->failed |= c.out.failed;
	buf_done(&c.out);
	buf_add_str(out, "</g>\n");
}

static void add_tab(struct buf *out, const struct flame_window *w, size_t i, bool shown)
{
	double x = MARGIN + (double)i * 92;
	buf_printf(out,
		   "<g class=\"tab%s\" data-w=\"w%zu\"><rect x=\"%.0f\" y=\"42\" width=\"84\" height=\"22\" rx=\"11\"/>"
		   "<text x=\"%.0f\" y=\"57\">",
		   shown ? " on" : "", i, x, x + 42);
	text_escape_xml(out, w->label);
	buf_add_str(out, "</text></g>\n");
}

static void add_legend(struct buf *out, double y)
{
	static const struct {
		const char *text;
		enum frame_kind kind;
	} rows[] = {{"task", FRAME_COMM}, {"user", FRAME_USER}, {"kernel", FRAME_KERNEL}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double x = MARGIN + (double)i * 76;
		buf_printf(out, "<rect x=\"%.0f\" y=\"%.0f\" width=\"11\" height=\"11\" rx=\"2\" fill=\"", x, y);
		add_fill(out, rows[i].kind, "");
		buf_printf(out, "\"/><text class=\"legend\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", x + 16, y + 9.5,
			   rows[i].text);
	}
}

static double bottom_of(const struct flame_window *windows, size_t n)
{
	unsigned rows = 6;
	for (size_t i = 0; i < n; i++) {
		unsigned here = rows_of(windows[i].fold, 0, scale_of(windows[i].fold));
		rows = MAX(rows, here);
	}
	return HEAD + rows * ROW;
}

int flame_write(FILE *to, const char *title, const struct flame_window *windows, size_t n, size_t shown)
{
	_cleanup_buf_ struct buf out = {0};
	double bottom = bottom_of(windows, n);
	buf_printf(
		&out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"flame\" "
		"viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\">\n<style>%s</style>\n"
		"<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n<text class=\"title\" x=\"%.0f\" y=\"28\">",
		WIDTH, bottom + FOOT, WIDTH, bottom + FOOT, FLAME_STYLE, MARGIN);
	text_escape_xml(&out, title);
	buf_add_str(&out, "</text>\n");
	for (size_t i = 0; i < n; i++)
		add_tab(&out, &windows[i], i, i == shown);
	for (size_t i = 0; i < n; i++)
		add_window(&out, &windows[i], i, i == shown, bottom);
	add_legend(&out, bottom + 11);
	buf_printf(&out,
		   "<text class=\"tool\" id=\"search\" x=\"%.0f\" y=\"57\">Search</text>\n<text class=\"tool\" "
		   "id=\"reset\" "
		   "x=\"%.0f\" y=\"57\" style=\"display:none\">Reset zoom</text>\n"
		   "<text class=\"detail\" id=\"detail\" x=\"%.0f\" y=\"%.0f\"></text>\n"
		   "<script>//<![CDATA[\n%s//]]></script>\n</svg>\n",
		   WIDTH - MARGIN, WIDTH - MARGIN - 70, WIDTH - MARGIN, bottom + 20, FLAME_SCRIPT);
	if (out.failed)
		return -ENOMEM;
	return fwrite(out.data, out.len, 1, to) == 1 ? 0 : -EIO;
}
