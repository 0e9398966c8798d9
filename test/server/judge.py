"""The published OpenPAYGO library, asked over standard input: one JSON object a line in, one out."""

import json
import sys

from openpaygo import MetricsRequestHandler, MetricsResponseHandler
from openpaygo.metrics_shared import OpenPAYGOMetricsShared as Shared


def request(serial, key, auth, format, condensed, data=None, rows=None, time=None, count=None):
    """The body of a request that the library makes."""
    handler = MetricsRequestHandler(serial, format, key, auth)
    if time is not None:
        handler.set_timestamp(time)
    if count is not None:
        handler.set_request_count(count)
    if data:
        handler.set_data(data)
    if rows:
        handler.set_historical_data(rows)
    return handler.get_condensed_request_payload() if condensed else handler.get_simple_request_payload()


def judge(body, key, format=None, last_count=None, last_time=None):
    """Whether the library accepts a request, and what it reads in it."""
    handler = MetricsResponseHandler(body, format, key, last_count, last_time)
    return {"valid": handler.is_auth_valid(), "metrics": handler.get_simple_metrics()}


def answer(body, key, serial, time=None, count=None):
    """Whether the auth of an answer is the one that the library would give it."""
    simple = Shared.convert_dict_keys_to_simple(json.loads(body))
    return simple["auth"] == Shared.generate_response_signature_from_data(simple, key, serial, time, count)


ASKED = {"request": request, "judge": judge, "answer": answer}

for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(ASKED[asked.pop("ask")](**asked)))
