"""Runs pipelines with the real instructlab-sdg package, for tests/flows_parity.rs.

    python instructlab_sdg.py FOLDER URL

FOLDER holds `cases.json`, a list of {"flow", "rows"} where `flow` is a pipeline's file relative to FOLDER. URL is an
OpenAI-compatible server; what the package would send as a raw completion goes there as one message of the user, unless the
case says `own_client`: then OpenAI's client sends what the package sends, prompts in lists or `one by one`. Prints a list
with, for each case, {"columns", "rows"} or {"error", "why"}.
"""

import importlib.machinery
import importlib.util
import json
import logging
import os
import pathlib
import sys
import types
import urllib.request

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1", TQDM_DISABLE="1")

from cases import answer
from stand_ins import stand_in_for


def without_the_heavy_parts():
    """The package's own front imports Torch and Docling; its pipelines need neither, so they are entered from behind."""
    sys.path = [place for place in sys.path if pathlib.Path(place or ".").resolve() != pathlib.Path(__file__).parent.resolve()]
    above = importlib.machinery.PathFinder.find_spec("instructlab")
    for name, folder in (("instructlab", list(above.submodule_search_locations)), ("instructlab.sdg", None)):
        module = types.ModuleType(name)
        module.__path__ = folder or [str(pathlib.Path(place, "sdg")) for place in above.submodule_search_locations]
        sys.modules[name] = module


HEAVY = ("docling", "docling_core", "docling_parse", "git", "gguf", "tabulate", "torch", "transformers", "xdg_base_dirs")
# Where all of it is installed, the package is entered by its own front.
if not all(importlib.util.find_spec(name) for name in HEAVY):
    stand_in_for(*HEAVY)
    without_the_heavy_parts()

import openai
from datasets import Dataset, disable_progress_bars
from instructlab.sdg.blocks import filterblock, iterblock, llmblock, utilblocks  # noqa: F401 (they register themselves)
from instructlab.sdg.pipeline import Pipeline, PipelineContext

disable_progress_bars()
logging.disable(logging.CRITICAL)


class Client:
    """What the package asks of OpenAI's client, over one chat endpoint."""

    server_supports_batched = True

    def __init__(self, url):
        self.url = url
        self.completions = types.SimpleNamespace(create=self.complete)
        self.chat = types.SimpleNamespace(completions=types.SimpleNamespace(create=self.converse))

    def ask(self, messages, n):
        body = json.dumps({"model": "test-model", "messages": messages, "n": n}).encode()
        request = urllib.request.Request(self.url + "/chat/completions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return [choice["message"]["content"] for choice in json.load(answer)["choices"]]

    def complete(self, prompt, n=1, **_):
        texts = [text for one in prompt for text in self.ask([{"role": "user", "content": one}], n)]
        return types.SimpleNamespace(choices=[types.SimpleNamespace(text=text) for text in texts])

    def converse(self, messages, n=1, **_):
        choices = [types.SimpleNamespace(message=types.SimpleNamespace(content=text)) for text in self.ask(messages, n)]
        return types.SimpleNamespace(choices=choices)


def client_of(case, url):
    if "own_client" not in case:
        return Client(url)
    client = openai.OpenAI(base_url=url, api_key="none")
    if case["own_client"] == "one by one":
        # What the package finds out of servers that refuse lists of prompts, as llama.cpp's and all hosted ones.
        client.server_supports_batched = False
    return client


def generate(folder, case, url):
    context = PipelineContext(
        client=client_of(case, url),
        model_id="test-model",
        # The package's own client wraps prompts as the blocks say; one message of the user has no wrapping.
        model_family=None if "own_client" in case else "blank",
        num_instructions_to_generate=30,
        dataset_num_procs=1,
        batch_size=0,
    )
    table = Pipeline.from_file(context, str((folder / case["flow"]).resolve())).generate(Dataset.from_list(case["rows"]))
    return {"columns": table.column_names, "rows": table.to_list()}


answer(generate)
