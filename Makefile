# SPDX-License-Identifier: GPL-2.0-only
# tracetrap: `make help` lists what there is.

VERSION := 0.1.0
B ?= build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
LIBS := libbpf libelf libzstd yaml-0.1 json-c libarchive libseccomp libsodium

ifeq ($(SAN),1)
O := $(B)/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else ifeq ($(STATIC),1)
O := $(B)/static
else ifneq ($(findstring clang,$(CC)),)
O := $(B)/clang
else
O := $(B)
endif

ifneq ($(V),1)
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)';
endif

# Goals that need no libraries must also work before `make deps` has run.
BARE := deps help clean
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
missing := $(strip $(foreach l,$(LIBS),$(shell $(PKG_CONFIG) --exists $(l) 2>/dev/null || echo $(l))))
ifneq ($(missing),)
ifeq ($(filter demo check bench,$(MAKECMDGOALS)),)
$(error missing: $(missing). `make deps` installs the packages (as root))
endif
endif
endif

LIBPERF := $(B)/libperf
CFLAGS ?= -O2 -g
cflags = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -ffp-contract=off -fno-omit-frame-pointer \
	 -I. -I$(O) -I$(B) -isystem $(LIBPERF)/include -DTRACETRAP_VERSION='"$(VERSION)"' \
	 $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null) $(SANFLAGS)
ldlibs = $(LIBPERF)/libperf.a $(LIBPERF)/libapi.a $(libs) -lm -lz $(SANFLAGS)
ifeq ($(STATIC),1)
# libarchive names what its other formats want: we write tar alone, and a writer of xar would bring XML and its tables along.
libs = $(filter-out -lxml2 -lacl -llz4,$(shell $(PKG_CONFIG) --static --libs $(LIBS) 2>/dev/null))
LDFLAGS += -static -Wl,--defsym,archive_write_set_format_xar=archive_write_set_format_ustar
else
libs = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null)
endif

src := $(sort $(wildcard engine/*.c engine/*/*.c rules/*.c rules/*/*.c snapshot/*.c snapshot/*/*.c))
lib_src := $(filter-out engine/cli/main.c,$(src))
objs := $(src:%.c=$(O)/%.o)
lib_objs := $(lib_src:%.c=$(O)/%.o)
bpf_src := $(sort $(wildcard bpf/*.bpf.c tests/fault/*.bpf.c))
skels := $(patsubst %.bpf.c,$(B)/%.skel.h,$(bpf_src))
unit_src := $(sort $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c))
units := $(unit_src:%.c=$(O)/%)
live_src := $(sort $(wildcard tests/live/*.c))
lives := $(live_src:%.c=$(O)/%)
live_scripts := $(sort $(wildcard tests/live/*.sh))
live_help := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/live/support/*.c)))
unit_help := $(patsubst %.c,$(O)/%.o,$(sort $(wildcard tests/unit/support/*.c)))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo check check-root check-vm soak bench benches unit property agree mutate live fuzz fuzz-live fuzz-loop fuzz-soak clean help install

all: $(O)/tracetrap ## build everything into build/

$(O)/tracetrap: $(objs)
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $(objs) $(LDFLAGS) $(ldlibs)

$(O)/%.o: %.c | $(skels) $(LIBPERF)/libperf.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

# The kernel's side: an object per room, and the skeleton that the user side includes.
arch := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(shell uname -m)))
$(B)/%.bpf.o: %.bpf.c
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) -target bpf -D__TARGET_ARCH_$(arch) -g -O2 -mcpu=v3 -Wall -Wextra -Werror -Wno-unused-parameter -I. \
		-idirafter /usr/include/$(shell uname -m)-linux-gnu -MMD -MP -MT $@ -c -o $@ $<

$(B)/%.skel.h: $(B)/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$(notdir $*))_bpf > $@

# libperf has no package of its own: it is built from the distribution's kernel source.
$(LIBPERF)/libperf.a: conf/build/libperf.sh
	$(call say,LIBPERF,$(LIBPERF))
	$(Q)conf/build/libperf.sh $(LIBPERF)

$(O)/libtracetrap.a: $(lib_objs)
	$(Q)rm -f $@ && ar rcs $@ $(lib_objs)

$(units) $(lives) $(live_help): $(O)/%: $(O)/%.o $(unit_help) $(O)/libtracetrap.a
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $< $(unit_help) $(O)/libtracetrap.a $(LDFLAGS) $(ldlibs) -lcmocka

# Benchmarks, each a program of its own.
bench_progs := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/bench/bench_*.c)))
bench_help := $(patsubst %.c,$(O)/%.o,$(filter-out tests/bench/bench_%.c,$(sort $(wildcard tests/bench/*.c))))
benches: $(bench_progs)
$(bench_progs): $(O)/%: $(O)/%.o $(bench_help) $(unit_help) $(O)/libtracetrap.a
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^ $(LDFLAGS) $(ldlibs) -lcmocka

# Faults on demand, for the live and the VM tests: build/tests/fault/fault NAME.
fault_objs := $(patsubst %.c,$(O)/%.o,$(filter-out %.bpf.c,$(sort $(wildcard tests/fault/*.c))))
$(O)/tests/fault/fault: $(fault_objs) $(O)/engine/base/clock.o
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^ $(LDFLAGS) $(ldlibs)

# A fuzzer is tests/fuzz/fuzz_NAME.c over tests/data/fuzz/NAME, or over what corpus_NAME says.
corpus_rules := tests/data/rules conf/rules.d conf/packs
corpus_trial := tests/data/trials conf/rules.d/tests conf/packs/tests
fuzz_src := $(sort $(wildcard tests/fuzz/fuzz_*.c))
fuzzers := $(fuzz_src:%.c=$(O)/%)
fuzz_main = $(O)/tests/fuzz/main.o
corpus = $(wildcard $(or $(corpus_$(patsubst fuzz_%,%,$(notdir $(1)))),tests/data/fuzz/$(patsubst fuzz_%,%,$(notdir $(1)))))
$(fuzzers): $(O)/%: $(O)/%.o $(fuzz_main) $(unit_help) $(O)/libtracetrap.a
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^ $(LDFLAGS) $(ldlibs) -lcmocka $(FUZZ_LINK)

fuzz: $(fuzzers) ## run the fuzzers plainly over their corpora
	$(Q)$(foreach f,$(fuzzers),$(f) $(call corpus,$(f)) &&) true

export FUZZ_RUNS FUZZ_SECONDS FUZZ_SECONDS_PARSERS
fuzz-live: ## let libFuzzer drive each fuzzer for FUZZ_SECONDS (60), those of what people write for FUZZ_SECONDS_PARSERS; needs clang
	$(Q)$(MAKE) CC=clang O=$(B)/fuzz fuzz_main= FUZZ_LINK=-fsanitize=fuzzer fuzz-loop \
		SANFLAGS='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined'
fuzz-loop: $(fuzzers)
	$(Q)printf '%s\n' $(foreach f,$(fuzzers),'$(f) $(call corpus,$(f))') | tests/run-fuzzers
fuzz-soak: ## ten million executions (FUZZ_RUNS) of each parser of what people write
	$(Q)$(MAKE) fuzz-live FUZZ_RUNS=$(or $(FUZZ_RUNS),10000000)

unit: $(units) ## run the unit and property tests (no root, no sleeping)
	$(Q)tests/run-units $(units)

# Random rules over random inputs at full size. The program is made of what decides, records and replays, and no more, so that
# it is soon made in any way; -static is one.
property_names := build_rule course course_replay dice naive naive_except naive_reads naive_reload naive_value random_inputs random_rules vocabulary
property_src := $(property_names:%=tests/unit/support/%.c) tests/property/property.c engine/replay.c engine/replay_match.c rules/rule.c \
	rules/tell/why.c $(sort $(wildcard engine/base/*.c engine/record/inputlog*.c engine/record/ring*.c rules/run/*.c))
$(O)/tests/property/property $(O)/tests/property/property-static: $(property_src:%.c=$(O)/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(and $(findstring -static,$@),-static) -o $@ $^ $(LDFLAGS) -lsodium -lm $(SANFLAGS)

property: $(O)/tests/property/property ## hold 1,000 random sets of rules, and one over 10^6 inputs, against what they mean
	$(Q)$< 1000 1000 1000000

agree: ## gcc, clang, a static build and one for this machine must decide all of that alike
	$(Q)tests/property/agree.sh $(B)

mutate: $(O)/tracetrap ## what the tests of the stock rules and packs would not notice
	$(Q)$(O)/tracetrap test --mutate conf/rules.d/tests conf/packs/tests

live: $(lives) $(live_help) $(O)/tracetrap $(O)/tests/fault/fault ## run the tests that need root and BPF; what is missing is named
	$(Q)B=$(O) tests/run-live $(lives) $(live_scripts)

demo: ## install, build, provoke a spike, capture, show and replay it
	$(Q)$(MAKE) -s deps
	$(Q)$(MAKE) -j2 all $(O)/tests/fault/fault
	$(Q)conf/demo.sh $(O)

check: ## install, build and run every test this machine can run (TRACETRAP_REQUIRE=bpf,vm: skip none)
	$(Q)$(MAKE) -s deps
	$(Q)$(MAKE) -j2 all $(O)/tests/fault/fault
	$(Q)tests/check.sh $(O)

check-root: all $(O)/tests/fault/fault live ## the live BPF tests alone (root)

check-vm: all $(O)/tests/fault/fault $(lives) ## the VM scenarios alone (ONLY=ERE: those so named); FULL=1: all kernels and sweeps
	$(Q)tests/vm/all.sh $(O) "$(ONLY)"

soak: all ## the long runs: 300 kills each of history and reload, ten minutes of ordinary work on each kernel, fuzz-soak
	$(Q)B=$(O) ROUNDS=300 LIVE_TIMEOUT=3600 tests/run-live tests/live/history.sh tests/live/reload.sh
	$(Q)tests/vm/soak.sh $(O)
	$(Q)$(MAKE) fuzz-soak

bench: ## figures beside peers, measured in one run
	$(Q)conf/build/deps.sh bench $(O)/peers
	$(Q)$(MAKE) -j2 all $(O)/tests/fault/fault benches
	$(Q)tests/bench/run.sh $(O)

install: all ## into DESTDIR/usr and DESTDIR/etc
	install -D -m 755 $(O)/tracetrap $(DESTDIR)/usr/bin/tracetrap
	install -D -m 644 conf/tracetrap.yaml $(DESTDIR)/etc/tracetrap/tracetrap.yaml
	install -D -m 644 -t $(DESTDIR)/etc/tracetrap/rules.d conf/rules.d/*.yaml
	install -D -m 644 -t $(DESTDIR)/etc/tracetrap/packs conf/packs/*.yaml
	install -D -m 644 -t $(DESTDIR)/etc/tracetrap/noise conf/noise/*.yaml
	install -D -m 644 -t $(DESTDIR)/etc/tracetrap/klog conf/klog/*.yaml
	install -D -m 644 conf/man/tracetrap.1 $(DESTDIR)/usr/share/man/man1/tracetrap.1
	install -D -m 644 conf/systemd/tracetrap.service $(DESTDIR)/usr/lib/systemd/system/tracetrap.service

deps: ## install what is missing (Debian, as root)
	$(Q)conf/build/deps.sh $(if $(STATIC),static)

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  with CC=clang, SAN=1 (ASan and UBSan, in build/san), STATIC=1 (one static binary,'
	@echo '  in build/static), V=1 (show the commands), B=DIR (build elsewhere)'

-include $(objs:.o=.d) $(unit_help:.o=.d) $(units:=.d) $(bench_progs:=.d) $(bench_help:.o=.d) $(lives:=.d) $(live_help:=.d) $(O)/tests/property/property.d $(fault_objs:.o=.d) $(fuzzers:=.d) $(fuzz_main:.o=.d) $(patsubst %.skel.h,%.bpf.d,$(skels))
