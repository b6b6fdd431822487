# Two commands do everything for a newcomer: `make demo` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
MEMBERS := -e ./wire -e ./firmware-bridges -e ./edge -e ./hub -e ./demo

.PHONY: help demo test packages peers lint types borders bench bench-cameras soak-cameras fuzz documents lock soak clean
.DELETE_ON_ERROR:

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: .venv/ready  ## a living village on http://127.0.0.1:8080 (PORT=, VIDEO=FILE|rtsp://…, SERIAL=/dev/…)
	@exec $(BIN)/python -m keng_demo

test: packages .venv-peers/ready .venv/ready  ## all tests; PYTEST="-k word" narrows them
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder $(PYTEST)

packages:  ## the Debian packages that tests talk to, by apt where root or sudo is there
	@./.ci/packages

peers: .venv-peers/ready  ## the independent devices and decoders that the tests compare with, each in its own environment

lint: .venv/ready  ## style and likely mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready  ## two type checkers, both strict
	$(BIN)/mypy
	$(BIN)/pyright

borders: .venv/ready  ## each member alone in an environment of its own, and what it must not see
	./.ci/borders

bench: .venv/ready  ## every figure of the README, measured on this machine
	$(BIN)/python -m benchmarks

bench-cameras: .venv/ready  ## what cameras find and cost, how soon an alarm is there, into docs/design/cameras.md (CLIPS=folder)
	$(BIN)/python -m benchmarks.cameras --write $(if $(CLIPS),--clips $(CLIPS))

soak-cameras: .venv-peers/ready .venv/ready  ## eight cameras in one process: MINUTES=10
	$(BIN)/python -m benchmarks.camera_soak --minutes $(or $(MINUTES),10)

soak: .venv/ready  ## property tests with new random examples, the crash tests for long: ROUNDS=500 SEED=1
	$(BIN)/pytest -n 2 -m hypothesis --hypothesis-profile wide $(PYTEST)
	$(BIN)/pytest tests/e2e --rounds $(or $(ROUNDS),500) $(if $(SEED),--seed $(SEED)) $(PYTEST)

fuzz: .venv/ready  ## random recordings, so many minutes for each language of the field: MINUTES=10
	PYTHONPATH=tests $(BIN)/python -m bridges.fuzz --minutes $(or $(MINUTES),10)

documents: .venv/ready  ## JSON Schema and AsyncAPI of the wire, under docs/wire/
	$(BIN)/python -m keng_wire.documents docs/wire

lock: .venv/ready  ## the lock anew, after a change of dependencies
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv export --all-packages --all-extras --no-extra sms --no-emit-workspace --no-header --quiet -o requirements.lock
	$(BIN)/uv export --package keng-hub --extra embedded-broker --extra postgresql --no-dev --no-emit-workspace --no-header --quiet -o docker/requirements-hub.lock
	$(BIN)/uv export --package keng-edge --all-extras --no-dev --no-emit-workspace --no-header --quiet -o docker/requirements-edge.lock
	rm -f uv.lock

clean:  ## everything that was made here and can be made again
	rm -rf .venv .venvs .venv-peers .demo build hub/build hub/keng_hub/web/static/vendor

.venv-peers/ready: .ci/peers
	@./.ci/peers && touch $@ || echo "tests that need an independent device are skipped" >&2

.venv/ready: requirements.lock wire/pyproject.toml firmware-bridges/pyproject.toml edge/pyproject.toml hub/pyproject.toml demo/pyproject.toml hub/hatch_build.py hub/package-lock.json
	./.ci/venv .venv $(PYTHON)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps $(MEMBERS)
	touch $@
