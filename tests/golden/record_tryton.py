"""Records Tryton's answers for the golden tests: `python tests/golden/record_tryton.py URL API_KEY`.

URL with the database, as in the settings. Long lists are cut to a few telling records, and what the connector
makes of them is written beside: read the difference before you commit it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from countbridge.connectors.answers import decode_json
from countbridge.connectors.http import Answer, Request
from countbridge.connectors.registry import SYSTEMS, open_connector
from countbridge.connectors.systems.tryton.connector import TrytonConnector
from countbridge.connectors.systems.tryton.rest import TrytonRest

GOLDEN = SYSTEMS / "tryton" / "golden"
SCOPES = {"stock": {"location": "W2-Z3"}}
TELLING = {"1E5", "00123", "1.10", "W1", "W2", "W1-STO", "W2-STO", "W2-Z3", "W1-A", "u", "kg", "box", "planner"}
FEW = 4


class Recorder(TrytonRest):
    """Keeps what it read, cut to a few records, as raw text: numbers stay as Tryton wrote them."""

    def __init__(self, http: Any) -> None:
        super().__init__(http)
        self.kept: list[dict[str, Any]] = []

    def _read(self, request: Request) -> Answer:
        answer = super()._read(request)
        records = json.loads(answer.body, parse_float=lambda text: f"float {text}")
        telling = [record for record in records if TELLING & {record.get(name) for name in ("code", "symbol", "login")}]
        few = sorted([*telling, *[r for r in records if r not in telling][:FEW]], key=lambda record: record["id"])
        body = json.dumps(few, ensure_ascii=False)
        for text in {value for value in body.split('"') if value.startswith("float ")}:
            body = body.replace(f'"{text}"', text.removeprefix("float "))
        asked = {name: request.headers.get(name, "") for name in ("accept-language", "x-tryton-context")}
        path = request.path.partition("/rest/model/")[2]
        self.kept.append({"path": path, "d": request.params["d"], **asked, "body": body})
        decode_json(body.encode())
        return dataclasses.replace(answer, body=body.encode())


def main() -> int:
    """One file for each dataset."""
    url, key = sys.argv[1:3]
    for dataset in ("warehouses", "locations", "units", "users", "items", "stock", "count_approvals"):
        connector = open_connector("tryton", {"url": url, "api_key": key})
        assert isinstance(connector, TrytonConnector)
        connector.rest = recorder = Recorder(connector.http)
        scope = SCOPES.get(dataset, {})
        rows = [dict(row) for page in connector.read(dataset, scope, None) for row in page.rows]
        connector.close()
        data = {"dataset": dataset, "scope": scope, "answers": recorder.kept, "rows": rows}
        text = json.dumps(data, ensure_ascii=False, indent=1)
        (GOLDEN / f"{dataset}.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
