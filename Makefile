# Commands for people, each with all its set-up: `make demo` and `make test`; and `make mutants`, for who changes the tests.

EDIY := .build/release/ediy
DEMO := runs/demo

.PHONY: demo test build setup format lint docs mutants clean

demo: build
	$(EDIY) benchmark benchmarks/shapes.yaml --output $(DEMO)

test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build --disable-xctest

# Hours: small faults one at a time, and whether a test finds each. What was found before is kept.
mutants: build
	python3 Tests/Mutants/run.py

build: setup
	swift build -c release

setup:
	@./setup.sh

format:
	swift format --in-place --recursive Package.swift Sources Tests
	git ls-files 'Sources/*.cpp' 'Sources/*.h' 'Sources/*.c' | xargs clang-format -i

# What CI asks besides the tests. clang-format differs between releases: the one of Debian 12, 14, is meant.
lint:
	swift format lint --strict --recursive Package.swift Sources Tests
	sh -n setup.sh
	@if clang-format --version 2>/dev/null | grep -q 'version 14'; then \
		git ls-files 'Sources/*.cpp' 'Sources/*.h' 'Sources/*.c' | xargs clang-format --dry-run -Werror; \
	else echo "lint: clang-format 14 is not here (apt-get install clang-format); C and C++ are left unchecked"; fi

# The documentation of the library products, below .build/plugins/.
docs: setup
	for room in Vision COCO Recipes Runs NN Pretraining Detection; do \
		EDIY_DOCS=1 swift package generate-documentation --target $$room --warnings-as-errors || exit 1; done

clean:
	swift package clean
