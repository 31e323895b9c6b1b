# Two commands for a newcomer: make demo, make test. Each sets up everything it needs by itself.
# PYTHON=/path/to/python3.12 chooses the interpreter; DEMO_SECONDS=30 ends the demo by itself.

RUN := .venv/bin/python -m
SETUP := sh .ci/setup
TESTS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-ha test-prometheus check-image check-platforms pictures docs lint format bench lock clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile | expand -t 28

demo: ## A simulated solar park, a broker and the bridge, live in this terminal (Ctrl-C ends it)
	@$(SETUP) "make demo" requirements.txt "mosquitto?"
	@$(RUN) app demo

test: ## All tests, on two cores, against a real mosquitto (TESTS=tests/mqtt chooses some)
	@$(SETUP) "make test" requirements-dev.txt mosquitto "mosquitto_sub:mosquitto-clients?" "jq?" "faketime?"
	@$(RUN) pytest $(if $(TESTS),$(TESTS),-n 2 --dist worksteal --cov)

test-ha: ## The bridge against real Home Assistants (TRIAL=-k... chooses some)
	@$(SETUP) "make test-ha" requirements-dev.txt mosquitto faketime? debootstrap?
	@$(RUN) trials.homeassistant.releases
	@$(RUN) pytest -p no:cacheprovider trials/homeassistant $(TRIAL)

test-prometheus: ## The bridge, the alerts and the dashboards against a real Prometheus
	@$(SETUP) "make test-prometheus" requirements-dev.txt mosquitto prometheus "npm?"
	@$(RUN) pytest -p no:cacheprovider trials/prometheus $(TRIAL)

check-image: ## Build the image and run the compose stack, without Docker (as root, on Debian)
	@$(SETUP) "make check-image" requirements-dev.txt mosquitto
	@$(RUN) pytest -p no:cacheprovider trials/image $(TRIAL)

check-platforms: ## Home Assistant's app, the systemd service and the Kubernetes manifests (as root, on Debian)
	@$(SETUP) "make check-platforms" requirements-dev.txt mosquitto
	@$(RUN) pytest -p no:cacheprovider trials/platforms $(TRIAL)

pictures: ## Draw again what README.md and docs/ show
	@$(SETUP) "make pictures" requirements-dev.txt mosquitto prometheus chromium npm pngquant?
	@$(RUN) trials.pictures

docs: ## Write again what docs/reference/ takes from the code, and the dashboards
	@$(SETUP) "make docs" requirements-dev.txt mosquitto
	@$(RUN) reference
	@$(RUN) deploy.grafana.generator

lint: ## Style, types and the direction of imports
	@$(SETUP) "make lint" requirements-dev.txt
	$(RUN) ruff check
	$(RUN) ruff format --check --quiet
	$(RUN) mypy
	.venv/bin/lint-imports --cache-dir .cache/import-linter

format: ## Let the formatter set what it can
	@$(SETUP) "make format" requirements-dev.txt
	$(RUN) ruff check --fix
	$(RUN) ruff format

bench: ## Measure speed and size, and write docs/benchmarks.md
	@$(SETUP) "make bench" requirements-dev.txt mosquitto
	@$(RUN) bench

# A file of hashes and no index: it names what to install, not where from.
COMPILE := $(RUN) uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --upgrade

lock: ## Choose the newest dependencies that fit, for requirements*.txt
	@$(SETUP) "make lock" requirements-dev.txt
	@$(RUN) pip --disable-pip-version-check install --quiet uv
	$(COMPILE) --extra demo --group build --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra demo --group build --group test --group lint --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

clean: ## Remove what the commands above have made
	@! grep -F " $(CURDIR)/.cache/" /proc/self/mountinfo 2>/dev/null || { echo "make clean: these are mounted; end what uses them first"; exit 1; }
	rm -rf .venv .cache .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build ./*.egg-info .coverage
	find app simulator tests bench trials reference deploy -name __pycache__ -prune -exec rm -rf {} +
