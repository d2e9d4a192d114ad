"""The sampling calls of the X-Ray daemon: rules, targets, and what was reported."""

import json
import threading
import time

from .recording import LocalServer, QuietHandler

SECONDS = 30


def rule(name, priority, rate=0.0, reservoir=0, **patterns):
    everything = {"Host": "*", "HTTPMethod": "*", "ServiceName": "*", "ServiceType": "*", "URLPath": "*"}
    return {
        "RuleName": name, "RuleARN": f"arn:aws:xray:us-east-1:1:sampling-rule/{name}", "ResourceARN": "*", "Priority": priority, "FixedRate": rate,
        "ReservoirSize": reservoir, "Version": 1, "Attributes": {}, **everything, **patterns,
    }


# Decided by priority, then by name. "ready" is only for finding out what has arrived: with the rules it samples, with the targets no longer. It is
# not reported, and comes after all that have a target, because Python's SDK takes them one by one.
RULES = [
    rule("Default", 10000, reservoir=1),
    rule("ready", 9000, rate=1.0, URLPath="/ready"),
    rule("orders", 50, rate=1.0, ServiceName="ord?rs"),
    rule("posts", 40, rate=1.0, HTTPMethod="POST", Host="*.example.com"),
    rule("quota", 30, reservoir=5, URLPath="/quota*"),
    rule("raised", 30, URLPath="/raised"),
    rule("borrow", 20, reservoir=5, URLPath="/Borrow/*"),
    {**rule("gold", 10, rate=1.0, URLPath="/gold"), "Attributes": {"tier": "gold"}},
    rule("b-never", 10, URLPath="/both"),
    rule("a-always", 10, rate=1.0, URLPath="/both"),
]
TARGETS = {"ready": {"FixedRate": 0.0}, "quota": {"ReservoirQuota": 2, "FixedRate": 0.0}, "raised": {"FixedRate": 1.0}}


class SamplingService(LocalServer):
    """Answers /GetSamplingRules and /SamplingTargets. /reports/N answers with the first N reports, as soon as there are so many."""

    def __init__(self):
        self.reports = []
        self.changed = threading.Condition()
        service = self

        class Handler(QuietHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
                if self.path == "/GetSamplingRules":
                    self.answer({"SamplingRuleRecords": [{"SamplingRule": rule, "CreatedAt": 0.0, "ModifiedAt": 0.0} for rule in RULES]})
                else:
                    self.answer(targets_for(body["SamplingStatisticsDocuments"]))
                    service.keep(body["SamplingStatisticsDocuments"])

            def do_GET(self):
                self.answer(service.wait(int(self.path.rpartition("/")[2])))

            def answer(self, document):
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.serve(Handler)

    def keep(self, documents):
        """What both languages must agree on: not the client's id, nor the second."""
        report = sorted(
            [document["RuleName"], document["RequestCount"], document["SampledCount"], document["BorrowCount"]]
            for document in documents
            if document["RuleName"] != "ready"
        )
        with self.changed:
            # The rules may have been waited for when a report was due: that one has nothing else.
            if report:
                self.reports.append(report)
                self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.reports) >= count, SECONDS)
            return self.reports[:count]


def targets_for(documents):
    expiry = int(time.time()) + 1000
    return {
        "SamplingTargetDocuments": [
            {
                "RuleName": document["RuleName"],
                "FixedRate": next(rule["FixedRate"] for rule in RULES if rule["RuleName"] == document["RuleName"]),
                "Interval": 10,
                **({"ReservoirQuotaTTL": expiry} if "ReservoirQuota" in TARGETS.get(document["RuleName"], {}) else {}),
                **TARGETS.get(document["RuleName"], {}),
            }
            for document in documents
        ],
        "LastRuleModification": 0.0,
        "UnprocessedStatistics": [],
    }
