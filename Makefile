# `make demo` and `make test` set up all they need; each works alone on a fresh clone.
VENV := .venv
PY := $(VENV)/bin/python
DEMO := demo
# Tests on all cores, a file's by one process, which compiles what they share once; `--benchmark-only` wants one process.
CORES := -n auto --maxprocesses 8 --dist loadfile
export PATH := $(or $(PATH),/usr/local/bin:/usr/bin:/bin)

# The first Python on the PATH that is new enough.
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)

.PHONY: help demo test lint accept accuracy bench publish gpu wheel clean

help:
	@echo "make demo   simulate a market and run the nightly batch on it"
	@echo "make test   run the tests"
	@echo "make lint   ruff and mypy"
	@echo "make accept run what the tests cut short, and those that need alphalens, CuPy (which needs no GPU for them) and zig"
	@echo "make accuracy  hold the engines to the formulas in fifty digits, and write docs/accuracy.md (some minutes)"
	@echo "make bench  measure on this machine (BENCH=--full for all of it): report, results and pictures go to .benchmarks"
	@echo "make publish  keep these results in bench/results and make the README's tables of them"
	@echo "make gpu    on a machine with an NVIDIA GPU: doctor, tests and benchmarks there (CUDA=12 for its driver)"
	@echo "make wheel  build the wheel through the sdist and import it from an empty folder"

$(VENV)/ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer on the PATH; install one (on Debian: apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv."; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: $(VENV)/ready
	@$(PY) examples/demo.py $(DEMO)

test: $(VENV)/ready
	$(PY) -m pytest -q $(CORES)

$(VENV)/lint: $(VENV)/ready
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	@touch $@

lint: $(VENV)/lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

$(VENV)/accept: $(VENV)/ready
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[accept]'
	@touch $@

accept: $(VENV)/accept
	$(PY) -m pytest -q $(CORES) --hypothesis-profile thorough tests/agreement tests/independent \
		tests/specification tests/system/test_real_bars.py \
		-k "every_architecture or several_programs or last_bit or simulated or random_d or whole_catalogue or other_sessions"
	$(PY) -m pytest -q tests/agreement/test_array_api.py tests/unit/test_compute.py \
		tests/unit/toolchain/test_other_compilers.py -k "cupy or alphalens or compilers"

$(VENV)/accuracy: $(VENV)/ready
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[accuracy]'
	@touch $@

accuracy: $(VENV)/accuracy
	$(PY) -m bench.accuracy docs/accuracy.md

$(VENV)/peers: $(VENV)/ready
	@$(PY) -m pip install --quiet --disable-pip-version-check -e '.[peers]' || \
		echo "Not all libraries to compare with can be installed here; those that are missing are skipped."
	@touch $@

bench: $(VENV)/peers
	@mkdir -p .benchmarks
	$(PY) -m pytest bench --benchmark-only --benchmark-columns=min,median,rounds --benchmark-sort=name \
		--benchmark-json=.benchmarks/measured.json -q $(BENCH)
	@$(PY) -m bench.report .benchmarks/measured.json .benchmarks

publish: $(VENV)/ready
	$(PY) -m bench.publish .benchmarks/results.json

gpu: $(VENV)/ready
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[gpu-cu$(or $(CUDA),13)]'
	$(PY) -m factors doctor
	$(PY) -m pytest -q -m gpu --benchmark-skip
	@! command -v compute-sanitizer >/dev/null || PYTHONPATH=. compute-sanitizer --tool memcheck --error-exitcode 3 \
		$(PY) -m pytest -q -m gpu --benchmark-skip tests/agreement/test_cuda.py \
		tests/unit/data/device/test_ticks.py tests/unit/data/device/test_columns_of_files.py
	$(MAKE) bench BENCH="$(BENCH)"

wheel: $(VENV)/ready
	$(PY) -m pip install --quiet --disable-pip-version-check build
	rm -rf dist
	$(PY) -m build --outdir dist .
	$(PY) tests/system/try_wheel.py dist

clean:
	rm -rf $(VENV) $(DEMO) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .cache
