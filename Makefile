# The front door. The build itself is CMake's and Ninja's; nothing is decided here.

BUILD ?= build
ARGS  ?=
CLANG  = -DCMAKE_C_COMPILER=clang
CTEST  = ctest --output-on-failure --no-tests=error -j $$(nproc)

.PHONY: all run test check e2e asan ubsan tsan sanitize clang fuzz gen schema-check fmt cov bench clean help setup setup-test

all: setup
	@tools/build.sh $(BUILD) product
	@echo "done: $(BUILD)/ottla"

setup:
	@tools/setup.sh
setup-test:
	@tools/setup.sh test

run: setup
	@tools/build.sh $(BUILD) product
	@OTTLA_BIN=$(abspath $(BUILD))/ottla tools/run.sh $(ARGS)

# Everything: the checks, unit and golden tests, fuzz targets for a few seconds each, end-to-end tests.
test: setup-test
	@tools/build.sh $(BUILD) all -- -DOTTLA_REQUIRE_TESTS=ON -DOTTLA_FUZZ_DIR=$(abspath $(BUILD))/fuzz
	@tools/build.sh $(BUILD)/fuzz fuzz_targets -- $(CLANG) -DOTTLA_FUZZ=ON
	@cd $(BUILD) && $(CTEST)

# A developer's loop, under two minutes.
check: setup-test
	@tools/build.sh $(BUILD) product unit_tests
	@cd $(BUILD) && $(CTEST) -L 'check|unit|golden'

e2e: setup-test
	@tools/build.sh $(BUILD) product
	@cd $(BUILD) && $(CTEST) -L e2e

asan: setup-test
	@tools/sanitize.sh $(BUILD)/asan address
ubsan: setup-test
	@tools/sanitize.sh $(BUILD)/ubsan undefined
sanitize: setup-test
	@tools/sanitize.sh $(BUILD)/sanitize address,undefined
tsan: setup-test
	@OTTLA_REACTORS=2 tools/sanitize.sh $(BUILD)/tsan thread

# The same sources through the other compiler, and as C17.
clang: setup-test
	@tools/build.sh $(BUILD)/clang all -- $(CLANG) -DCMAKE_C_STANDARD=17
	@cd $(BUILD)/clang && $(CTEST) -L 'unit'

# make fuzz-batch runs test/fuzz/batch_fuzz.c until stopped; SECONDS_MAX=60 bounds it.
fuzz: setup-test
	@tools/build.sh $(BUILD)/fuzz fuzz_targets -- $(CLANG) -DOTTLA_FUZZ=ON
fuzz-%: fuzz
	@tools/fuzz.sh $(BUILD)/fuzz $*_fuzz $(SECONDS_MAX)

gen:
	@/usr/bin/python3 gen/ottla_gen.py

# Kafka's message definitions, from its source tree, against schema/.
schema-check:
	@test -n "$(DEFINITIONS)" || { echo "say where they are: make schema-check DEFINITIONS=DIR"; exit 1; }
	@/usr/bin/python3 gen/schema_check.py $(DEFINITIONS)

fmt: setup-test
	@tools/check_format.sh --fix

cov: setup-test
	@tools/coverage.sh $(BUILD)/cov

bench: setup
	@tools/build.sh $(BUILD) product bench_programs
	@tools/bench.sh $(BUILD) $(ARGS)

clean:
	rm -rf $(BUILD)

help:
	@echo "make             install what is missing, build build/ottla"
	@echo "make run         the same, then start a broker on localhost:9092 (ARGS=... are given to it)"
	@echo "make test        every test"
	@echo "make check       the quick ones: layers, format, generated files, banned calls, unit, golden"
	@echo "make e2e         real clients against real processes"
	@echo "make asan ubsan tsan   the tests under a sanitizer (clang); make sanitize: address and undefined at once"
	@echo "make fuzz-X      run test/fuzz/X_fuzz.c (SECONDS_MAX=60 bounds it)"
	@echo "make gen fmt     write the generated files anew; lay out the code"
	@echo "make schema-check DEFINITIONS=DIR   hold schema/ against Kafka's message definitions"
	@echo "make cov bench   lines the tests reach; the benchmarks"
	@echo "make clean       remove build/"
