# Everything below needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
# Every folder with a pyproject.toml is a distribution, its folder with py.typed the package.
DISTS := $(sort $(patsubst %/pyproject.toml,%,$(wildcard */pyproject.toml)))
EDITABLES := --editable 'singer-rest[postgresql]' $(foreach d,$(filter-out singer-rest,$(DISTS)),--editable $(d))
PACKAGES := $(sort $(patsubst %/__init__.py,%,$(wildcard $(addsuffix /[a-z]*_*/__init__.py,$(DISTS)))) sandbox/sandbox)
# Folders of tests are checked one by one: each has a conftest.py, and mypy wants module names to differ.
TESTS := $(sort $(dir $(wildcard */tests/*/*.py */tests/*/*/*.py tests/*/*.py tests/*/*/*.py demos/*.py)))
export MELTANO_SEND_ANONYMOUS_USAGE_STATS = false
export UV_CONSTRAINT = $(CURDIR)/constraints.txt
# Every start of a plugin is a third quicker where Python may not keep bytecode itself (PYTHONDONTWRITEBYTECODE, images).
export UV_COMPILE_BYTECODE = 1

.PHONY: help install demo demo-live test test-fast test-python check lock dist bench chaos chaos-fuzz chaos-faults chaos-receive chaos-two-ways chaos-live clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/.complete ## the workspace, the sandbox and Meltano in .venv, and Meltano's plugins

demo: .venv/.complete ## orders of a demo shop become boxes, and a rep's work goes back; in two local servers
	@PYTHONPATH=tests/e2e $(BIN)/python demos/demo.py

SECONDS ?= 60
demo-live: .venv/.complete ## a busy day of a small shop in real time, both ways, in SECONDS; shown live in the terminal
	@PYTHONPATH=tests/e2e $(BIN)/python demos/demo_live.py --seconds $(SECONDS)

test-fast: .venv/.complete ## the unit tests of all packages, in seconds
	@$(BIN)/pytest -q $(wildcard */tests/unit tests/unit)

test-python: $(UV) ## the unit tests on another Python: make test-python PYTHON=python3.13
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .work/$(notdir $(PYTHON))
	@$(UV) pip install --quiet --python .work/$(notdir $(PYTHON)) --group dev $(EDITABLES) 'meltano==4.4.*'
	@.work/$(notdir $(PYTHON))/bin/pytest -q -p no:cacheprovider $(wildcard */tests/unit tests/unit)

WORKERS ?= 2
test: .venv/.complete ## the whole suite with WORKERS side by side; with PART=tap-streak that package, with PART=e2e that folder of tests/
	@$(BIN)/pytest -q --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder $(if $(PART),$(or $(wildcard $(PART)/tests tests/$(PART)),$(PART)))

# Named, not imported: uvicorn takes httptools and uvloop where they are, zoneinfo tzdata. What imports pytest runs inside
# it, and urllib3 is how requests says what went wrong.
DEPTRY := deptry . --no-ansi --extend-exclude tests --package-module-name-map clarity-ecommerce-api=clarity_api --per-rule-ignores 'DEP002=httptools|tzdata|uvloop,DEP003=pytest|urllib3'
check: .venv/.complete ## lint, types, declared dependencies, uv.lock, and the shipped mapping with its examples
	@$(BIN)/ruff check --quiet conftest.py $(DISTS) demos tests
	@$(BIN)/ruff format --quiet --check conftest.py $(DISTS) demos tests
	@$(BIN)/mypy --no-error-summary $(PACKAGES)
	@$(BIN)/mypy --no-error-summary conftest.py
	@for folder in $(TESTS); do $(BIN)/mypy --no-error-summary $$folder*.py || exit 1; done
	@for dist in $(DISTS); do (cd $$dist && $(CURDIR)/$(BIN)/$(DEPTRY) 2>&1) >.work/deptry || { echo $$dist; cat .work/deptry; exit 1; }; done
	@$(UV) lock --quiet --check --offline || { echo "uv.lock does not fit the pyproject.toml files: make lock"; exit 1; }
	@$(EXPORT) | diff constraints.txt - || { echo "constraints.txt is not what uv.lock says: make lock"; exit 1; }
	@$(BIN)/mapper-crosswalk check transform/mappings/clarity-streak.yml
	@$(BIN)/mapper-crosswalk test transform/mappings/clarity-streak.yml

EXPORT = { echo "\# What was tested together, from uv.lock (make lock). Meltano's plugins are installed with these versions, too."; \
	$(UV) export --quiet --frozen --all-packages --all-groups --all-extras --no-hashes --no-emit-workspace --no-annotate --no-header; }
lock: $(UV) ## uv.lock and constraints.txt after a change of dependencies; with UPGRADE=1 everything to its newest version
	@$(UV) lock --quiet $(if $(UPGRADE),--upgrade)
	@$(EXPORT) >constraints.txt

dist: .venv/.complete ## wheels and sdists of every distribution in dist/, checked
	@rm -rf dist
	@$(UV) build --quiet --all-packages --out-dir dist
	@$(BIN)/twine check --strict dist/*

bench: .venv/.complete ## speed against stock parts, and of real time; writes tests/benchmarks/RESULTS.md, with PART=… only shows that part
	@PYTHONPATH=tests/e2e $(BIN)/python tests/benchmarks/run.py $(PART)

N ?= 500
chaos: .venv/.complete ## kills both targets and meltano runs, N times and more, with SEED; fails if anything is lost or doubled
	@PYTHONPATH=tests/e2e $(BIN)/python tests/campaigns/chaos/campaign.py --kills $(N) $(if $(SEED),--seed $(SEED))

chaos-fuzz: .venv/.complete ## nonsense for both targets, mapper and receiver, N lines with SEED; fails if anything is lost
	@FUZZ_N=$(N) FUZZ_SEED=$(or $(SEED),1) $(BIN)/pytest -q -s tests/campaigns/fuzz console/tests/stories/test_nonsense.py

chaos-receive: .venv/.complete ## kills the receiver N times under load, with SEED; fails if anything acknowledged is lost or doubled
	@RECEIVE_KILLS=$(N) RECEIVE_SEED=$(or $(SEED),1) $(BIN)/pytest -q -s console/tests/stories/test_receive_kills.py

chaos-faults: .venv/.complete ## every fault of HTTP for both targets, mixed with N seeds from SEED on; fails if anything is lost or doubled
	@FAULT_N=$(N) FAULT_SEED=$(or $(SEED),1) $(BIN)/pytest -q tests/campaigns/faults

chaos-two-ways: .venv/.complete ## N seeds of worlds of people on both sides and runs of both directions, from SEED on, or only of one KIND; fails if a promise breaks
	@PYTHONPATH=tests/e2e:tests/campaigns/two_ways $(BIN)/python tests/campaigns/two_ways/two_way_campaign.py --worlds $(N) $(if $(SEED),--seed $(SEED)) $(if $(KIND),--kind $(KIND))

MINUTES ?= 10
chaos-live: .venv/.complete ## a storm over a whole installation for MINUTES, with SEED: webhooks go astray, everything is killed; fails if anything is lost or doubled
	@PYTHONPATH=tests/e2e:tests/campaigns/chaos:tests/campaigns/two_ways:tests/campaigns/storms $(BIN)/python tests/campaigns/storms/live_campaign.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

clean: ## removes what install and the runs made; ledgers of accounts and sync-console.db stay
	rm -rf .uv .venv .meltano .work dist ledger/sandbox.db*

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d; name another with make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt uv

.venv/.complete: $(UV) constraints.txt meltano.yml pyproject.toml $(addsuffix /pyproject.toml,$(DISTS))
	@echo "Installing the workspace ..."
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip install --quiet --python .venv --group dev $(EDITABLES) 'meltano==4.4.*'
	@echo "Installing Meltano's plugins ..."
	@umask 077; mkdir -p .meltano .work; chmod 700 .meltano .work # settings, keys among them, pass through it
	@umask 077; $(BIN)/meltano --log-level=warning install >.venv/meltano-install.log 2>&1 || { cat .venv/meltano-install.log >&2; exit 1; }
	@touch $@
