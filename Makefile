# `make run` and `make test` do all set-up themselves. ARGS="..." is handed on.

.DEFAULT_GOAL := help
.PHONY: help run test check format bench soak clean
VENV := .venv/bin
TEST_PROGRAMS := bwrap=bubblewrap rg=ripgrep git=git tmux=tmux screen=screen chromium=chromium sshd=openssh-server ssh=openssh-client openssl=openssl libatomic.so.1=libatomic1

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: ## set up, then play the demo in a temporary project: no key, no network
	@scripts/setup run
	@exec $(VENV)/loom --demo $(ARGS)

test: ## set up, then run every test
	@scripts/setup dev
	@scripts/test-packages $(TEST_PROGRAMS)
	@scripts/test $(ARGS)

check: ## the gate: format, lint, types, import contracts, flake.nix, tests
	@scripts/setup dev
	@scripts/test-packages nix-instantiate=nix-bin
	$(VENV)/python -m ruff format --check .
	$(VENV)/python -m ruff check .
	$(VENV)/python -m mypy
	$(VENV)/lint-imports
	scripts/check-flake
	@$(MAKE) --no-print-directory test

format: ## rewrite the code as the gate wants it
	@scripts/setup dev
	$(VENV)/python -m ruff format .
	$(VENV)/python -m ruff check --fix .

bench: ## every number we promise, beside its floor
	@scripts/setup dev
	@$(VENV)/python -m bench $(ARGS)

soak: ## the tests that are too long for every run
	@scripts/setup dev
	@scripts/test-packages $(TEST_PROGRAMS)
	@$(VENV)/python -m pytest -m soak -s $(ARGS)

clean: ## remove everything that was made here
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
