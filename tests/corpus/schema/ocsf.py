#!/usr/bin/env python3
"""Write the OCSF schemas in this folder anew: `pip install ocsf-json-schema==1.2.0`, then run this.

The schemas are OCSF's own, as that package makes JSON Schema of them. Of the objects that they refer to, only those stay that our
lines have; a line with another one does not validate, and then it belongs into OBJECTS.
"""

import json
from pathlib import Path

from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

VERSION = "1.8.0"
CLASSES = ["authentication", "account_change", "entity_management"]
OBJECTS = ["actor", "auth_factor", "autonomous_system", "location", "managed_entity", "metadata", "network_endpoint", "object", "os",
           "product", "service", "session", "user"]


def bare(value):
    """Without titles, which say nothing to a validator, and with what we never write refused."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("$ref", "").startswith("#/$defs/") and value["$ref"].removeprefix("#/$defs/") not in OBJECTS:
        return False
    return {key: bare(item) for key, item in value.items() if not (key == "title" and isinstance(item, str))}


schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
for name in CLASSES:
    full = schema.get_class_schema(name)
    full["$defs"] = {key: item for key, item in sorted(full["$defs"].items()) if key in OBJECTS}
    file = Path(__file__).parent / f"ocsf-{VERSION}-{name}.json"
    file.write_text(json.dumps(bare(full), indent=1, sort_keys=True) + "\n")
