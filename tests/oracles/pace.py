"""Measures what the real instructlab-schema package needs for the seed files of a taxonomy, for benches/check.rs.

    python pace.py FOLDER

Prints CPU seconds a file, with those of the yamllint program that the package starts. The first file is judged once before, so that
imports and schemas do not count.
"""

import os
import pathlib
import resource
import sys

from instructlab.schema.taxonomy import TaxonomyParser

# The package looks for the program on the path, and passes over style in silence where it is not.
os.environ["PATH"] = str(pathlib.Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")


def cpu():
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("**/qna.yaml"))
    parser = TaxonomyParser(schema_version=0, yamllint_strict=True, message_format="standard")
    parser.yq_available = False
    parser.parse(files[0])
    before = cpu()
    for file in files:
        taxonomy = parser.parse(file)
        if taxonomy.errors or taxonomy.warnings:
            raise SystemExit(f"{file} has findings")
    print((cpu() - before) / len(files))


main()
