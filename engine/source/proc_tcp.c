/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/net/snmp and /proc/net/netstat: pairs of lines, names above numbers. Of the namespace we run in. The position of
 * a name is looked up once; a header of another length (never seen, but cheap to notice) looks it up again.
 */
#include "engine/source/part.h"
#include "engine/source/proc_file.h"
#include "engine/source/rates.h"
#include "engine/source/scan.h"

enum { IN_SEGS, OUT_SEGS, RETRANS, LISTEN_OVERFLOWS, LISTEN_DROPS, TIMEOUTS, COUNTS, ESTABLISHED = COUNTS, COLUMNS };

static const struct word {
	const char *name;
	uint8_t column;
} snmp_words[] = {{"CurrEstab", ESTABLISHED}, {"InSegs", IN_SEGS}, {"OutSegs", OUT_SEGS}, {"RetransSegs", RETRANS}},
  netstat_words[] = {{"ListenOverflows", LISTEN_OVERFLOWS}, {"ListenDrops", LISTEN_DROPS}, {"TCPTimeouts", TIMEOUTS}};

static const struct rate table[COUNTS] = {
	{SIGNAL_TCP_IN_SEGS, COUNTER_64, 1},	      {SIGNAL_TCP_OUT_SEGS, COUNTER_64, 1},
	{SIGNAL_TCP_RETRANS, COUNTER_64, 1},	      {SIGNAL_TCP_LISTEN_OVERFLOWS, COUNTER_64, 1},
	{SIGNAL_TCP_LISTEN_DROPS, COUNTER_64, 1},     {SIGNAL_TCP_TIMEOUTS, COUNTER_64, 1},
};

#define WORDS_MAX 4

/* One file: where its words stand. */
struct pair {
	struct proc_file file;
	const char *prefix; /* "Tcp:" */
	const struct word *words;
	unsigned n;
	size_t header_len; /* of the header that `at` was learned from */
	uint16_t at[WORDS_MAX]; /* number of the word in the line, from 1; 0: not there */
};

struct part {
	struct pair snmp, netstat;
	struct deltas deltas;
};

static const char *find_header(const struct pair *p, const char *text)
{
	size_t len = strlen(p->prefix);
	for (const char *at = text; *at; at = scan_next_line(at))
		if (strncmp(at, p->prefix, len) == 0)
			return at;
	return NULL;
}

static void learn(struct pair *p, const char *header)
{
	size_t len;
	uint16_t number = 0;
	memset(p->at, 0, sizeof(p->at));
	p->header_len = strcspn(header, "\n");
	scan_word(&header, &len);
	for (const char *word = scan_word(&header, &len); len; word = scan_word(&header, &len)) {
		number++;
		for (unsigned i = 0; i < p->n; i++)
			if (strncmp(p->words[i].name, word, len) == 0 && !p->words[i].name[len])
				p->at[i] = number;
	}
}

/* A number may be negative (MaxConn is -1): those are none of ours. */
static bool scan_signed(const char **at, uint64_t *ret)
{
	*at += strspn(*at, " ");
	if (**at == '-')
		(*at)++;
	return scan_u64(at, ret);
}

static bool pick(const struct pair *p, const char *numbers, uint64_t *raw)
{
	size_t len;
	uint64_t v;
	unsigned found = 0, wanted = 0;
	for (unsigned i = 0; i < p->n; i++)
		wanted += p->at[i] != 0;
	scan_word(&numbers, &len);
	for (unsigned number = 1; found < wanted && scan_signed(&numbers, &v); number++)
		for (unsigned i = 0; i < p->n; i++)
			if (p->at[i] == number) {
				raw[p->words[i].column] = v;
				found++;
			}
	return found == wanted;
}

static bool pair_read(struct pair *p, struct buf *text, uint64_t *raw)
{
	if (proc_file_read(&p->file, text) < 0)
		return false;
	const char *header = find_header(p, buf_str(text));
	if (!header)
		return false;
	if (strcspn(header, "\n") != p->header_len)
		learn(p, header);
	const char *numbers = scan_next_line(header);
	return strncmp(numbers, p->prefix, strlen(p->prefix)) == 0 && pick(p, numbers, raw);
}

static void tcp_close(struct part *p)
{
	proc_file_close(&p->snmp.file);
	proc_file_close(&p->netstat.file);
	deltas_done(&p->deltas);
	free(p);
}

static uint16_t signal_of(unsigned column)
{
	return column == ESTABLISHED ? SIGNAL_TCP_ESTABLISHED : table[column].signal;
}

static bool pair_open(struct pair *p, struct env *env, const char *path)
{
	uint64_t raw[COLUMNS];
	int r = proc_file_open(&p->file, env->proc_fd, path);
	bool good = r >= 0 && pair_read(p, &env->text, raw);
	for (unsigned i = 0; i < p->n; i++) {
		if (good && p->at[i])
			env_offer(env, signal_of(p->words[i].column), SECOND_NS, "/proc/%s %s", path, p->words[i].name);
		else
			env_refuse(env, signal_of(p->words[i].column), "cannot read '/proc/%s': %s", path,
				   r < 0 ? strerror(-r) : "no such word in it");
	}
	return good;
}

static struct part *tcp_open(struct env *env)
{
	struct part *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->snmp = (struct pair){.prefix = "Tcp:", .words = snmp_words, .n = ARRAY_SIZE(snmp_words)};
	p->netstat = (struct pair){.prefix = "TcpExt:", .words = netstat_words, .n = ARRAY_SIZE(netstat_words)};
	bool snmp = pair_open(&p->snmp, env, "net/snmp"), netstat = pair_open(&p->netstat, env, "net/netstat");
	if ((snmp || netstat) && deltas_init(&p->deltas, COUNTS, SECOND_NS) >= 0)
		return p;
	tcp_close(p);
	return NULL;
}

/* A file that was never there has no readings; one that cannot be read now makes its signals unknown. */
static void tcp_read(struct part *p, struct env *env, struct readings *out)
{
	uint64_t raw[COLUMNS] = {0};
	bool snmp = pair_read(&p->snmp, &env->text, raw), netstat = pair_read(&p->netstat, &env->text, raw);
	struct rate own[COUNTS];
	for (unsigned i = 0; i < COUNTS; i++) {
		own[i] = table[i];
		if (!env_has(env, table[i].signal))
			own[i].signal = SIGNAL_NONE;
	}
	bool lost = (!snmp && env_has(env, SIGNAL_TCP_IN_SEGS)) || (!netstat && env_has(env, SIGNAL_TCP_TIMEOUTS));
	if (lost)
		rates_unknown(&p->deltas, own, ENTITY_HOST, out);
	else
		rates_push(&p->deltas, own, env->now_ns, raw, ENTITY_HOST, out);
	if (env_has(env, SIGNAL_TCP_ESTABLISHED))
		readings_set(out, SIGNAL_TCP_ESTABLISHED, ENTITY_HOST, snmp, raw[ESTABLISHED]);
}

const struct part_ops part_tcp = {"tcp", TIER_SECOND, tcp_open, tcp_read, tcp_close};
