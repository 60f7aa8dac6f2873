# nook - run one command in a small, walled place
.SUFFIXES:

CC      = gcc
CFLAGS  = -Oz
LDFLAGS =
PREFIX  = /usr/local
DESTDIR =

OBJ = launcher.o settings.o values.o hierarchy.o limits.o cgroup.o ns.o root.o privs.o streams.o \
      terminal.o supervise.o report.o util.o

# musl as Debian's musl-dev lays it out. Its compiler wrapper is not used: it links no static PIE,
# and it hides the kernel's headers, which a directory of links brings back.
MACHINE := $(shell $(CC) -dumpmachine)
CPU     := $(firstword $(subst -, ,$(MACHINE)))
MUSL    = /usr/lib/$(CPU)-linux-musl
HEADERS = /usr/include/$(CPU)-linux-musl
KERNEL  = build/include

# No floating point, and so no SSE: on x86 the compiler takes our word.
GENERAL := $(if $(filter x86_64 i%86,$(CPU)),-mgeneral-regs-only)

# What -Oz still does for speed: without, 800 bytes less of 64 KiB
TRIM = -fno-expensive-optimizations -fno-thread-jumps -fno-caller-saves -fno-move-loop-invariants

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
       -Wvla -Wundef -Wwrite-strings $(WERROR)
HARD = -fPIE -flto -fstack-protector-strong -fomit-frame-pointer $(GENERAL) $(TRIM) -ffunction-sections -fdata-sections \
       -fno-asynchronous-unwind-tables -fno-unwind-tables -D_FORTIFY_SOURCE=0
LINK = -static -nostdlib -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now \
       -Wl,-z,noexecstack,-z,noseparate-code,--gc-sections,--build-id=none,-s

# The program
nook: $(OBJ)
	$(CC) $(CFLAGS) $(HARD) $(LINK) $(LDFLAGS) -o $@ $(MUSL)/rcrt1.o $(MUSL)/crti.o $(OBJ) $(MUSL)/libc.a \
		-lgcc $(MUSL)/libc.a $(MUSL)/crtn.o

%.o: %.c nook.h kernel.h Makefile build/tables.h $(KERNEL)/linux
	$(CC) -std=gnu11 -nostdinc -isystem $(HEADERS) -isystem $(KERNEL) $(WARN) $(HARD) $(CFLAGS) -c -o $@ $<

build/tables.h: pack.awk settings.tab messages.tab
	mkdir -p build
	awk -f pack.awk settings.tab messages.tab >$@.new
	mv $@.new $@

$(KERNEL)/linux:
	mkdir -p $(KERNEL)
	ln -sfn /usr/include/linux $(KERNEL)/linux
	ln -sfn /usr/include/asm-generic $(KERNEL)/asm-generic
	for d in /usr/include/$(MACHINE)/asm /usr/include/asm; do \
		[ ! -d $$d ] || { ln -sfn $$d $(KERNEL)/asm; break; }; done

clean:
	rm -rf nook $(OBJ) build

.PHONY: clean
