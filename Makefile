# The front door to everything done daily; `make help` lists it. CMake presets do the work below.
.DEFAULT_GOAL := build
MAKEFLAGS += --no-builtin-rules --no-print-directory

JOBS ?= $(shell nproc)
SECONDS ?= 60
RUNS ?= 1
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')

checks := tools/check_layers.py tools/check_sizes.py tools/check_bans.py tools/check_docs.py \
          tools/check_limits.py
sources = $(shell find src test bench -name '*.h' -o -name '*.cc')
fuzz_targets = $(patsubst test/fuzz/%_fuzz.cc,%,$(wildcard test/fuzz/*_fuzz.cc))

build/%/build.ninja: CMakePresets.json
	@command -v cmake >/dev/null || { \
	    echo 'cmake is missing; tools/install_dependencies installs what building takes' >&2; exit 69; }
	cmake --preset $*
.PRECIOUS: build/%/build.ninja

.PHONY: build
build: build/release/build.ninja  ## Build the release into build/release (the default)
	cmake --build --preset release --parallel $(JOBS)

.PHONY: polylog
polylog: build/release/build.ninja  ## Build the program alone: build/release/polylog
	cmake --build --preset release --parallel $(JOBS) --target polylog

.PHONY: run
run:  ## Install what is missing, build the program and start a broker on this machine
	tools/install_dependencies
	$(MAKE) polylog
	build/release/polylog dev

.PHONY: test
test:  ## Install what is missing, check the house rules, build and run every test
	tools/install_dependencies --test
	$(MAKE) tidy
	$(MAKE) test-dev

.PHONY: asan tsan
asan tsan:
	tools/install_dependencies --test
	$(MAKE) test-$@
asan:  ## Build and run the tests under the address and undefined behaviour sanitizers
tsan:  ## Build and run the tests under the thread sanitizer

test-%: build/%/build.ninja
	cmake --build --preset $* --parallel $(JOBS)
	ctest --preset $* --parallel $(JOBS)

.PHONY: fmt
fmt:  ## Format the C++ sources in place
	clang-format-19 -i $(sources)

.PHONY: tidy
tidy: build/dev/build.ninja  ## Check layers, sizes, bans, documents, limits, format, and that headers stand alone
	@status=0; for check in $(checks); do $$check || status=1; done; exit $$status
	@clang-format-19 --dry-run --Werror $(sources)
	cmake --build --preset dev --parallel $(JOBS) --target all_verify_interface_header_sets

.PHONY: sim
sim: build/dev/build.ninja  ## Simulate a cluster: make sim [SCENARIO=name] [SEED=n] [RUNS=n]
	cmake --build --preset dev --parallel $(JOBS) --target polylog_sim
	build/dev/test/sim/polylog_sim $(SCENARIO:%=--scenario %) --seed $(SEED) --runs $(RUNS)

.PHONY: fault dataset
fault dataset: export POLYLOG = build/release/polylog
fault dataset: export PYTHONPATH = test/e2e:test/fault
fault dataset: export FAULT_FORM = long
fault:  ## Hurt a real broker for half an hour, best as root: make fault [TEST=power_cut]
	tools/install_dependencies --test
	$(MAKE) polylog
	@status=0; for test in $(or $(TEST:%=test/fault/%_test.py),$(wildcard test/fault/*_test.py)); do \
	    echo $$test; /usr/bin/python3 -B $$test; \
	    code=$$?; [ $$code -eq 0 ] || [ $$code -eq 77 ] || status=1; done; exit $$status
dataset:  ## A million order events through the whole broker, every one accounted for
	tools/install_dependencies --test
	$(MAKE) polylog
	/usr/bin/python3 -B test/dataset/dataset_test.py

.PHONY: fuzz
fuzz:  ## Fuzz one decoder: make fuzz TARGET=name [SECONDS=60]
	@test -n '$(TARGET)' || { echo 'make fuzz TARGET=<name>, one of: $(fuzz_targets)'; exit 64; }
	$(MAKE) build/fuzz/build.ninja
	cmake --build --preset fuzz --parallel $(JOBS) --target fuzz_$(TARGET)
	@mkdir -p build/fuzz/corpus/$(TARGET) build/fuzz/found
	build/fuzz/test/fuzz/fuzz_$(TARGET) -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix=build/fuzz/found/$(TARGET)- \
	    build/fuzz/corpus/$(TARGET) test/fuzz/corpus/$(TARGET)

.PHONY: conformance
conformance:  ## Run other projects' tests against the broker: make conformance [SUITE=name]
	tools/install_dependencies --conformance
	$(MAKE) polylog
	test/conformance/run $(SUITE)

.PHONY: bench
bench:  ## Run one benchmark: make bench [SCENARIO=name]
	tools/install_dependencies --bench
	$(MAKE) build
	bench/run $(SCENARIO)

.PHONY: clean
clean:  ## Remove everything that was built
	rm -rf build

.PHONY: help
help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
