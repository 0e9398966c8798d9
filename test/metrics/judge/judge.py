"""
Lets the published server library (OpenPAYGO-python, found through PYTHONPATH) judge requests and answer them. A JSON object
a line comes in: key, body, data_format, tokens, until, settings, extra; one goes out: valid, metrics, answer.
"""

import datetime
import json
import sys

from openpaygo import MetricsResponseHandler

for line in sys.stdin:
    case = json.loads(line)
    handler = MetricsResponseHandler(case["body"], data_format=case["data_format"], secret_key=case["key"])
    valid = handler.is_auth_valid()
    if case["tokens"]:
        handler.add_tokens_to_answer(case["tokens"])
    if case["until"]:
        handler.add_time_to_answer(datetime.datetime.fromtimestamp(case["until"]))
    if case["settings"]:
        handler.add_settings_to_answer(case["settings"])
    if case["extra"]:
        handler.add_extra_data_to_answer(case["extra"])
    out = {"valid": valid, "metrics": handler.get_simple_metrics(), "answer": handler.get_answer_payload()}
    print(json.dumps(out), flush=True)
