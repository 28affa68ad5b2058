#!/usr/bin/env python3
"""Write the list of ECS fields in this folder anew: `ecs.py generated/ecs/ecs_flat.yml`, a file of the ECS repository.

Of each field of the sets that our lines use: its type, what it may hold, and which event types are expected with a category.
"""

import json
import sys
from pathlib import Path

import yaml

VERSION = "9.4.0"
SETS = ["@timestamp", "ecs", "event", "http", "related", "service", "source", "trace", "user", "user_agent"]


def kept(field):
    allowed = {value["name"]: value.get("expected_event_types", []) for value in field.get("allowed_values", [])}
    is_list = "array" in field.get("normalize", [])
    return {"type": field["type"], **({"list": True} if is_list else {}), **({"allowed": allowed} if allowed else {})}


fields = yaml.safe_load(Path(sys.argv[1]).read_text())
fields = {name: kept(field) for name, field in fields.items() if name.split(".")[0] in SETS}
lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(field)}" for name, field in sorted(fields.items()))
(Path(__file__).parent / f"ecs-{VERSION}.json").write_text("{\n" + lines + "\n}\n")
