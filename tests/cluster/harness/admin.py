# SPDX-License-Identifier: Apache-2.0
"""The broker's HTTP side: readiness, status, metrics, and what operators ask for."""

import http.client
import json


def get(port, path, seconds=2.0, host="127.0.0.1", method="GET", headers=None):
    """(status, body as text); OSError while nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"{method} {path} on {port}: {error!r}") from error
    finally:
        connection.close()


def command(port, path, method="POST", headers=None):
    """An operator's command: (status, the sentence that answers it)."""
    status, body = get(port, path, 15.0, method=method, headers=headers)
    told = json.loads(body)
    return status, told.get("result") or told.get("error")


def decommission(port, node, undo=False):
    return command(port, f"/admin/brokers/{node}/decommission", "DELETE" if undo else "POST")


def admit(port, node, address):
    return command(port, f"/admin/brokers/{node}?address={address}")


def brokers(port):
    """{node: its row of GET /admin/status}."""
    return {row["node"]: row for row in get_json(port, "/admin/status")["brokers"]}


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
