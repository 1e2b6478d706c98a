"""Reads batch files with the readers of the packages they are for: OpenAI's request and answer types through pydantic, and
Arrow's JSON reader, on which Ray Data rests."""

import json
import re
import sys

import pyarrow.json
from openai.types.chat import ChatCompletion
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.completion_create_params import CompletionCreateParamsNonStreaming as RawParams
from pydantic import TypeAdapter

CHAT, RAW = TypeAdapter(CompletionCreateParamsNonStreaming), TypeAdapter(RawParams)
requests = answers = rows = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        lines = file.read().strip().split("\n")
    if path.endswith(".results.jsonl"):
        for line in lines[:-1]:
            body = ((json.loads(line) if line.strip() else {}).get("response") or {}).get("body") or {}
            if "choices" in body:
                # The one that is not ours names no model.
                ChatCompletion.model_validate(body, strict=False)
                answers += 1
        continue
    seen, models, urls = set(), set(), set()
    for line in lines:
        request = json.loads(line)
        assert set(request) == {"custom_id", "method", "url", "body"}, request.keys()
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", request["custom_id"]) and request["method"] == "POST"
        assert request["custom_id"] not in seen
        seen.add(request["custom_id"])
        models.add(request["body"]["model"])
        urls.add(request["url"])
        adapter = RAW if request["url"] == "/v1/completions" else CHAT
        # Lists come back as iterators that check their items when they are read.
        for message in adapter.validate_python(request["body"]).get("messages", []):
            assert message["content"]
        requests += 1
    assert len(models) == len(urls) == 1, (models, urls)
    table = pyarrow.json.read_json(path.removesuffix(".jsonl") + ".ray.jsonl")
    assert table.num_rows == len(lines)
    assert {"custom_id", "messages", "sampling_params", "payload"} <= set(table.column_names)
    assert set(table.column("custom_id").to_pylist()) == seen
    rows += table.num_rows
print(f"{requests} requests, {answers} answers and {rows} rows were read")
