#!/usr/bin/env python3
"""Puts small faults into the code, one at a time, and sees whether the tests find them.

    make mutants
    python3 Tests/Mutants/run.py [--rooms NN COCO] [--only PATTERN] [--at-most 20] [--via 'nice -n 10'] [--check]

The second needs the program built (`make build`), whose library of tensors it takes.

Each room's faults are in a file beside this one, NN.toml: `tests`, the filters whose tests are asked one after the other until one
fails, each beginning with its test target's name; `skip`, tests left out for their length; and a list of mutants:

    original     a fragment that the room holds exactly once; where only a part of it is replaced, that part stands in «»
    file         its name, where the fragment is in others too
    replacement  of the part; nothing where it is left out
    form         `expression`, as most are, or `statement`
    tests, skip  where they differ from the room's
    reason       why no test can find it

All mutants are built at once, in a copy, `.build/mutants/tree`, each behind a switch that EDIY_MUTANT sets; the tests are run once for
each, and first without any. What was found is kept in `.build/mutants/results.json`, and asked again only where the file, the mutant
or, of one that survived, a test has changed: a run that was stopped goes on where it was. TABLE.md is written from it. Exits with 1
where a fault survives without a reason.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / ".build/mutants"
TREE = WORK / "tree"
KEYS = {"file", "original", "replacement", "form", "tests", "skip", "reason"}
SWITCH = """#if canImport(Glibc)
import Glibc
#endif

public enum MutantSwitch {
    private static let number = getenv("EDIY_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0

    @inline(__always)
    public static func isOn(_ mutant: Int) -> Bool { mutant == number }
}
"""


class Mutant:
    def __init__(self, room, standard, entry):
        if set(entry) - KEYS or not {"original", "replacement"} <= set(entry):
            sys.exit(f"{room}.toml: an entry has {sorted(entry)}; it takes {sorted(KEYS)}")
        self.room = room
        self.form = entry.get("form", "expression")
        self.tests = entry.get("tests", standard["tests"])
        self.skip = entry.get("skip", standard.get("skip", ""))
        self.reason = entry.get("reason", "")
        before, mark, rest = entry["original"].partition("«")
        self.original, _, after = rest.partition("»") if mark else (before, "", "")
        self.fragment = before * bool(mark) + self.original + after
        self.mutated = before * bool(mark) + entry["replacement"] + after
        self.replacement = entry["replacement"]
        self.offset = len(before) if mark else 0
        files = sorted((ROOT / "Sources" / room).rglob(entry.get("file", "*.swift")))
        self.places = [path for path in files for _ in range(path.read_text().count(self.fragment))]
        # The same whatever other mutants there are: nothing else is then built again.
        self.number = int(digest(room, entry.get("file", ""), self.fragment, self.mutated)[:7], 16)

    def __str__(self):
        return f"{self.room}: {one_line(self.fragment)} → {one_line(self.mutated) or 'nothing'}"

    @property
    def path(self):
        return self.places[0]

    def error(self):
        """What is wrong with the entry; None where it can be carried out."""
        if len(self.places) != 1:
            return f"{self}: the fragment is found {len(self.places)} times, and must be exactly once"
        if self.form not in ("expression", "statement"):
            return f"{self}: form is {self.form}, and must be expression or statement"
        return f"{self}: changes nothing" if self.original == self.replacement else None

    def span(self):
        start = self.path.read_text().index(self.fragment) + self.offset
        return start, start + len(self.original)

    def switched(self, original):
        """Both, one of them chosen when the program runs."""
        if self.form == "statement":
            return f"if MutantSwitch.isOn({self.number}) {{ {self.replacement} }} else {{ {original} }}"
        return f"(MutantSwitch.isOn({self.number}) ? ({self.replacement}) : ({original}))"

    def key(self):
        return digest(self.fragment, self.mutated, self.path.read_text())

    def tests_key(self):
        """What a survivor survived."""
        paths = [p for t in sorted({target(t) for t in self.tests}) for p in sorted((ROOT / "Tests" / t).rglob("*")) if p.is_file()]
        return digest(*self.tests, self.skip, *(digest(p.read_bytes().hex()) for p in paths))

    def is_known(self, results):
        result = results.get(self.key())
        return bool(result) and (bool(result["caught"]) or result["tests"] == self.tests_key())


def digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def one_line(text):
    return " ".join(text.split())


def target(test_filter):
    return re.match(r"\w+", test_filter)[0]


def all_mutants():
    found = []
    for path in sorted(HERE.glob("*.toml")):
        content = tomllib.loads(path.read_text())
        found += [Mutant(path.stem, content, entry) for entry in content["mutant"]]
    errors = [e for e in (m.error() for m in found) if e]
    errors += [f"{m}: is there twice" for i, m in enumerate(found) if m.number in {other.number for other in found[:i]}]
    if errors:
        sys.exit("\n".join(errors))
    return found


# The copy.

def write(path, content):
    """Only where it differs: what is as it was is not built again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def with_switches(text, mutants):
    """A file with all its mutants, of which one may lie within another."""
    def render(start, end, inside):
        result, position = "", start
        while inside:
            (first, last), mutant = inside[0]
            within = [m for m in inside[1:] if m[0][0] < last]
            for span, other in within:
                if span[1] > last:
                    sys.exit(f"{mutant}\n{other}\noverlap, and neither lies within the other")
            result += text[position:first] + mutant.switched(render(first, last, within))
            position, inside = last, inside[1 + len(within):]
        return result + text[position:end]
    return render(0, len(text), sorted(((m.span(), m) for m in mutants), key=lambda m: (m[0][0], -m[0][1])))


def copy_tree(mutants, targets):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    content = {n: (ROOT / n).read_bytes() for n in listed if n and (ROOT / n).is_file()}
    for mutant in mutants:
        together = [m for m in mutants if m.path == mutant.path]
        content[str(mutant.path.relative_to(ROOT))] = with_switches(mutant.path.read_text(), together).encode()
        content[f"Sources/{mutant.room}/MutantSwitch.swift"] = SWITCH.encode()

    # A manifest without the test targets that are not asked: they need not be built.
    def kept(match):
        return match[0] if match[1] + "Tests" in targets else ""
    manifest = content["Package.swift"].decode()
    content["Package.swift"] = re.sub(r'\n *tests\(\s*of: "(\w+)".*?\),(?=\n)', kept, manifest, flags=re.DOTALL).encode()
    for name, data in content.items():
        write(TREE / name, data)
    for top in ("Sources", "Tests"):
        for path in (TREE / top).rglob("*"):
            if path.is_file() and str(path.relative_to(TREE)) not in content:
                path.unlink()


# Building and testing.

class Runner:
    def __init__(self, via):
        self.via = shlex.split(via)

    def build(self):
        done = subprocess.run(
            self.via + ["swift", "build", "-c", "release", "--product", "ediyPackageTests"], cwd=TREE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            errors = [line for line in done.stdout.split("\n") if "error" in line]
            sys.exit("the mutants do not compile\n" + ("\n".join(dict.fromkeys(errors)) or done.stdout[-2000:]))

    def test(self, test_filter, skip, mutant, limit):
        """The names of tests that fail, or how else it ended; none where all pass. And the seconds that it took."""
        arguments = [str(TREE / ".build/release/ediyPackageTests.xctest"), "--testing-library", "swift-testing", "--filter", test_filter]
        # No mutant changes the library of tensors: it is the program's own.
        environment = {"EDIY_TORCH": str(ROOT / ".build/release")} | os.environ | {"EDIY_MUTANT": str(mutant)}
        begin = time.monotonic()
        try:
            done = subprocess.run(
                self.via + arguments + (["--skip", skip] if skip else []), cwd=TREE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", timeout=limit, env=environment)
        except subprocess.TimeoutExpired:
            return ["no end"], limit
        seconds = time.monotonic() - begin
        output = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
        if done.returncode == 0:
            if not re.search(r"Test run with [1-9]\d* test", output):
                sys.exit(f"the filter {test_filter} runs no test")
            return [], seconds
        names = re.findall(r"✘ Test (\w+)\(", output)
        return list(dict.fromkeys(names)) or ["a crash"], seconds


def survey(mutants, due, runner, results, save):
    print(f"{len(due)} of {len(mutants)} mutants are to be run", flush=True)
    if not due:
        return
    copy_tree(mutants, {target(t) for m in due for t in m.tests})
    runner.build()
    limits = {}
    for mutant in due:
        result = {"caught": [], "tests": mutant.tests_key()}
        for test_filter in mutant.tests:
            asked = (test_filter, mutant.skip)
            if asked not in limits:
                failed, seconds = runner.test(*asked, 0, None)
                if failed:
                    sys.exit(f"without a fault, {test_filter} fails: {failed}")
                limits[asked] = 60 + 20 * seconds
            result["caught"], _ = runner.test(*asked, mutant.number, limits[asked])
            if result["caught"]:
                result["by"] = target(test_filter)
                break
        results[mutant.key()] = result
        save()
        verdict = f"caught by {', '.join(result['caught'][:3])}" if result["caught"] else "SURVIVES"
        print(f"{mutant}: {verdict}", flush=True)


# The table.

def cell(text):
    """As code in a table."""
    text = one_line(text).replace("|", "\\|")
    mark = "``" if "`" in text else "`"
    return f"{mark}{text}{mark}" if text else "nothing"


def table(mutants, results):
    rows, caught = [], 0
    for mutant in mutants:
        result = results.get(mutant.key())
        if result is None:
            continue
        if result["caught"]:
            caught += 1
            names = result["caught"]
            more = f" and {len(names) - 2} more" if len(names) > 2 else ""
            verdict = f"{result['by']}: {', '.join(names[:2])}{more}"
        else:
            verdict = f"**survives**: {mutant.reason or 'no reason known'}"
        name = mutant.path.relative_to(ROOT / "Sources")
        rows.append(f"| {name} | {cell(mutant.fragment)} → {cell(mutant.mutated)} | {verdict} |")
    lines = [
        "# Small faults, and the tests that find them", "",
        "Written by `make mutants`: see run.py. One fault at a time, by room; what finds it, or why nothing can.", "",
        "Only what was run is here. "
        f"{len(mutants)} faults are listed, and {len(rows)} of them were run: {caught} caught, {len(rows) - caught} survive."]
    if rows:
        lines += ["", "| file | fault | caught by |", "| --- | --- | --- |"] + rows
    (HERE / "TABLE.md").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rooms", nargs="*", help="mutants of these alone")
    parser.add_argument("--only", default="", help="mutants whose line this regular expression is found in")
    parser.add_argument("--at-most", type=int, help="so many that are not known yet; a later call goes on")
    parser.add_argument("--via", default="", help="what each build and test is run by, such as 'nice -n 10'")
    parser.add_argument("--check", action="store_true", help="only whether every entry can be carried out")
    arguments = parser.parse_args()
    mutants = all_mutants()
    if arguments.check:
        return print(f"{len(mutants)} mutants can be made")
    WORK.mkdir(parents=True, exist_ok=True)
    kept = WORK / "results.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}

    def save():
        kept.write_text(json.dumps(results, indent=1))
        table(mutants, results)

    chosen = [m for m in mutants if (not arguments.rooms or m.room in arguments.rooms) and re.search(arguments.only, str(m))]
    survey(mutants, [m for m in chosen if not m.is_known(results)][:arguments.at_most], Runner(arguments.via), results, save)
    save()
    chosen = [m for m in chosen if m.is_known(results)]
    unexplained = [m for m in chosen if not results[m.key()]["caught"] and not m.reason]
    for mutant in unexplained:
        print(f"survives without a reason: {mutant}")
    for mutant in chosen:
        if mutant.reason and results[mutant.key()]["caught"]:
            print(f"is caught, and its reason can go: {mutant}")
    sys.exit(1 if unexplained else 0)


if __name__ == "__main__":
    main()
