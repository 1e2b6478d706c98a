"""Judges seed files with the real instructlab-schema package, for tests/parity.rs.

    python schema.py FOLDER

FOLDER holds `cases.json`, a list of {"file", "profile"} where `file` is relative to FOLDER. Prints a list with, for each case,
{"broken": the package gave up reading, "version", "findings": [{"severity", "rule", "yaml_path", "line", "column", "text"}]}.
Needs `pip install instructlab-schema yamllint`.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml
from instructlab.schema import taxonomy as package

# The end of each message of the JSON Schema library, and what Seedbed calls the finding.
RULES = [
    (re.compile(r"is a required property$"), "required"),
    (re.compile(r"(was|were) unexpected\)$"), "unknown-key"),
    (re.compile(r"is not of type '[a-z]+'$"), "type"),
    (re.compile(r"should be non-empty$"), "min-length"),
    (re.compile(r"has non-unique elements$"), "unique-items"),
    (re.compile(r"^Value must have at least \d+ items$"), "min-items"),
    (re.compile(r"^\d+ was expected$"), "version"),
    (re.compile(r"^Cannot load schema file"), "version"),
    (re.compile(r"^Version \d+ is not supported"), "deprecated-version"),
    (re.compile(r"^The file is empty$"), "empty-file"),
    (re.compile(r"^The file is not valid"), "top-level"),
    (re.compile(r"is not a valid name$"), "file-name"),
    (re.compile(r"\(([a-z-]+)\)$"), None),
]


def rule_of(text):
    for pattern, rule in RULES:
        found = pattern.search(text)
        if found:
            return rule or found.group(1)
    return "?"


class Recording(package.Taxonomy):
    """A taxonomy file that keeps its findings instead of printing them."""

    def keep(self, severity, message, args, line, col, yaml_path):
        text = message % args if args else message
        self.__dict__.setdefault("findings", []).append(
            {"severity": severity, "rule": rule_of(text), "yaml_path": yaml_path, "line": int(line), "column": int(col), "text": text}
        )
        return self

    def error(self, message, *args, line=1, col=1, yaml_path=""):
        return self.keep("error", message, args, line, col, yaml_path)

    def warning(self, message, *args, line=1, col=1, yaml_path=""):
        return self.keep("warning", message, args, line, col, yaml_path)


class Parser(package.TaxonomyParser):
    """The package's parser, with yamllint's findings read from one run over all files: starting it for each takes minutes."""

    lint = {}

    def _yamllint(self, text, taxonomy):
        for line, col, severity, message in self.lint.get(text, []):
            report = taxonomy.error if self.yamllint_strict or severity == "error" else taxonomy.warning
            report("%s", message, line=line, col=col)


def lint_all(texts):
    """Runs the yamllint program once, as the package configures it."""
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, text in enumerate(texts):
            path = pathlib.Path(folder, f"{number}.yaml")
            path.write_bytes(text.encode())
            names[str(path)] = text
        program = pathlib.Path(sys.executable).with_name("yamllint")
        command = [str(program), "-f", "parsable", "-d", package.DEFAULT_YAMLLINT_CONFIG, *names]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.stderr:
            raise SystemExit(done.stderr)
        found = {text: [] for text in texts}
        for line in done.stdout.splitlines():
            match = re.match(r"(.*?):(\d+):(\d+): \[(\w+)\] (.*)", line)
            found[names[match.group(1)]].append((match.group(2), match.group(3), match.group(4), match.group(5)))
        return found


def readable(path):
    try:
        text = path.read_text(encoding="utf-8")
        yaml.safe_load(text)
        return text
    except Exception:
        return None


def judge(path, profile):
    strict = {"schema_version": 0, "yamllint_strict": True} if profile == "ilab" else {}
    parser = Parser(message_format="standard", **strict)
    parser.yq_available = False
    try:
        taxonomy = parser.parse(path)
    except package.TaxonomyReadingException as error:
        return {"broken": True, "version": 0, "findings": [], "why": repr(error.__cause__)[:300]}
    return {"broken": False, "version": int(taxonomy.version), "findings": getattr(taxonomy, "findings", [])}


def main():
    folder = pathlib.Path(sys.argv[1])
    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    package.Taxonomy = Recording
    texts = {readable(folder / case["file"]) for case in cases} - {None}
    Parser.lint = lint_all(sorted(texts))
    json.dump([judge(folder / case["file"], case["profile"]) for case in cases], sys.stdout)


main()
