# nook - run one command in a small, walled place
.SUFFIXES:

CC      = gcc
CFLAGS  = -Oz
CLANG   = clang
LDFLAGS =
PREFIX  = /usr/local
DESTDIR =

SRC = start.c rest.c messages.c util.c values.c mountings.c reading.c settings.c hierarchy.c parent.c limits.c cgroup.c \
      ns.c userns.c devices.c root.c protect.c privs.c seccomp.c policy.c streams.c logs.c notify.c terminal.c \
      supervise.c inside.c report.c init.c \
      check.c explain.c list.c launcher.c

# musl as Debian's musl-dev lays it out. Its compiler wrapper is not used: it links no static PIE,
# and it hides the kernel's headers, which a directory of links brings back.
MUSL    = /usr/lib/$(CPU)-linux-musl
HEADERS = /usr/include/$(CPU)-linux-musl
KERNEL  = build/include

# CROSS=ARCH: another architecture's program, into build/ARCH. Only test/cross knows about each.
ifneq ($(CROSS),)
TOOLS  := $(or $(shell test/cross $(CROSS)),$(error cannot build for $(CROSS)))
CC     := $(shell cat $(TOOLS)/cc)
MUSL    = $(TOOLS)/lib
HEADERS = $(TOOLS)/include
KERNEL  = $(TOOLS)/kernel
OUT     = build/$(CROSS)/
# Nothing applies RELRO to a static program of musl's, and where pages may have 64 KiB it costs as much.
LDFLAGS += -Wl,-z,norelro
endif
MACHINE := $(shell $(CC) -dumpmachine)
CPU     := $(firstword $(subst -, ,$(MACHINE)))
PART    = $(or $(OUT),build/)

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
       -Wvla -Wundef -Wwrite-strings $(WERROR)
HARD = -fPIE -fstack-protector
# The libc's start of a program, and what start.c has in its place.
START = $(MUSL)/rcrt1.o $(MUSL)/crti.o
END   = $(MUSL)/crtn.o
ifeq ($(CPU),x86_64)
HARD += -mstack-protector-guard=global -DNO_LIBC_START
START =
END   =
endif
# No floating point, and so no SSE: on x86 the compiler takes our word. What -Oz still does for
# speed is switched off: over a kilobyte of 64.
LEAN = $(if $(filter x86_64 i%86,$(CPU)),-mgeneral-regs-only -mskip-rax-setup) -fomit-frame-pointer \
       -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-expensive-optimizations \
       -fno-thread-jumps -fno-caller-saves -fno-move-loop-invariants -fno-forward-propagate \
       -fno-tree-dominator-opts -fno-tree-tail-merge -fno-optimize-sibling-calls \
       -fno-tree-ccp -fno-tree-loop-im -fno-ssa-phiopt -fno-tree-fre -fno-tree-forwprop -fno-tree-sra \
       -fno-ipa-sra -fno-shrink-wrap -fno-partial-inlining
LINK = -static -nostdlib -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now \
       -Wl,-z,noexecstack,-z,noseparate-code,--gc-sections,--build-id=none,-s
COMPILE = $(CC) -std=gnu11 -nostdinc -isystem $(HEADERS) -isystem $(KERNEL) -I. -I$(PART) $(WARN) $(HARD) \
          $(LEAN) $(CFLAGS)

## nook: the program (the default)
# All sources as one: 3 KB less than apart, and unlike -flto it leaves -fstack-protector whole.
$(OUT)nook: $(SRC) nook.h kernel.h Makefile build/tables.h $(PART)syscalls.h
	mkdir -p $(PART)
	for f in $(SRC); do echo "#include \"$$f\""; done >$(PART)nook.c
	$(COMPILE) -fwhole-program -c -o $(PART)nook.o $(PART)nook.c
	$(CC) $(LINK) $(LDFLAGS) -o $@ $(START) $(PART)nook.o $(MUSL)/libc.a -lgcc $(MUSL)/libc.a $(END)
	@$(if $(START),,! objdump -d $@ | grep -q '%fs:' || { echo 'of the libc, something wants a thread: see start.c' >&2; rm $@; exit 1; })
	test/lean $@

build/tables.h: pairs.awk pack.awk settings.tab limits.tab messages.tab syscalls.tab
	mkdir -p build
	awk -f pairs.awk -f pack.awk settings.tab limits.tab messages.tab syscalls.tab >$@.new
	mv $@.new $@

# The numbers of the system calls, which each architecture has its own of
$(PART)syscalls.h: pairs.awk syscalls.awk syscalls.tab $(KERNEL)/linux
	mkdir -p $(PART)
	echo '#include <sys/syscall.h>' | $(COMPILE) -dM -E -x c - >$(PART)defines
	awk -f pairs.awk -f syscalls.awk $(PART)defines syscalls.tab >$@

build/include/linux:
	mkdir -p $(@D)
	ln -sfn /usr/include/linux /usr/include/asm-generic $(@D)
	for d in /usr/include/$(MACHINE)/asm /usr/include/asm; do \
		[ ! -d $$d ] || { ln -sfn $$d $(@D)/asm; break; }; done

## demo: install what is missing, build, and show the three experiments
demo:
	@test/packages build demo
	@$(MAKE) -s nook
	@rootfs/demo

## vm: install what is missing, build, and boot an image in QEMU with nook as its init
vm:
	@test/packages build demo vm
	@$(MAKE) -s nook
	@rootfs/vm

## check: install what is missing, build, and run every test
check:
	@test/packages build demo check daemons
	@$(MAKE) -s nook test/values_test build/fuzz/fuzz WERROR=-Werror
	@test/run

## check-vm: the same on other kernels, in QEMU; the routers' are built, once
check-vm:
	@test/packages build check vm
	@$(MAKE) -s nook
	@KYUAFILE=test/Kyuafile.vm test/run

## check-fault: every system call of nook fails in turn, and is the moment of a signal; eight minutes
check-fault:
	@test/packages build check
	@$(MAKE) -s nook
	@test/fault/run

## check-fallback: each newer system call is missing, alone and with others: as a table; half a minute
check-fallback:
	@test/packages build check
	@$(MAKE) -s nook test/values_test
	@test/fallback

## check-fuzz: ten million inputs for each reader of nook's, in memory; half an hour
check-fuzz:
	@test/packages build check
	@test/fuzz/run

## check-many: a hundred nooks at a time, of names that collide, ended at random; ten thousand restarts; twelve minutes
check-many:
	@test/packages build check
	@$(MAKE) -s nook
	@test/many 600 100
	@test/restarts

## lint: what four analysers say of sources and scripts; five minutes
lint:
	@test/packages build check lint
	@$(MAKE) -s nook
	@test/lint

## cover: which lines the tests reach, as a table, and in build/cover/unreached those they do not; 40 minutes
cover: build/cover/nook
	@test/packages build demo check daemons
	@$(MAKE) -s nook test/values_test
	@test/cover/run

build/cover/nook: $(OUT)nook test/cover/seen.c
	mkdir -p build/cover
	$(COMPILE) -O0 -gdwarf-4 -fsanitize-coverage=trace-pc -fwhole-program -c -o build/cover/nook.o $(PART)nook.c
	$(COMPILE) -fno-stack-protector -DSEEN='"$(CURDIR)/build/cover/seen"' -c -o build/cover/seen.o test/cover/seen.c
	$(CC) $(LINK:%,-s=%) $(LDFLAGS) -o $@ $(START) build/cover/nook.o build/cover/seen.o $(MUSL)/libc.a -lgcc $(MUSL)/libc.a $(END)

## check-san: the tests with AddressSanitizer and UBSan in nook; 20 minutes
check-san: build/san/nook
	@test/packages build demo check daemons
	@$(MAKE) -s test/values_test
	@test/san/run

# With the host's libc, as the sanitizers need it, and without giving back the text in a sleep (rest.c), as there
# more than text is before _DYNAMIC. Of warnings, make nook has the true ones.
build/san/nook: $(OUT)nook test/san/stack.c
	mkdir -p build/san
	$(CC) -w -O1 -g -fPIE -pie -std=gnu11 -I. -Ibuild -D_GNU_SOURCE= -include sys/mount.h \
	    -fsanitize=address,undefined -fno-sanitize-recover=all \
	    -Wl,--defsym=__executable_start=_DYNAMIC,--wrap=execve,--wrap=__asan_handle_no_return \
	    -o $@ $(PART)nook.c -x c test/san/stack.c

## bench: what a start costs, wall by wall, against the floor and others; for a quiet machine, ten minutes
bench:
	@test/packages build bench
	@$(MAKE) -s nook
	@test/bench/run -s test/bench/start.svg

# The readers by themselves, with the host's libc
test/values_test: test/values_test.c messages.c util.c rest.c values.c mountings.c nook.h build/tables.h
	$(CC) -std=gnu11 -I. -o $@ test/values_test.c messages.c util.c rest.c values.c mountings.c -latf-c

# All readers under libFuzzer; which one, says $FUZZ
build/fuzz/fuzz: $(wildcard test/fuzz/*.c) $(SRC) nook.h kernel.h Makefile build/tables.h build/syscalls.h build/fuzz/calls.h
	$(CLANG) -std=gnu11 -g -O3 -w -D_GNU_SOURCE -I. -Ibuild -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-fno-sanitize=null,alignment,object-size,pointer-overflow -fno-sanitize-coverage=trace-cmp \
		-fno-sanitize-address-use-after-scope -o $@ test/fuzz/fuzz.c

# syscalls.tab as it stands, for policies.c
build/fuzz/calls.h: syscalls.tab
	mkdir -p build/fuzz
	awk '/^@/ { how = "\"" $$1 "\", \"" $$2 "\", \"" $$3 "\""; next } /^[^#]/ { for (i = 1; i <= NF; i++) { sub(/=.*/, "", $$i); \
		print "#ifdef SYS_" $$i "\n{ \"" $$i "\", " how ", SYS_" $$i " },\n#else\n{ \"" $$i "\", " how ", -1 },\n#endif" } }' syscalls.tab >$@

## bench-cold: the same on an idle machine, with RCU as it is by default: by kernel and cgroup version, in QEMU
bench-cold:
	@test/packages build bench vm cross
	@$(MAKE) -s nook
	@test/bench/cold

## install: to DESTDIR and PREFIX
install: $(OUT)nook
	install -D -m 755 $(OUT)nook $(DESTDIR)$(PREFIX)/sbin/nook
	install -D -m 644 nook.8 $(DESTDIR)$(PREFIX)/share/man/man8/nook.8

## size: of each module before they are joined, and of the program, one line an architecture
size: nook
	@for f in $(SRC); do $(COMPILE) -c -o $(PART)part.o $$f && \
		size $(PART)part.o | awk -v f=$$f 'NR > 1 { print $$1 + $$2, f }'; done
	@echo "$$(readelf -rW nook | grep -c R_) relocations"
	@test/packages build cross
	@for a in $$(test/cross -l); do $(MAKE) -s CROSS=$$a || exit 1; done
	@wc -c nook $$(test/cross -l | sed 's,.*,build/&/nook,') | awk '$$2 != "total"'

## clean: remove what was made
clean:
	rm -rf nook build test/values_test

## help: this list
help:
	@sed -n 's/^## /make /p' Makefile

.PHONY: demo vm check check-vm check-fault check-fallback check-fuzz check-many lint cover check-san bench bench-cold install size clean help
