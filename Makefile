.DEFAULT_GOAL := help
PYTHON_VENV := .venv/bin

help:  ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup:  ## .venv with everything that development needs
	@.ci/setup dev

test: setup  ## all tests
	$(PYTHON_VENV)/pytest

lint: setup  ## ruff and mypy
	$(PYTHON_VENV)/ruff format --check .
	$(PYTHON_VENV)/ruff check .
	$(PYTHON_VENV)/mypy

format: setup  ## write the code as ruff formats it
	$(PYTHON_VENV)/ruff format .
	$(PYTHON_VENV)/ruff check --fix .

bench: setup  ## events/s, CPU and memory beside naive Beam and DuckDB; writes docs/performance.md's table
	$(PYTHON_VENV)/python -m benchmarks.run

bench-s3: setup  ## small objects over a real S3 server (versitygw, built with Go)
	$(PYTHON_VENV)/python -m benchmarks.small_objects

.PHONY: help setup test lint format bench bench-s3
