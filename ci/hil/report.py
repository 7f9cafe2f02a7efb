#!/usr/bin/env python3
"""What ci/hil.sh says about a run: hil.json, hil.xml (JUnit) and comparison.txt, and the tables on the terminal.

    report.py FOLDER    with what was brought from the board. Ends with 1 if a case failed or hung, or there was none.
"""

import gzip
import json
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

PASSED, FAILED, HUNG, NONE = "passed", "failed", "hung", "no result"
NOT_APPLICABLE = "not applicable"
OUTCOMES = [PASSED, FAILED, HUNG, NOT_APPLICABLE]
# What facts.sh writes: once, and before and after the cases.
FACTS = ["uname", "os", "nv_tegra_release", "model", "gstreamer", "user", "nodes", "tegrastats", "dmesg"]
SETTINGS = ["nvpmodel", "jetson_clocks", "cpufreq", "devfreq", "temperatures", "memory"]
# What XML 1.0 has no place for.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tell(text):
    """Prints what may be a board's words: nothing in them moves the cursor."""
    print(NOT_XML.sub("", text))


def text_of(path):
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def state_of(folder):
    """The lines of the board's state, as lists of words."""
    lines = text_of(folder / "state").split("\n")
    return [line.split("\t")[:-1] for line in lines if line.endswith("\t.")]


class Run:
    """What came from the board."""

    def __init__(self, folder):
        self.folder = folder
        self.release, self.plan, self.cases, self.left = "", [], {}, []
        for word, *rest in state_of(folder):
            if word == "run":
                self.release = rest[3]
            elif word == "plan":
                self.plan = rest
            elif word == "left":
                self.left.append(" ".join(rest))
            elif word == "start":
                self.note(rest[0], FAILED, 0, "the run ended in this case: did the board restart, or run out of memory?")
            elif word == "end":
                self.note(rest[0], rest[1], int(rest[2]) / 1000, rest[3])
        for name in self.plan:
            if name not in self.cases:
                self.note(name, FAILED, 0, "not run: the run ended before it")
        self.areas = [name.split(".", 1)[1] for name in self.plan if name.startswith("conformance.")]
        self.conformance = {}
        self.unfold()

    def note(self, name, outcome, seconds, why):
        self.cases[name] = {"name": name, "outcome": outcome, "seconds": seconds, "message": why}

    def unfold(self):
        """The suite's cases in the place of its areas; an area stays if it did not end by itself."""
        for area in self.areas:
            try:
                report = json.loads(text_of(self.folder / "conformance" / f"{area}.json"))
                found = {case["name"]: outcome_of(case) for case in report["cases"]}
            except (ValueError, KeyError, TypeError):
                found = {}
            self.conformance.update(found)
            whole = self.cases[f"conformance.{area}"]
            if whole["outcome"] == PASSED and not found:
                whole.update(outcome=FAILED, message="its results cannot be read")
            if whole["outcome"] == PASSED:
                del self.cases[f"conformance.{area}"]
            for name, case in found.items():
                self.cases[f"conformance.{name}"] = {"name": f"conformance.{name}", **case}

    def count(self, outcome):
        return sum(case["outcome"] == outcome for case in self.cases.values())


def outcome_of(case):
    message = case.get("reason", "")
    if case["outcome"] == FAILED:
        message = f"expected {case['expected']}; found {case['found']}"
    return {"outcome": case["outcome"], "seconds": case["seconds"], "message": message}


def numbers(release):
    return [int(number) for number in re.findall(r"\d+", release)]


def expected_by(run):
    """The simulator's cases: of the board's release, or of the last one before it. Of a board that does not say it: the most alike."""
    known = {}
    for path in (run.folder / "bundle/expected").glob("*.json.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            known[path.name[: -len(".json.gz")]] = {case["name"]: outcome_of(case) for case in json.load(file)["cases"]}

    def alike(release):
        return sum(known[release].get(name, {}).get("outcome") == case["outcome"] for name, case in run.conformance.items())

    # r32.7 is all of R32.7.x.
    older = [name for name in known if numbers(name) <= numbers(run.release)]
    if older:
        name = max(older, key=numbers)
    else:
        name = max(sorted(known, key=numbers), key=alike, default="")
    return name, known.get(name, {})


def compare(run):
    """Prints board against simulator, and gives the cases that end differently."""
    release, expected = expected_by(run)
    if not run.areas:
        return []
    tell(f"conformance: the board ({run.release or 'its release is not known'}) against the simulator ({release})")
    pairs, differ = [], []
    missing = {"outcome": NONE, "message": ""}
    for name in {**expected, **run.conformance}:
        if name.split(".")[0] in run.areas:
            board, simulator = run.conformance.get(name, missing), expected.get(name, missing)
            pairs.append((name, board["outcome"], simulator["outcome"]))
            if board["outcome"] != simulator["outcome"]:
                differ.append({"name": name, "board": board, "simulator": simulator})
    lines = [f"{name:<60} board: {board:<15} simulator: {simulator}" for name, board, simulator in pairs]
    (run.folder / "comparison.txt").write_text("\n".join(lines) + "\n")
    tell(f"  {'area':<20}{'cases':>6}{'the same':>10}{'differ':>8}")
    for area in run.areas:
        mine = [pair for pair in pairs if pair[0].split(".")[0] == area]
        same = sum(board == simulator for _, board, simulator in mine)
        tell(f"  {area:<20}{len(mine):>6}{same:>10}{len(mine) - same:>8}")
    for case in differ:
        tell(f"  differs: {case['name']}")
        for side in ("board", "simulator"):
            tell(f"    {side}: {case[side]['outcome']}{case[side]['message'] and ': ' + case[side]['message']}")
    tell(f"  case by case: {run.folder / 'comparison.txt'}")
    return differ


def figures_in(path):
    """Lines of a benchmark as {label: numbers}."""
    found = {}
    heading = ""
    for line in text_of(path).splitlines():
        match = re.match(r"^(\s*[^\d\s].*?)\s{2,}(-?\d[\d.]*.*)$|^(.*?: )(-?\d[\d.]*.*)$", line)
        if match:
            label, values = (match[1], match[2]) if match[1] else (match[3], match[4])
            indented = label.startswith(" ")
            label = re.sub(r"\s+", " ", label).strip(" :")
            found[f"{heading}: {label}" if indented and heading else label] = re.findall(r"-?\d+(?:\.\d+)?", values)
        elif not line.startswith(" "):
            heading = line.strip().rstrip(",:")
    return found


def benchmarks(run):
    """Prints and gives the figures."""
    table = {}
    for name in run.plan:
        if name.startswith("bench.") and run.cases[name]["outcome"] in (PASSED, FAILED):
            board = figures_in(run.folder / f"logs/{name}.log")
            host = figures_in(run.folder / f"bundle/figures/{name}.log")
            table[name] = {label: {"board": values, "this_host_simulated": host.get(label)} for label, values in board.items()}
    if any(table.values()):
        tell("benchmarks: the board, and in brackets this kind of host on the simulator, which says nothing of a board")
        for name, rows in table.items():
            tell(f"  {name}")
            for label, row in rows.items():
                host = f"  [{' '.join(row['this_host_simulated'])}]" if row["this_host_simulated"] else ""
                tell(f"    {label:<72} {' '.join(row['board'])}{host}")
    return table


def junit(run, path):
    suite = xml.Element("testsuite", name=f"hil {run.release}".strip(), tests=str(len(run.cases)), failures=str(run.count(FAILED)),
                        errors=str(run.count(HUNG)), skipped=str(run.count(NOT_APPLICABLE)),
                        time=f"{sum(case['seconds'] for case in run.cases.values()):.3f}")
    for case in run.cases.values():
        group = ".".join(case["name"].split(".")[:-1]) or "hil"
        entry = xml.SubElement(suite, "testcase", classname=group, name=case["name"], time=f"{case['seconds']:.3f}")
        kind = {FAILED: "failure", HUNG: "error", NOT_APPLICABLE: "skipped"}.get(case["outcome"])
        if kind:
            xml.SubElement(entry, kind, message=NOT_XML.sub("", case["message"]))
        if case["outcome"] in (FAILED, HUNG):
            log = text_of(run.folder / f"logs/{case['name']}.log")
            xml.SubElement(entry, "system-out").text = NOT_XML.sub("", log[-4096:])
    xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def facts(run):
    found = {path.stem: text_of(path) for path in sorted((run.folder / "board").glob("*.txt"))}
    for name in FACTS + [f"{name}-{when}" for name in SETTINGS for when in ("before", "after")]:
        if not found.get(name, "").strip():
            found[name] = "absent: it was not written"
    absent = {}
    for name, text in found.items():
        if text.startswith("absent: "):
            absent.setdefault((re.sub("-(before|after)$", "", name), text[8:].strip()), []).append(name)
    if absent:
        tell("not to be had on this board:")
    for (short, why), names in absent.items():
        tell(f"  {short if len(names) > 1 else names[0]:<20} {why}")
    return found


def main():
    run = Run(Path(sys.argv[1]))
    differ = compare(run)
    table = benchmarks(run)
    found = facts(run)
    for case in run.cases.values():
        if case["outcome"] in (FAILED, HUNG):
            tell(f"{case['outcome']}: {case['name']}: {case['message']}")
    for line in run.left:
        tell(f"left on the board: {line}")
    counts = {outcome: run.count(outcome) for outcome in OUTCOMES}
    report = {"release": run.release, "about": text_of(run.folder / "bundle/about").splitlines(), "counts": counts,
              "cases": list(run.cases.values()), "differ": differ, "benchmarks": table, "left": run.left, "board": found}
    (run.folder / "hil.json").write_text(json.dumps(report, indent=1) + "\n")
    junit(run, run.folder / "hil.xml")
    tell(f"results: {run.folder}")
    tell(f"hil: {len(run.cases)} cases, {counts[PASSED]} passed, {counts[FAILED]} failed, {counts[HUNG]} hung, "
          f"{counts[NOT_APPLICABLE]} not applicable, {len(differ)} differ from the simulator")
    return 1 if counts[FAILED] or counts[HUNG] or not run.cases or run.left else 0


sys.exit(main())
