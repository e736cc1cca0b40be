"""Runs the emulator of AWS. Its CloudFormation refuses an alarm of metric math: here it makes one of the first metric.

Usage: emulator.py, with ministack's environment variables.
"""

from typing import Any

from ministack.app import main
from ministack.services.cloudformation import provisioners

record = provisioners._cw_metric_alarm_record


def of_first_metric(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    metrics = properties.get("Metrics")
    if not metrics:
        return record(name, properties)
    of = next(it["MetricStat"] for it in metrics if "MetricStat" in it)
    plain = {**of["Metric"], "Period": of["Period"], "Statistic": of["Stat"]}
    return record(name, {**properties, **plain, "Metrics": None})


provisioners._cw_metric_alarm_record = of_first_metric
main()
