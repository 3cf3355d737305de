# make run     build everything and watch this host
# make test    build everything and run every test
# make help    all targets

SWIFT ?= swift
# One small binary: the Swift runtime and the C libraries are linked in.
SWIFT_FLAGS := -c release --static-swift-stdlib
BINARY := .build/release/windhover
# Tests run optimised, as the product does: a storm of a million events must not be lost to a slow reader. They need the
# shared runtime, so they have a build folder of their own.
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-tests
TEST_BINARY := .build-tests/release/windhover
# What the machines of the kernel matrix run.
TEST_PROGRAMS := .build-tests/release/windhoverPackageTests.xctest $(TEST_BINARY)

# The kernel module alone, in a virtual machine: IMAGE is the kernel to boot, KDIR its headers.
IMAGE ?= /boot/vmlinuz-$(shell uname -r)

.PHONY: all run test matrix test-kmod build drivers setup bench fuzz fuzz-trace clean help
.NOTPARALLEL:

all: build

help:
	@echo "make run      install what is missing, build, and watch this host with the default rules"
	@echo "make test     install what is missing, build, and run every test"
	@echo "make build    build the drivers and $(BINARY)"
	@echo "make drivers  build the kernel programs only"
	@echo "make matrix   run the driver tests on five kernels in QEMU, and write the table in docs/KERNELS.md"
	@echo "make test-kmod IMAGE=... KDIR=...  test the kernel module in QEMU on one kernel"
	@echo "make bench    measure, and write docs/BENCHMARKS.md"
	@echo "make fuzz     feed the parsers made-up input under the address sanitizer"
	@echo "make clean    remove what was built"

setup:
	@scripts/setup

drivers: setup
	@$(MAKE) --no-print-directory -s -C drivers/modern-bpf
	@$(MAKE) --no-print-directory -s -C drivers/objects

build: drivers
	@echo "Building windhover (a first build takes 2 to 6 minutes on two cores) ..." >&2
	@$(SWIFT) build $(SWIFT_FLAGS) --product windhover >&2

run: build
	@exec $(BINARY) run

test: drivers
	@scripts/setup test
	@$(MAKE) --no-print-directory -s -C drivers/modern-bpf check-aarch64
	@$(MAKE) --no-print-directory -s -C drivers/bpf check-aarch64
	@echo "Building windhover and its tests (a first build takes 5 to 10 minutes on two cores) ..."
	@$(SWIFT) build $(TEST_FLAGS) --build-tests
	@echo "Running the end-to-end cases, which want the machine for themselves (about half a minute) ..."
	@WINDHOVER_BINARY=$(CURDIR)/$(TEST_BINARY) $(SWIFT) test $(TEST_FLAGS) --skip-build --filter EndToEnd \
		--skip StateAgreement
	@echo "Building the legacy eBPF programs for this kernel (half a minute, the first time) ..."
	@$(TEST_BINARY) driver build --kind ebpf
	@echo "Comparing the tables with /proc after four storms, with nothing beside them (a minute) ..."
	@$(SWIFT) test $(TEST_FLAGS) --skip-build --filter StateAgreement
	@Tests/KernelMatrix/selftest
	@Tests/KernelMatrix/matrix --short $(TEST_PROGRAMS)
	@echo "Running the tests of the drivers with legacy eBPF and ptrace (about a minute) ..."
	@WINDHOVER_DRIVERS=ebpf,ptrace $(SWIFT) test $(TEST_FLAGS) --skip-build --filter DriverConformance
	@WINDHOVER_DRIVERS=ebpf,ptrace $(SWIFT) test $(TEST_FLAGS) --skip-build --filter ParityTests
	@echo "Running all other tests, those with modern eBPF among them (about a minute) ..."
	@$(SWIFT) test $(TEST_FLAGS) --skip-build --skip EndToEnd

# KERNELS="5.10 6.12" make matrix runs on these only, and leaves the table in docs as it is.
matrix: drivers
	@echo "Building windhover and its tests (a first build takes 5 to 10 minutes on two cores) ..."
	@$(SWIFT) build $(TEST_FLAGS) --build-tests
	@Tests/KernelMatrix/matrix $(TEST_PROGRAMS)

test-kmod:
	@$(MAKE) --no-print-directory -C drivers/kmod OUT=$(CURDIR)/.build-kmod
	@Tests/KernelModule/run $(IMAGE) .build-kmod/windhover.ko

# FUZZ=condition make fuzz fuzzes one parser; FUZZ_SECONDS says for how long each. It begins with Tests/Fuzz/corpus, written
# by hand, and what earlier runs found to reach more, as few as do (-set_cover_merge=1), packed in Tests/Fuzz/found.
FUZZ ?= condition rules ruletests settings output record capture runtime
FUZZ_SECONDS ?= 60
fuzz: setup
	@echo "Building the fuzzers (a first build takes 5 minutes on two cores) ..."
	@$(SWIFT) build -c release --package-path Tests/Fuzz --scratch-path .build-fuzz -Xswiftc -sanitize=fuzzer,address \
		-Xswiftc -use-ld=lld
	@for target in $(FUZZ); do \
		work=$$(mktemp -d); echo "Fuzzing $$target for $(FUZZ_SECONDS) s ..."; \
		if [ -f Tests/Fuzz/found/$$target.tar.xz ]; then tar -xJf Tests/Fuzz/found/$$target.tar.xz -C $$work; fi; \
		SWIFT_BACKTRACE=enable=no .build-fuzz/release/Fuzz $$target $$work Tests/Fuzz/corpus/$$target \
			-max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 || exit 1; \
	done
	@$(MAKE) --no-print-directory fuzz-trace

# Made-up stops of a live child, for the ptrace driver: C alone, built in seconds.
fuzz-trace:
	@mkdir -p .build-fuzz
	@clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined \
		-fuse-ld=lld -o .build-fuzz/trace Tests/Fuzz/trace/trace.c drivers/ptrace/records.c \
		drivers/schema/event_schema.c -lpthread
	@echo "Fuzzing the records of a tracer for $(FUZZ_SECONDS) s ..."; work=$$(mktemp -d); \
		.build-fuzz/trace $$work -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -len_control=10 -print_final_stats=1

bench: build
	@scripts/bench

clean:
	@$(MAKE) --no-print-directory -s -C drivers/modern-bpf clean
	rm -rf .build .build-tests .build-fuzz .build-matrix .build-kmod
