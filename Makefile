# The two commands of the README are `make book` and `make test`; `make help` lists the others.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LOCKED := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
  --no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help install spark book pdf epub freeze wheel test slow faults check validation bench scaling lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

# The environment: exactly the locked packages, each checked against its hash.
$(READY): requirements.txt pyproject.toml
	@echo "Installing the locked environment into .venv (about a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# pip compiles on one core, and each package's own tests too; what a package cannot compile, it never imports.
	@$(BIN)/python -m compileall -qq -j 0 -x '[/]tests[/]' .venv/lib src || true
	@touch $@

install: $(READY)  ## the environment alone, for your own files

spark: $(READY)  ## Spark beside it, for --engine spark: 0.5 GB, needs Java 17
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.txt

book: $(READY)  ## environment, simulated deliveries, study and book
	@$(BIN)/pytask build
	@$(BIN)/python analysis/times.py
	@$(BIN)/python analysis/changes.py
	@echo "The book: file://$(CURDIR)/book/_build/html/index.html"

pdf: $(READY)  ## the built book on paper: book/_build/advocacy.pdf (needs Chromium)
	@$(BIN)/python analysis/print.py pdf

epub: $(READY)  ## the built book for an e-reader: book/_build/advocacy.epub (needs Chromium)
	@$(BIN)/python analysis/print.py epub

freeze: $(READY)  ## keep the numbers of the built book as those of its release
	@$(BIN)/python analysis/freeze.py

wheel: $(READY)  ## the package with the study's results in it, in dist/
	@$(BIN)/pytask build -k "task_pool or task_disclose"
	@$(BIN)/python analysis/reference.py
	@$(BIN)/hatchling build -t wheel

test: $(READY)  ## the fast tests
	@$(BIN)/pytest -n 2 --dist loadgroup

slow: $(READY)  ## the slow tests: simulated studies, R's reference values made again, Spark
	@$(BIN)/pytest -m slow -n 2

faults: $(READY)  ## the slow tests of kills, full disks and damaged files, with their figures
	@$(BIN)/pytest -m slow -n 2 --dist loadgroup tests/faults

validation: $(READY)  ## rewrite the book's tables of coverage, pooling and agreement with R (an hour)
	@$(BIN)/python analysis/validation/interval_coverage.py
	@$(BIN)/python analysis/validation/contrast_errors.py
	@$(BIN)/python analysis/validation/attrition.py
	@$(BIN)/python analysis/validation/melded.py
	@$(BIN)/python analysis/validation/pooling_studies.py
	@$(BIN)/python analysis/validation/against_r.py

check: $(READY)  ## lint, format and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

bench: $(READY)  ## speed and memory against named peers
	@$(BIN)/python benchmarks/run.py

scaling: $(READY)  ## rewrite the book's tables of growth with rows, PSUs and domains (half an hour)
	@$(BIN)/python benchmarks/scaling.py

lock:  ## rewrite both requirements files from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra study --extra pooling --extra postgres --extra report \
	  --extra dev \
	  $(LOCKED) -o requirements.txt
	grep -o 'pyspark[^"]*' pyproject.toml | uv pip compile - --constraint requirements.txt \
	  $(LOCKED) -o requirements-spark.txt

clean:  ## remove everything that is rebuilt, the environment too
	rm -rf .venv .pytask .pytest_cache .mypy_cache .ruff_cache data/raw/simulated \
	  src/advocacy/reference dist book/_build pytask.lock profile.json
	find data/derived -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
