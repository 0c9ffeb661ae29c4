/* SPDX-License-Identifier: GPL-2.0-only */
#include "snapshot/symbol/elf.h"

#include <gelf.h>

#define SYMBOLS_MAX  (8U << 20)
#define SECTIONS_MAX 65536U
#define PHDRS_MAX    4096U
#define NAMES_MAX    ((size_t)16 << 20)

size_t elf_notes_build_id(const void *notes, size_t len, uint8_t ret_id[ELF_BUILD_ID_MAX])
{
	struct cursor c = cursor_over(notes, len);
	while (cursor_left(&c) >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr h; /* the same in both classes */
		memcpy(&h, cursor_bytes(&c, sizeof(h)), sizeof(h));
		size_t name_room = ((size_t)h.n_namesz + 3) & ~(size_t)3;
		const char *name = cursor_bytes(&c, MIN(name_room, cursor_left(&c)));
		size_t left = cursor_left(&c);
		const uint8_t *id = cursor_bytes(&c, MIN(((size_t)h.n_descsz + 3) & ~(size_t)3, left));
		if (h.n_descsz > left)
			return 0;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 && name_room == 4 && memcmp(name, "GNU", 4) == 0) {
			size_t n = MIN(h.n_descsz, (size_t)ELF_BUILD_ID_MAX);
			copy_bytes(ret_id, id, n);
			return n;
		}
	}
	return 0;
}

static void build_id_of_chunk(Elf *elf, uint64_t offset, uint64_t size, struct elf_answer *a)
{
	Elf_Data *data =
		a->build_id_len || size > 65536 ? NULL : elf_getdata_rawchunk(elf, (int64_t)offset, size, ELF_T_BYTE);
	if (data && data->d_buf)
		a->build_id_len = (uint8_t)elf_notes_build_id(data->d_buf, data->d_size, a->build_id);
}

static size_t phdr_count(Elf *elf)
{
	size_t n = 0;
	return elf_getphdrnum(elf, &n) == 0 ? MIN(n, (size_t)PHDRS_MAX) : 0;
}

/* Sections first: a separate debug file keeps its note there, while its program headers describe the other file. */
static void build_id_find(Elf *elf, struct elf_answer *a)
{
	unsigned seen = 0;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) && seen < SECTIONS_MAX; seen++) {
		GElf_Shdr h;
		if (gelf_getshdr(s, &h) && h.sh_type == SHT_NOTE)
			build_id_of_chunk(elf, h.sh_offset, h.sh_size, a);
	}
	for (size_t i = 0, n = phdr_count(elf); i < n; i++) {
		GElf_Phdr h;
		if (gelf_getphdr(elf, (int)i, &h) && h.p_type == PT_NOTE)
			build_id_of_chunk(elf, h.p_offset, h.p_filesz, a);
	}
}

/* UINT64_MAX when no segment holds that offset. */
static uint64_t vaddr_of_offset(const GElf_Phdr *loads, size_t n, uint64_t offset)
{
	for (size_t i = 0; i < n; i++) {
		if (offset >= loads[i].p_offset && offset - loads[i].p_offset < loads[i].p_filesz)
			return offset - loads[i].p_offset + loads[i].p_vaddr;
	}
	return UINT64_MAX;
}

/* The executable segments first: where segments share a page of the file, the code is meant. */
static size_t loads_read(Elf *elf, GElf_Phdr *loads, size_t max)
{
	size_t n = 0;
	for (int executable = 1; executable >= 0; executable--) {
		for (size_t i = 0, count = phdr_count(elf); i < count && n < max; i++) {
			if (gelf_getphdr(elf, (int)i, &loads[n]) && loads[n].p_type == PT_LOAD &&
			    !!(loads[n].p_flags & PF_X) == executable)
				n++;
		}
	}
	return n;
}

static void vaddrs_fill(Elf *elf, bool by_vaddr, const uint64_t *queries, struct elf_answer *a)
{
	GElf_Phdr loads[64];
	size_t n = by_vaddr ? 0 : loads_read(elf, loads, ARRAY_SIZE(loads) - 1);
	for (size_t i = 0; i < a->n; i++)
		a->hits[i].vaddr = by_vaddr ? queries[i] : vaddr_of_offset(loads, n, queries[i]);
}

static int compare_ranks(const void *x, const void *y, void *ctx)
{
	const struct elf_hit *hits = ctx;
	uint64_t a = hits[*(const uint32_t *)x].vaddr, b = hits[*(const uint32_t *)y].vaddr;
	return (a > b) - (a < b);
}

/* The queries' ranks in order of their virtual address. */
static uint32_t *ranks_new(const struct elf_answer *a)
{
	uint32_t *ranks = reallocarray(NULL, a->n + 1, sizeof(*ranks));
	for (uint32_t i = 0; ranks && i < a->n; i++)
		ranks[i] = i;
	if (ranks)
		qsort_r(ranks, a->n, sizeof(*ranks), compare_ranks, a->hits);
	return ranks;
}

static size_t first_rank_from(const struct elf_answer *a, const uint32_t *ranks, uint64_t vaddr)
{
	size_t lo = 0, hi = a->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (a->hits[ranks[mid]].vaddr < vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* An inner symbol beats an outer one, a sized one a bare label, a name without leading underscores its alias. */
static bool better(const struct elf_answer *a, const struct elf_hit *old, uint64_t start, uint64_t size,
		   const char *name)
{
	if (!old->name)
		return true;
	if ((old->size == 0) != (size == 0))
		return size != 0;
	if (start != old->start)
		return start > old->start;
	return strspn(name, "_") < strspn(a->names.data + old->name, "_");
}

static uint32_t name_add(struct elf_answer *a, const char *name)
{
	uint32_t at = (uint32_t)a->names.len;
	buf_add(&a->names, name, strnlen(name, ELF_NAME_MAX));
	buf_add_char(&a->names, '\0');
	return at;
}

static void symbol_offer(struct elf_answer *a, const uint32_t *ranks, const GElf_Sym *sym, const char *name)
{
	uint32_t name_at = 0;
	/* A label without a size stands for the 4 KiB after it, where nothing better is known. */
	uint64_t end = sym->st_value + (sym->st_size ? sym->st_size : 4096);
	for (size_t i = first_rank_from(a, ranks, sym->st_value); i < a->n; i++) {
		struct elf_hit *hit = &a->hits[ranks[i]];
		if (hit->vaddr >= end || hit->vaddr == UINT64_MAX)
			return;
		if (!better(a, hit, sym->st_value, sym->st_size, name))
			continue;
		if (!name_at)
			name_at = name_add(a, name);
		hit->start = sym->st_value;
		hit->size = sym->st_size;
		hit->name = name_at;
	}
}

static bool is_function(const GElf_Sym *sym)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);
	return sym->st_shndx != SHN_UNDEF && sym->st_value && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

static void symbols_scan(Elf *elf, Elf_Scn *section, const GElf_Shdr *h, const uint32_t *ranks, struct elf_answer *a)
{
	Elf_Data *data = h->sh_entsize ? elf_getdata(section, NULL) : NULL;
	size_t n = data ? MIN(data->d_size / h->sh_entsize, (size_t)SYMBOLS_MAX) : 0;
	for (size_t i = 0; i < n; i++) {
		GElf_Sym sym;
		if (!gelf_getsym(data, (int)i, &sym) || !is_function(&sym))
			continue;
		const char *name = elf_strptr(elf, h->sh_link, sym.st_name);
		if (name && *name && a->names.len < NAMES_MAX)
			symbol_offer(a, ranks, &sym, name);
	}
}

static void tables_scan(Elf *elf, uint32_t type, const uint32_t *ranks, struct elf_answer *a)
{
	unsigned seen = 0;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) && seen < SECTIONS_MAX; seen++) {
		GElf_Shdr h;
		if (!gelf_getshdr(s, &h) || h.sh_type != type)
			continue;
		a->has_symtab |= type == SHT_SYMTAB;
		symbols_scan(elf, s, &h, ranks, a);
	}
}

static int answer(Elf *elf, bool by_vaddr, const uint64_t *queries, struct elf_answer *a)
{
	build_id_find(elf, a);
	vaddrs_fill(elf, by_vaddr, queries, a);
	_cleanup_free_ uint32_t *ranks = ranks_new(a);
	if (!ranks)
		return -ENOMEM;
	tables_scan(elf, SHT_SYMTAB, ranks, a);
	tables_scan(elf, SHT_DYNSYM, ranks, a);
	return a->names.failed ? -ENOMEM : 0;
}

int elf_lookup(int fd, bool by_vaddr, const uint64_t *queries, size_t n, struct elf_answer *ret)
{
	if (n > ELF_QUERIES_MAX)
		return -E2BIG;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return -ENOEXEC;
	}
	struct elf_answer a = {.hits = calloc(n + 1, sizeof(*a.hits)), .n = n};
	buf_add_char(&a.names, '\0');
	int r = a.hits ? answer(elf, by_vaddr, queries, &a) : -ENOMEM;
	elf_end(elf);
	if (r < 0) {
		elf_answer_done(&a);
		return r;
	}
	*ret = a;
	return 0;
}

void elf_answer_done(struct elf_answer *a)
{
	free(a->hits);
	buf_done(&a->names);
	*a = (struct elf_answer){0};
}
