"""Runs flows with the real sdg-hub package, for tests/flows_parity.rs.

    python sdg_hub.py FOLDER URL

FOLDER holds `cases.json`, a list of {"flow", "rows"} where `flow` is a file relative to FOLDER. URL is an OpenAI-compatible
server. Prints a list with, for each case, {"columns", "rows"} or {"error", "why"}. Missing values are written as null.
"""

import logging
import math
import os
import pathlib
import sys

os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
os.environ["TQDM_DISABLE"] = "1"

from cases import answer
from stand_ins import stand_in_for

# They weigh 200 MB.
stand_in_for("datasets", "mcp", "mlflow")

import litellm
import pandas as pd

litellm.telemetry = False
litellm.suppress_debug_info = True

# This file is named like the package: without its own folder on the path, the package is found.
sys.path = [place for place in sys.path if pathlib.Path(place or ".").resolve() != pathlib.Path(__file__).parent.resolve()]
from sdg_hub import Flow
from sdg_hub.core.flow import execution

logging.disable(logging.CRITICAL)
execution.display_metrics_summary = lambda *args, **keys: None


def plain(value):
    """A value as JSON has it."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        return None
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items() if key != "provider_specific_fields"}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return plain(value.item())
    if isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def generate(folder, case, url):
    flow = Flow.from_yaml(str(folder / case["flow"]))
    if flow.is_model_config_required():
        flow.set_model_config(model="openai/test-model", api_base=url, api_key="none", num_retries=0)
    table = flow.generate(pd.DataFrame(case["rows"]), max_concurrency=8)
    rows = [plain(row) for row in table.to_dict("records")]
    return {"columns": list(dict.fromkeys(str(name) for name in table.columns)), "rows": rows}


answer(generate)
