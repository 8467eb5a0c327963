# Two commands for people, each with all its set-up: `make demo` and `make test`.

EDIY := .build/release/ediy
DEMO := runs/demo

.PHONY: demo test mutants build setup clean

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

clean:
	swift package clean
