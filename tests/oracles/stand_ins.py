"""Stands in for heavy packages that a peer imports and these tests do not use, where they are not installed."""

import importlib.machinery
import importlib.util
import sys
import types


class Unused(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class UnusedFinder:
    def __init__(self, names):
        self.names = {name for name in names if importlib.util.find_spec(name) is None}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Unused(spec.name)

    def exec_module(self, module):
        pass


def stand_in_for(*names):
    sys.meta_path.append(UnusedFinder(names))
