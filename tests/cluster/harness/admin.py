# SPDX-License-Identifier: Apache-2.0
"""The broker's HTTP side: readiness, status, metrics."""

import http.client
import json


def get(port, path, seconds=2.0, host="127.0.0.1"):
    """(status, body as text); OSError while nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"GET {path} on {port}: {error!r}") from error
    finally:
        connection.close()


def get_json(port, path):
    return json.loads(get(port, path)[1])


def sample(text, name, **labels):
    """The sum of the samples of one metric whose labels include these; None when there is none."""
    found = None
    for line in text.splitlines():
        if line.startswith("#") or not line.startswith(name):
            continue
        rest = line[len(name):]
        if rest[:1] not in ("{", " "):
            continue
        if all(f'{key}="{value}"' in rest for key, value in labels.items()):
            found = (found or 0.0) + float(line.rsplit(" ", 1)[1])
    return found
