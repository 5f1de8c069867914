# What one does with Writ. `make demo` and `make test` install what they need and the machine lacks.

# Outside the checkout, so that a fresh clone finds what an earlier one built.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/writ/target

.PHONY: help demo test lint fmt bench clean

help: ## Say what can be made (the default)
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: ## Build Writ and watch it answer demands; ARGS goes to `writ demo`
	@scripts/setup
	scripts/cargo build --workspace --locked
	@"$(CARGO_TARGET_DIR)/debug/writ" demo $(ARGS)

test: ## Check the format, run every test, lint; CRATE=docket: only that crate's tests
	@scripts/setup test
	@scripts/test $(CRATE)

lint: ## Lint everything; warnings are errors
	@scripts/setup lint
	@scripts/lint

fmt: ## Format all code
	@scripts/setup lint
	scripts/cargo fmt --all

bench: ## Measure Writ beside other ways of doing the same; ARGS goes to bench/run
	@scripts/setup
	@bench/run $(ARGS)

clean: ## Remove everything that was built
	scripts/cargo clean
