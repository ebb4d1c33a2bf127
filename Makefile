.DEFAULT_GOAL := help
PYTHON_VENV := .venv/bin
FUZZ_SECONDS ?= 60
PARALLEL ?= --numprocesses=logical --dist=loadgroup

help:  ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup:  ## .venv with everything that development needs
	@.ci/setup dev

test: setup  ## all tests, those of the Rust crate too where there is cargo
	$(PYTHON_VENV)/pytest $(PARALLEL)
	METERBEAM_NATIVE=0 $(PYTHON_VENV)/pytest $(PARALLEL) tests/columns tests/formats/json tests/formats/test_conformance.py tests/mapping/running tests/mapping/times tests/sinks tests/pipelines/test_ingest.py
	@if command -v cargo >/dev/null; then cd native && cargo test --quiet --no-default-features; fi
	@if command -v cargo >/dev/null; then cd native && cargo test --quiet --no-default-features --features portable; fi

lint: setup  ## ruff and mypy; clippy and rustfmt where there is cargo
	$(PYTHON_VENV)/ruff format --check .
	$(PYTHON_VENV)/ruff check .
	$(PYTHON_VENV)/mypy
	@if command -v cargo >/dev/null; then cd native && cargo fmt --check && cargo clippy --quiet --all-targets -- -D warnings; fi

format: setup  ## write the code as ruff formats it
	$(PYTHON_VENV)/ruff format .
	$(PYTHON_VENV)/ruff check --fix .

native: setup  ## the Rust crate again, into the checkout
	$(PYTHON_VENV)/python setup.py --quiet build_rust --inplace --release

wheel: setup  ## dist/: a wheel that installs without Rust on machines like this one
	METERBEAM_NATIVE=required $(PYTHON_VENV)/python -m build --wheel

fuzz: fuzz-formats fuzz-native  ## all fuzzers, each for FUZZ_SECONDS

fuzz-formats: setup  ## every format on random bytes, guided by coverage; needs atheris: pip install atheris
	$(PYTHON_VENV)/python tests/fuzz/seeds.py .fuzz/seeds
	for format in any $$($(PYTHON_VENV)/python -c "from transforms.formats.table import FORMAT_NAMES; print(*FORMAT_NAMES)"); \
		do mkdir -p .fuzz/$$format && $(PYTHON_VENV)/python tests/fuzz/fuzz_format.py $$format .fuzz/$$format .fuzz/seeds \
		-max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 -artifact_prefix=.fuzz/ || exit 1; done

fuzz-native:  ## the native decoder and encoder under AddressSanitizer; needs cargo-fuzz and a nightly Rust
	mkdir -p native/fuzz/corpus/decode native/fuzz/corpus/encode
	for target in decode encode; do (cd native && cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds \
		-- -max_total_time=$(FUZZ_SECONDS) -max_len=4096) || exit 1; done

miri:  ## the native unit tests under Miri, which finds undefined behaviour; needs a nightly Rust with miri and rust-src
	cd native && cargo +nightly miri test --no-default-features --lib

bench: setup  ## events/s, CPU and memory beside naive Beam, DuckDB, Polars and others; writes docs/performance.md's table
	$(PYTHON_VENV)/python -m benchmarks.run

bench-s3: setup  ## small objects over a real S3 server (versitygw, built with Go)
	$(PYTHON_VENV)/python -m benchmarks.small_objects

bench-bento: setup  ## the mapping beside Bento, built with Go (once, many minutes); skipped where there is no Go
	$(PYTHON_VENV)/python -m benchmarks.mapped

.PHONY: help setup test lint format native wheel fuzz fuzz-formats fuzz-native miri bench bench-s3 bench-bento
