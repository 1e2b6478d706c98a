"""Runs the cases of `cases.json` with a real package, whatever it prints, and prints what came of each."""

import contextlib
import io
import json
import pathlib
import sys

# Everything but the answer goes where it cannot be mistaken for it.
OUT = sys.stdout
sys.stdout = sys.stderr


def answer(generate):
    """Prints a list: what `generate` gave for each case, or {"error", "why"}. The program's arguments are FOLDER and URL."""
    folder, url = pathlib.Path(sys.argv[1]), sys.argv[2]
    answers = []
    for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                answers.append(generate(folder, case, url))
        except Exception as error:
            answers.append({"error": type(error).__name__, "why": str(error)[:600]})
    json.dump(answers, OUT)
