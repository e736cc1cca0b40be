"""Prints the stack's template as JSON, its intrinsic functions in their long form.

Usage: template.py TEMPLATE
"""

import json
import sys

from cfnlint.decode import decode

template, faults = decode(sys.argv[1])
if faults:
    sys.exit("\n".join(str(fault) for fault in faults))
json.dump(template, sys.stdout)
