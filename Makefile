# SPDX-License-Identifier: Apache-2.0
# One makefile, everything it makes under build/.  `make help` lists the targets.
#
#   MODE=debug  AddressSanitizer and UndefinedBehaviorSanitizer     V=1    show the commands
#   MODE=plain  not optimized, soon built
#   BPF=0       a sensor without eBPF (no clang, no bpftool)        CC=clang
#   B=DIR       another place than build/

MODE    ?= release
BPF     ?= 1
B       ?= build
PREFIX  ?= /usr/local
SYSCONFDIR ?= /etc
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PYTHON  ?= /usr/bin/python3
V       ?= 0
Q       := $(if $(filter 1,$V),,@)

VERSION  := 0.1.0
RELEASED := 2026-11-28
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Wswitch-enum -Wundef -Wformat=2
MODE_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
MODE_debug   := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE
MODE_plain   := -O0 -fPIE
CFLAGS   ?= -g
CFLAGS_ALL = -std=gnu11 -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' -DWEIR_DATE='"$(RELEASED)"' -DWEIR_BPF=$(BPF) -I. -I$B $(WARNINGS) \
             $(MODE_$(MODE)) $(CFLAGS)
LDFLAGS_ALL = $(MODE_$(MODE)) -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

src  = $(sort $(wildcard $1/*.c) $(wildcard $1/*/*.c))
objs = $(patsubst %.c,$B/%.o,$1)

LIB_SRC    := $(call src,lib)
POLICY_SRC := $(call src,policies)
SIM_SRC    := $(call src,simulator)
BPF_ONLY   := $(addprefix sensor/capture/,capture_bpf.c flow_maps.c hook.c hook_keeper.c process_watch.c tc.c tcx.c)
SENSOR_SRC := $(filter-out $(if $(filter 0,$(BPF)),$(BPF_ONLY)),$(call src,sensor))
BPF_SRC    := $(if $(filter 0,$(BPF)),,$(wildcard bpf/*.bpf.c))
SKELS      := $(BPF_SRC:%.bpf.c=$B/%.skel.h)
# Programs are one main each; everything else of a room can be linked into its tests.
MAINS      := simulator/cmd/main.c sensor/main.c
LIB        := $(call objs,$(LIB_SRC))
POLICY     := $(call objs,$(POLICY_SRC))
SIM        := $(call objs,$(filter-out $(MAINS),$(SIM_SRC)))
SENSOR     := $(call objs,$(filter-out $(MAINS),$(SENSOR_SRC)))
TESTS      := $(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/test_*.c))) $(addprefix $B/tests/differential/,random_match random_records random_reach random_live)
# Programs that tests run with input of their own.
AIDS       := $(patsubst %.c,$B/%,$(filter-out %/deliver.c,$(sort $(wildcard tests/aws/*.c))))
SENSOR_AIDS := $B/tests/aws/deliver
FUZZERS    := $(patsubst %.c,$B/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCH      := $(call objs,bench/child.c bench/made_capture.c)
BENCHES    := $(patsubst %.c,$B/%,$(sort $(wildcard bench/bench_*.c)))
# What bench/bench_sensor.py sends with, and what it compares the kernel program with.
BENCH_AIDS := $B/bench/generator $(if $(filter 0,$(BPF)),,$B/bench/empty_tc)
# ISA-L where lib/flow/inflate.h takes it.
AWS_LIBS    = -lcurl -lcrypto -lexpat
LIBS        = $(AWS_LIBS) -lcjson -lm $(if $(findstring x86_64,$(TRIPLE)),-lisal) -lz -lzstd
SENSOR_LIBS = $(LIBS) -lpcap -lcap-ng -lseccomp -lmicrohttpd $(if $(filter 0,$(BPF)),,-lbpf -lelf -lz)
# Debian's multiarch folder; clang puts a vendor into the triple that the folder's name does not have.
TRIPLE     := $(subst -unknown-,-,$(subst -pc-,-,$(shell $(CC) -dumpmachine 2>/dev/null)))
BPF_SYSINC := $(addprefix -I,$(wildcard /usr/include/$(TRIPLE)))

all: $B/weir $B/weir-sensor $B/weir-sign ## build weir and weir-sensor, and the signer alone

$B/weir: $B/simulator/cmd/main.o $(SIM) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# From an archive only what the sensor uses is linked: it reads no flow logs and needs no library for that.
$B/lib.a: $(LIB)
	$Q rm -f $@
	$Q$(AR) rcs $@ $^
$B/weir-sensor: $B/sensor/main.o $(SENSOR) $(POLICY) $B/lib.a
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SENSOR_LIBS)
# Before the first build the skeleton must exist; afterwards the .d files know who uses it.
$(SENSOR) $B/sensor/main.o $B/tests/unit/test_flow_program.o: | $(SKELS)
$B/bench/bench_bpf.o: | $B/bench/flow_bench.skel.h

$B/%.o: %.c $B/flags
	$Q mkdir -p $(@D)
	$Q$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$B/%.bpf.o: %.bpf.c $B/flags
	$Q mkdir -p $(@D)
	$Q$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I. $(BPF_SYSINC) -MMD -MP -c -o $@ $<
$B/%.skel.h: $B/%.bpf.o
	$Q$(BPFTOOL) gen skeleton $< name $(*F)_bpf > $@

# A unit test links every room but the two mains; it sees each through its headers like everyone else.
$B/tests/unit/test_%: $B/tests/unit/test_%.o $(SIM) $(SENSOR) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SENSOR_LIBS) -lcmocka
$B/tests/unit/test_live $B/tests/unit/test_live_reading: $B/tests/unit/live_scene.o
# Fast ways of judging against the plain one; test_match.py and its like beside them run these.
RANDOM      = $(patsubst %.c,$B/%.o,$(filter-out %_match.c %_records.c %_reach.c %_live.c,$(wildcard tests/differential/*.c)))
$(addprefix $B/tests/differential/,random_match random_records random_reach): %: %.o $(RANDOM) $(SIM) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$B/tests/differential/random_live: %: %.o $(RANDOM) $(SIM) $(SENSOR) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SENSOR_LIBS)
$(AIDS): %: %.o $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# From an archive only what is missing is linked.
$B/sensor.a: $(SENSOR)
	$Q rm -f $@
	$Q$(AR) rcs $@ $^
$(SENSOR_AIDS): %: %.o $B/sensor.a $(POLICY) $B/lib.a
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SENSOR_LIBS)
# The signer and the credentials alone: for suites that others wrote, and for judges.
TOOLS      := $B/weir-sign $B/weir-creds
$(TOOLS): $B/weir-%: $B/tests/tools/weir_%.o $B/tests/tools/sign_input.o $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# Fuzz targets: with any compiler a replay of the corpus; tests/fuzz/run puts clang's libFuzzer in its place.
FUZZ_MAIN   = $B/tests/fuzz/replay.o
$B/tests/fuzz/fuzz_%: $B/tests/fuzz/fuzz_%.o $B/tests/fuzz/replay.o $(SIM) $(SENSOR) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $(filter-out %/replay.o,$^) $(FUZZ_MAIN) $(SENSOR_LIBS)
# The matcher's rival is DPDK's, where libdpdk-dev is installed.
DPDK       := $(shell pkg-config --exists libdpdk 2>/dev/null && echo 1 || echo 0)
$B/bench/rival_acl.o: CFLAGS_ALL += -DWEIR_DPDK=$(DPDK) $(if $(filter 1,$(DPDK)),$(patsubst -I%,-isystem %,$(shell \
                                    pkg-config --cflags libdpdk)))
$B/bench/bench_match: $B/bench/bench_match.o $B/bench/work.o $B/bench/rival_acl.o $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) $(if $(filter 1,$(DPDK)),-lrte_acl -lrte_eal)
# The sets' rival is Z3, where libz3-dev is installed.
Z3         := $(if $(wildcard /usr/include/z3.h),1,0)
$B/bench/rival_z3.o: CFLAGS_ALL += -DWEIR_Z3=$(Z3)
REACH      := $(call objs,$(addprefix bench/,reach_course.c reach_diff.c made_network.c made_rules.c made_estate.c rival_z3.c child.c))
$B/bench/bench_reach: $B/bench/bench_reach.o $(REACH) $(SIM) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) $(if $(filter 1,$(Z3)),-lz3)
$B/bench/bench_%: $B/bench/bench_%.o $(BENCH) $(SIM) $(SENSOR) $(POLICY) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SENSOR_LIBS)
$(BENCH_AIDS): %: %.o $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SENSOR_LIBS)

# What bench/bench_flowlog.py makes its logs with, and what an answer over them is made of.
FLOWLOG_AIDS := $(addprefix $B/bench/,flowlog_generator flowlog_floor cost)
$(FLOWLOG_AIDS): %: %.o $(call objs,$(addprefix bench/,made_flowlog.c made_estate.c child.c)) $(LIB)
	$Q$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lz

# Everything depends on the flags it was made with: changing MODE, CC or CFLAGS rebuilds.
FLAGS_NOW := $(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(CLANG)
$B/flags: FORCE
	$Q mkdir -p $(@D)
	$Q echo '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS_NOW))' > $@
FORCE:

deps: ## install what building and testing need (packaging/debian-packages), when something is missing
	$Q packaging/install-deps

test: deps ## unit, golden, differential and end-to-end tests; closes with "N passed, N failed, N skipped"
	$Q$(MAKE) all tests
	$Q$(PYTHON) tests/run --build $B unit golden differential e2e
tests: $(TESTS) $(FUZZERS) $(AIDS) $(SENSOR_AIDS) $(TOOLS)
unit: all tests ## unit tests (cmocka) and the replay of the fuzz corpus
	$Q$(PYTHON) tests/run --build $B unit
golden: all ## the shipped binaries against recorded output
	$Q$(PYTHON) tests/run --build $B golden
golden-update: all ## record the output again; read the diff before committing
	$Q WEIR_GOLDEN_UPDATE=1 $(PYTHON) tests/run --build $B golden
differential: all tests ## the kernel's netfilter (root) and Z3 as judges of the verdicts
	$Q$(PYTHON) tests/run --build $B differential
e2e: all ## real packets through namespaces (root)
	$Q$(PYTHON) tests/run --build $B e2e
test-vm: all $B/tests/unit/test_flow_program $B/tests/unit/test_see ## the sensor on Debian's own kernel in qemu-system; VM_KERNEL=package or .deb
	$Q$(PYTHON) tests/vm/run --build $B $(addprefix --kernel ,$(VM_KERNEL))
lint: ## format, layers, headers alone, sizes, banned calls, cppcheck
	$Q tests/check/all
fuzz: ## every fuzz target for FUZZ_SECONDS (60) seconds, with clang's libFuzzer
	$Q tests/fuzz/run $(or $(FUZZ_SECONDS),60)
bench: all $(BENCHES) ## measure the hot paths
	$Q for program in $(BENCHES); do $$program || exit 1; done
bench-sensor: all $(BENCH_AIDS) ## the live sensor beside its peers (root; BENCH_ARGS="--only drain", bench/README.md)
	$Q$(PYTHON) bench/bench_sensor.py --build $B $(BENCH_ARGS)
faults: all ## deliveries through outages of minutes and twenty kills (root; a quarter of an hour)
	$Q WEIR_FAULTS=full WEIR_BUILD=$B $(PYTHON) -B -m pytest -q -s -p no:cacheprovider tests/e2e/test_sensor_faults.py
soak: all $(BENCH_AIDS) ## the live sensor with verdicts and sinks at full rate for SOAK_SECONDS (600), its memory flat (root)
	$Q$(PYTHON) tests/e2e/soak.py --build $B --seconds $(or $(SOAK_SECONDS),600) $(SOAK_ARGS)
bench-match: ## the compiled matcher beside DPDK's rte_acl, where libdpdk-dev can be had
	$Q packaging/install-deps --if-root --bench
	$Q$(MAKE) $B/bench/bench_match
	$Q$B/bench/bench_match
bench-reach: ## questions about everybody, beside Z3 where libz3-dev can be had
	$Q packaging/install-deps --if-root --bench
	$Q$(MAKE) $B/bench/bench_reach
	$Q$B/bench/bench_reach
bench-flowlog: ## flow logs beside DuckDB, mawk and gawk (BENCH_ARGS="--rounds 1", bench/README.md)
	$Q packaging/install-deps --if-root
	$Q$(MAKE) $B/weir $(FLOWLOG_AIDS)
	$Q$(PYTHON) bench/bench_flowlog.py --build $B $(BENCH_ARGS)
demo: ## the whole story on real packets: see, judge, answer
	$Q packaging/install-deps --if-root
	$Q$(MAKE) all
	$Q$(PYTHON) tests/e2e/demo.py --build $B
# The stamp is what tells: which verbs there are only weir knows.
$B/pages: $B/weir $B/weir-sensor packaging/pages
	$Q packaging/pages $B
	$Q touch $@
man: $B/pages ## man pages and completion, made by the programs, into build/man and build/completion
PLACES := DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)'
install: $B/pages ## into $(DESTDIR)$(PREFIX), the config file of the sensor into SYSCONFDIR (/etc)
	$Q $(PLACES) packaging/install $B
uninstall: $B/pages ## what make install put there; a config file that was changed stays
	$Q $(PLACES) packaging/install --remove $B
deb: ## Debian packages weir and weir-sensor into build/deb
	$Q VERSION=$(VERSION) packaging/make-deb $B
clean: ## remove build/
	rm -rf $B
help: ## this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: all deps test tests unit golden golden-update differential e2e test-vm lint fuzz bench bench-match bench-reach bench-sensor bench-flowlog soak demo man install uninstall deb faults clean help FORCE
-include $(shell find $B -name '*.d' 2>/dev/null)
