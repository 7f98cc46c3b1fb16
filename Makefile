# Every target does its own set-up: uv comes into .uv, the locked packages into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := configs/demo.yaml
CUSTOMERS ?= 20000

.PHONY: setup demo test coverage check format lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/setup.sh
	@touch $@

demo: $(READY)
	@$(BIN)/ccml demo $(DEMO) --customers $(CUSTOMERS)
	@$(BIN)/ccml init $(DEMO)
	@$(BIN)/ccml run cycle $(DEMO)

# Two workers on two cores: each keeps to one thread, or they would wait for each other.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

coverage: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)
	PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/setup.sh --lock

clean:
	rm -rf $(VENV) .uv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* dist
	rm -rf data/demo data/raw/demo
