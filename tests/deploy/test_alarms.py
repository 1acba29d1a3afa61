"""Whatever can go wrong is noticed, shown, and has its line of advice."""

import json
import re
from typing import Any

import pytest

import app  # noqa: F401 - knows every health check
from chalicelib import health, telemetry
from deploy.artefacts import ROOT
from tests.deploy.given import FUNCTIONS, PLAIN, resolved

OPERATING = ROOT / "docs" / "operating.md"


@pytest.fixture
def alarms(translated: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alarms' properties by their names."""
    found = resolved(translated, PLAIN)
    return {
        name: value["Properties"]
        for name, value in found.items()
        if value["Type"] == "AWS::CloudWatch::Alarm"
    }


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def _table(heading: str) -> list[str]:
    """The first column of the first table below a heading of docs/operating.md."""
    text = OPERATING.read_text().partition(f"\n{heading}\n")[2]
    table = re.split(r"\n\n(?=[^|])", text[text.index("\n|") :])[0]
    rows = [line.split("|")[1].strip().strip("`") for line in table.splitlines() if line.startswith("|")]
    return rows[2:]


def test_every_health_check_has_an_alarm_on_its_metric(
    alarms: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str], database: object, stand_in: object
) -> None:
    health.probe()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    written = {line["check"]: line for line in lines}
    watched = {
        _dimensions(alarm)["check"]: alarm
        for name, alarm in alarms.items()
        if alarm["Namespace"] == telemetry.NAMESPACE and name != "ProbeSilent"
    }
    assert watched.keys() == health.CHECKS.keys() == written.keys()
    for check, alarm in watched.items():
        (metric,) = written[check]["_aws"]["CloudWatchMetrics"]
        assert alarm["Namespace"] == metric["Namespace"]
        assert alarm["MetricName"] == metric["Metrics"][0]["Name"]
        assert sorted(_dimensions(alarm)) == metric["Dimensions"][0]
        assert _dimensions(alarm)["stage"] == "dev"
        # 1 is well: the least of a period below 1 is unwell.
        assert (alarm["Statistic"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
            "Minimum",
            1,
            "LessThanThreshold",
        )


def test_a_probe_that_says_nothing_is_an_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    silent = alarms["ProbeSilent"]
    assert (silent["Statistic"], silent["TreatMissingData"]) == ("SampleCount", "breaching")
    assert silent["Period"] == 3 * 5 * 60
    others = {name: value["TreatMissingData"] for name, value in alarms.items() if name != "ProbeSilent"}
    assert set(others.values()) == {"ignore", "notBreaching"}


@pytest.mark.parametrize("kind", ["Errors", "Throttles"])
def test_every_function_is_watched(alarms: dict[str, dict[str, Any]], kind: str) -> None:
    watched = {
        _dimensions(alarm)["FunctionName"]: alarm for alarm in alarms.values() if alarm["MetricName"] == kind
    }
    assert watched.keys() == {f"{name}.Ref" for name in FUNCTIONS}
    for alarm in watched.values():
        assert (alarm["Namespace"], alarm["Statistic"]) == ("AWS/Lambda", "Sum")
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_queues_and_answers_are_watched(alarms: dict[str, dict[str, Any]]) -> None:
    told = {
        name: (alarms[name]["MetricName"], alarms[name].get("Statistic"), alarms[name]["Threshold"])
        for name in ("DeadLettersWaiting", "QueueAge", "Api5xxShare", "ApiLatency")
    }
    assert told == {
        "DeadLettersWaiting": ("ApproximateNumberOfMessagesVisible", "Maximum", 0),
        "QueueAge": ("ApproximateAgeOfOldestMessage", "Maximum", 3600),
        "Api5xxShare": ("5XXError", "Average", 0.02),
        "ApiLatency": ("Latency", None, 3000),
    }
    assert alarms["ApiLatency"]["ExtendedStatistic"] == "p99"
    assert _dimensions(alarms["DeadLettersWaiting"]) == {"QueueName": "DeadLetters.QueueName"}
    assert _dimensions(alarms["Api5xxShare"]) == {"ApiName": "open-event", "Stage": "api"}


def test_someone_is_told_of_each(translated: dict[str, Any], alarms: dict[str, dict[str, Any]]) -> None:
    found = resolved(translated, PLAIN)
    assert all(alarm["AlarmActions"] == ["Alarms.Ref"] for alarm in alarms.values())
    assert all(alarm["AlarmDescription"] for alarm in alarms.values())
    assert found["AlarmMail"]["Properties"]["Endpoint"] == PLAIN["AlarmEmail"]
    assert "AlarmMail" not in resolved(translated, {**PLAIN, "AlarmEmail": ""})


def test_every_alarm_has_its_line_of_advice_and_every_line_its_alarm(alarms: dict[str, Any]) -> None:
    assert sorted(_table("## Alarms")) == sorted(alarms)


def test_every_health_check_has_its_line_of_advice_and_every_line_its_check() -> None:
    assert sorted(_table("## Health")) == sorted(health.CHECKS)


def test_the_dashboard_shows_what_the_alarms_watch(
    translated: dict[str, Any], alarms: dict[str, Any]
) -> None:
    body = json.loads(resolved(translated, PLAIN)["Dashboard"]["Properties"]["DashboardBody"])
    (overview,) = (widget["properties"] for widget in body["widgets"] if widget["type"] == "alarm")
    assert sorted(overview["alarms"]) == sorted(f"{name}.Arn" for name in alarms)
    shown = {
        (metric[0], metric[1], *sorted(zip(metric[2::2], metric[3::2], strict=False)))
        for widget in body["widgets"]
        if widget["type"] == "metric"
        for metric in (
            [*metric[:-1]] if isinstance(metric[-1], dict) else metric
            for metric in widget["properties"]["metrics"]
        )
    }
    watched = {
        (alarm["Namespace"], alarm["MetricName"], *sorted(_dimensions(alarm).items()))
        for alarm in alarms.values()
    }
    assert watched <= shown
