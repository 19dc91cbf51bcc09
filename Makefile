# Everything a person or CI does with this tree. `make help` lists it.
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
ARGS ?=
# Half as many again as cores: tests wait for browsers, servers and deadlines a quarter of their time.
TEST_PROCESSES ?= $(shell echo $$(( $$(nproc 2>/dev/null || echo 2) * 3 / 2 )))

.DEFAULT_GOAL := help
.PHONY: help lab lab-image assets test ansible-lint stack stack-init test-kill test-machines test-roles test-stack test-faults lint types bench screenshots docs lock audit sbom clean dev

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.runtime ## run Gough with an emulated MAAS and virtual machines: make lab ARGS="--machines 5 --fault install-stuck:2"
	@$(BIN)/python -m tools.assets || true
	@$(BIN)/gough lab $(ARGS)

lab-image: $(VENV)/.runtime ## build what the lab's real machines boot, once, as root: make lab ARGS="--hardware qemu --machines 1"
	@$(BIN)/python -m gough.lab.qemu.image $(ARGS)

assets: $(VENV)/bin/python ## bundle the portal's scripts from npm's packages; lab and test do it too
	@$(BIN)/python -m tools.assets

test: $(VENV)/.dev $(VENV)/.generator ## unit, contract, integration and browser tests; REQUIRE=all fails on what this machine lacks
	@$(BIN)/python -m tools.assets || true
	@$(BIN)/python -m pytest -rs -n $(TEST_PROCESSES) --dist worksteal -m "not kill and not stack and not roles and not faults and not machines and not live_maas and not live_fleet" $(ARGS)

test-kill: $(VENV)/.dev ## kill -9 to every part, a hundred times, in the middle of two hundred deployments
	@$(BIN)/python -m pytest -m kill tests/stack $(ARGS)

test-faults: $(VENV)/.dev ## every fault of the lab at once: each ends with the right diagnosis
	@$(BIN)/python -m pytest -m faults tests/stack $(ARGS)

test-stack: $(VENV)/.dev ## the container stack on a Docker engine; the agent's package on a real Debian with systemd
	@$(BIN)/python -m pytest -rs -m stack tests/stack $(ARGS)

test-machines: $(VENV)/.dev ## QEMU's machines from blank disk to service and back; what breaks on the way (make lab-image first)
	@$(BIN)/python -m pytest -rs -m machines tests/machines $(ARGS)

test-roles: $(VENV)/.dev ## every role of ansible/ on a real Debian with systemd, over SSH; the second run changes nothing
	@$(BIN)/python -m pytest -rs -m roles tests/stack $(ARGS)

ansible-lint: $(VENV)/.ansible-lint ## Ansible's own rules, profile production
	@cd ansible && PATH="$(CURDIR)/$(VENV)/ansible-lint/bin:$$PATH" ansible-lint --offline --profile production

lint: $(VENV)/.dev ## ruff, import contracts, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

stack-init: $(VENV)/.runtime ## secrets, certificates and .env for compose.yaml: make stack-init ARGS="--public-url https://gough.example --profiles nginx,fleet"
	@$(BIN)/python -m tools.stack_init $(ARGS)

stack: assets ## build the images and start what COMPOSE_PROFILES in .env chooses
	@docker compose up --detach --build --wait $(ARGS)

bench: $(VENV)/.dev ## figures with ratios against a baseline in the same run
	@$(BIN)/python -m bench $(ARGS)

screenshots: $(VENV)/.dev ## every page of the lab's portal, light and dark, wide and narrow, into build/screenshots
	@$(BIN)/python -m tools.screenshots build/screenshots $(ARGS)

docs: $(VENV)/.dev ## regenerate the generated parts of docs/
	@$(BIN)/python -m tools.generate_docs

audit: $(VENV)/.audit ## what is known against the locked dependencies, as far as the registries tell
	@$(BIN)/python -m tools.audit $(VENV)/audit/bin/pip-audit

sbom: $(VENV)/.audit ## what Gough is made of, as CycloneDX, into build/sbom
	@$(BIN)/python -m tools.sbom $(VENV)/audit/bin/cyclonedx-py build/sbom

lock: $(VENV)/.dev ## resolve the dependencies again and write requirements/*.txt
	@$(BIN)/python -m tools.lock

dev: $(VENV)/.dev $(VENV)/.generator ## the virtual environment with every tool in it

clean: ## remove what was built and what the lab left
	rm -rf $(VENV) .lab build dist portal/node_modules src/gough/web/portal/static/built .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Gough needs Python 3.11, 3.12 or 3.13 with venv (Debian: apt-get install python3 python3-venv)."; exit 1; }
	@echo "Making the virtual environment with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml agent/pyproject.toml | $(VENV)/bin/python
	@echo "Installing locked dependencies (once) ..."
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e . -e agent
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing locked development tools (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.generator: requirements/generator.txt | $(VENV)/bin/python
	@echo "Installing the generator of clients, apart (once) ..."
	@$(BIN)/python -m venv $(VENV)/generator
	@$(VENV)/generator/bin/python -m pip --disable-pip-version-check --quiet --no-input install --require-hashes -r $<
	@touch $@

$(VENV)/.ansible-lint: requirements/ansible-lint.txt | $(VENV)/bin/python
	@echo "Installing Ansible's checks, apart (once) ..."
	@$(BIN)/python -m venv $(VENV)/ansible-lint
	@$(VENV)/ansible-lint/bin/python -m pip --disable-pip-version-check --quiet --no-input install --require-hashes -r $<
	@touch $@

$(VENV)/.audit: requirements/audit.txt $(VENV)/.dev
	@echo "Installing the auditors, apart (once) ..."
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip --disable-pip-version-check --quiet --no-input install --require-hashes -r $<
	@touch $@
