"""Prints the stack's template as JSON, as `make deploy` reads it: its loops written out.

It has to mean what cfn-lint takes it for, which is the template that anybody else would see.

Usage: template.py TEMPLATE [PARAMETER=VALUE…], with values instead of defaults
"""

import json
import sys
from pathlib import Path

from cfnlint.decode import decode
from cfnlint.template import Template

path = Path(sys.argv[1])
sys.path.insert(0, str(path.parent / "stack"))
sys.dont_write_bytecode = True

import template

values = dict(argument.split("=", 1) for argument in sys.argv[2:])
decoded, faults = decode(str(path))
for name, value in values.items():
    decoded["Parameters"][name]["Default"] = value
theirs = Template(str(path), decoded, ["us-east-1"])
if faults := faults or theirs.transform():
    sys.exit("\n".join(str(fault) for fault in faults))

ours = template.without_transform(template.read(path), values)
for section in ("Resources", "Outputs"):
    expected = template.simplified(json.loads(json.dumps(theirs.template[section])), ours.get("Mappings", {}))
    if ours[section] != expected:
        sys.exit(f"{section} are not what cfn-lint reads: {json.dumps(ours[section])} but {json.dumps(expected)}")
json.dump(ours, sys.stdout)
