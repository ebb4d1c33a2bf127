"""Objects for the mappings in `examples/mappings` and for the presets: mostly good records, and a few of each trouble.

Everything is drawn from a fixed seed, and each object says what must become of it.
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

from examples.mapping_sample import FIRST, TENANTS, MappedSample, as_csv, as_lines, gzipped, rfc3339
from examples.sample_data import FIRST_MS, SEED


def mapped_samples() -> list[MappedSample]:
    """An object for each mapping."""
    examples = (_kong, _cloudtrail, _s3_access_logs, _litellm, _openai_usage, _opencost, _cloudfront)
    makers = (*examples, _cloudevents, _focus)
    return [maker(random.Random(SEED + number)) for number, maker in enumerate(makers)]


def _kong(draw: random.Random) -> MappedSample:
    """A batch of 200 requests as one array, as the plugin posts them: 5 health checks, 4 failures, 3 by nobody."""

    def call(number: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "started_at": FIRST_MS + 250 * number,
            "client_ip": f"192.0.2.{draw.randrange(256)}",
            "request": {
                "id": f"{draw.getrandbits(64):016x}",
                "method": draw.choice(["GET", "POST"]),
                "uri": "/v1/orders",
            },
            "response": {"status": draw.choice([200, 201, 304, 404]), "size": draw.randrange(200, 90_000)},
            "consumer": {"username": "web", "custom_id": draw.choice(TENANTS)},
            "service": {"name": "orders"},
            "route": {"name": "orders-v1"},
        }
        if number % 40 == 7:
            made["request"]["uri"] = "/health"
        elif number % 50 == 8:
            made["response"]["status"] = 502
        elif number % 80 == 9:
            del made["consumer"]
        return made

    calls = [call(number) for number in range(200)]
    return MappedSample(
        mapping="kong",
        key="kong/2026/11/20/13/batch-0001",
        body=json.dumps(calls).encode(),
        events=2 * (200 - 5 - 4 - 3),
        filtered={"health checks": 5, "failures of ours": 4},
        refused=("MISSING_FIELD",) * 3,
    )


def _cloudtrail(draw: random.Random) -> MappedSample:
    """Three log files, a line each: 60 calls of which 10 failed; calls by AWS; a call that no account is known for."""

    def call(number: int, **changes: Any) -> dict[str, Any]:
        return {
            "eventVersion": "1.11",
            "eventTime": rfc3339(number),
            "eventSource": draw.choice(["s3.amazonaws.com", "ec2.amazonaws.com"]),
            "eventName": draw.choice(["GetObject", "DescribeInstances"]),
            "awsRegion": "eu-west-1",
            "eventID": f"{draw.getrandbits(128):032x}",
            "readOnly": True,
            "recipientAccountId": "111122223333",
            "userIdentity": {"type": "IAMUser", "userName": draw.choice(["mary", "mateo"])},
            **changes,
        }

    failed = {"errorCode": "AccessDenied"}
    files = (
        [call(number, **(failed if number % 6 == 5 else {})) for number in range(60)],
        [call(number, userIdentity={"type": "AWSService"}) for number in range(3)],
        [call(0), call(1, recipientAccountId=None)],
    )
    return MappedSample(
        mapping="cloudtrail",
        key="AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20/calls.json.gz",
        body=gzipped(as_lines({"Records": calls} for calls in files)),
        events=50,
        filtered={"calls by AWS itself": 1},
        refused=("MISSING_FIELD",),
    )


def _s3_access_logs(draw: random.Random) -> MappedSample:
    """The result of an Athena query, every cell quoted: 90 requests with bytes, 10 without, and the rest no usage."""

    def request(number: int) -> dict[str, str]:
        return {
            "bucket_name": "acme-data",
            "requestdatetime": f"{FIRST + timedelta(seconds=number):%d/%b/%Y:%H:%M:%S} +0000",
            "requestid": f"{draw.getrandbits(64):016X}",
            "operation": "S3.EXPIRE.OBJECT"
            if number % 20 == 3
            else draw.choice(["REST.GET.OBJECT", "REST.PUT.OBJECT"]),
            "key": "index.html" if number % 60 == 5 else f"tenants/{draw.choice(TENANTS)}/{number}.bin",
            "httpstatus": "403" if number % 30 == 4 else "200",
            "bytessent": "-" if number % 12 == 6 else str(draw.randrange(10**6)),
            "tlsversion": "TLSv1.3",
        }

    rows = [request(number) for number in range(120)]
    return MappedSample(
        mapping="s3-access-logs",
        key="athena/results/5b1f.csv",
        body=as_csv(rows, quote_all=True),
        events=2 * (120 - 6 - 4 - 2) - 10,
        filtered={"not by a client": 6, "refused or failed": 4},
        refused=("MISSING_FIELD",) * 2,
    )


def _litellm(draw: random.Random) -> MappedSample:
    """80 requests: 8 failed, 1 with tokens as words, and 9 embeddings by a model without a price."""

    def request(number: int) -> dict[str, Any]:
        embedding = number % 9 == 2
        return {
            "id": f"chatcmpl-{draw.getrandbits(48):012x}",
            "call_type": "aembedding" if embedding else "acompletion",
            "status": "failure" if number % 10 == 1 else "success",
            "startTime": FIRST_MS / 1000 + number,
            "model": "text-embedding-3-small" if embedding else "gpt-4o",
            "custom_llm_provider": "openai",
            "prompt_tokens": "many" if number == 79 else draw.randrange(1, 9_000),
            "completion_tokens": 0 if embedding else draw.randrange(1, 800),
            "response_cost": None if embedding else round(draw.uniform(0.0001, 0.05), 6),
            "request_tags": [],
            "metadata": {"user_api_key_team_id": draw.choice(TENANTS)},
        }

    requests = [request(number) for number in range(80)]
    embeddings = sum(1 for each in requests if each["call_type"] == "aembedding" and each["status"] == "success")
    return MappedSample(
        mapping="litellm",
        key="litellm/2026-11-20/requests.ndjson",
        body=as_lines(requests),
        events=3 * (80 - 8 - 1) - 2 * embeddings,
        filtered={"failed requests": 8},
        refused=("WRONG_TYPE",),
    )


def _openai_usage(draw: random.Random) -> MappedSample:
    """A pretty-printed page: a day with four groups, one of them with cached tokens, and a day without usage."""
    groups = [
        {
            "object": "organization.usage.completions.result",
            "input_tokens": draw.randrange(1_000, 90_000),
            "input_cached_tokens": 640 if number == 2 else 0,
            "output_tokens": draw.randrange(1_000),
            "num_model_requests": draw.randrange(1, 90),
            "project_id": f"proj_{tenant}",
            "model": "gpt-4o-2024-08-06",
            "batch": None,
        }
        for number, tenant in enumerate(TENANTS)
    ]
    day = FIRST_MS // 1000
    buckets = [
        {"object": "bucket", "start_time": day, "end_time": day + 86_400, "results": groups},
        {"object": "bucket", "start_time": day + 86_400, "end_time": day + 172_800, "results": []},
    ]
    page = {"object": "page", "data": buckets, "has_more": False, "next_page": None}
    return MappedSample(
        mapping="openai-usage",
        key="openai/usage/2026-11-20.json",
        body=json.dumps(page, indent=2).encode(),
        events=3 * len(TENANTS) + 1,
    )


def _opencost(draw: random.Random) -> MappedSample:
    """A day's 50 containers: 5 of the cluster's own, 6 with a GPU, 1 with an average that is no number."""

    def container(number: int) -> dict[str, Any]:
        tenant = draw.choice(TENANTS)
        return {
            "Date": f"{FIRST:%Y-%m-%d}",
            "Namespace": "kube-system" if number % 10 == 0 else f"team-{tenant}",
            "ControllerKind": "Deployment",
            "ControllerName": f"app-{number}",
            "Pod": f"app-{number}-6c9f",
            "Container": "main",
            "CPUCoreUsageAverage": "n/a" if number == 21 else round(draw.uniform(0, 4), 4),
            "CPUCoreRequestAverage": 0.5,
            "RAMBytesUsageAverage": draw.randrange(2**33),
            "RAMBytesRequestAverage": 2**30,
            "GPUs": 1 if number % 8 == 3 else 0,
            "TotalCost": round(draw.uniform(0, 9), 6),
            "Labels": json.dumps({"customer": tenant}),
            "Label_customer": tenant,
        }

    return MappedSample(
        mapping="opencost",
        key="opencost/2026-11-20.csv.gz",
        body=gzipped(as_csv([container(number) for number in range(50)])),
        events=3 * (50 - 5 - 1) + 6,
        filtered={"the cluster's own": 5},
        refused=("WRONG_TYPE",),
    )


def _cloudfront(draw: random.Random) -> MappedSample:
    """100 requests: 4 errors of the edge, 2 by the distribution's own name, and a log line that broke off."""

    def request(number: int) -> dict[str, str]:
        own = number % 50 == 11
        return {
            "date": f"{FIRST:%Y-%m-%d}",
            "time": f"{FIRST + timedelta(seconds=number):%H:%M:%S}",
            "x-edge-location": draw.choice(["FRA56-P1", "DUB2-C1"]),
            "sc-bytes": str(draw.randrange(10**7)),
            "cs-method": "GET",
            "cs(Host)": "d111111abcdef8.cloudfront.net",
            "sc-status": "200",
            "x-edge-result-type": "Error" if number % 25 == 6 else draw.choice(["Hit", "Miss"]),
            "x-edge-request-id": f"{draw.getrandbits(64):016x}==",
            "x-host-header": "d111111abcdef8.cloudfront.net" if own else f"{draw.choice(TENANTS)}.cdn.example.com",
            "sc-content-type": "-",
        }

    return MappedSample(
        mapping="cloudfront",
        key="logs/DistributionId=E1EXAMPLE/year=2026/month=11/day=20/hour=00/E1EXAMPLE.2026-11-20-00.1a2b.gz",
        body=gzipped(as_lines(request(number) for number in range(100)) + b'{"date": "2026-11-'),
        events=2 * (100 - 4 - 2),
        filtered={"failed at the edge": 4},
        refused=("MISSING_FIELD", "MISSING_FIELD", "INVALID_JSON"),
    )


def _cloudevents(draw: random.Random) -> MappedSample:
    """40 events of one number, 10 of two, one that only counts, and one that is late by an impossible day."""

    def event(number: int, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": str(number),
            "source": "gateway",
            "type": "llm",
            "subject": draw.choice(TENANTS),
            "time": rfc3339(number),
            "data": {**data, "model": "small"},
        }

    events = [event(number, {"tokens": draw.randrange(1, 900)}) for number in range(40)]
    events += [event(number, {"tokens": {"in": 10, "out": 2}}) for number in range(40, 50)]
    events += [event(50, {}), event(51, {"tokens": 1}) | {"time": "2026-11-31T00:00:00Z"}]
    return MappedSample(
        mapping="cloudevents",
        key="events/2026-11-20.json",
        body=json.dumps(events).encode(),
        events=40 + 2 * 10,
        refused=("MISSING_FIELD", "BAD_TIME"),
    )


def _focus(draw: random.Random) -> MappedSample:
    """60 rows with the quirks of real exports: NULL and empty cells, times without a zone, negative quantities."""

    def row(number: int) -> dict[str, Any]:
        usage = number % 12 != 4
        tags = json.dumps({"customer": draw.choice(TENANTS), " org": "x", "spot": True}) if number % 3 else "NULL"
        return {
            "BilledCost": "free" if number == 30 else round(draw.uniform(-1, 9), 10),
            "BillingAccountId": "1234567890123",
            "BillingCurrency": "USD",
            "ChargeCategory": "Usage" if usage else draw.choice(["Credit", "Purchase", "Tax"]),
            "ChargePeriodStart": f"{FIRST + timedelta(hours=number % 24):%Y-%m-%d %H:%M:%S}",
            "CommitmentDiscountStatus": draw.choice(["NULL", "", "Used"]),
            "ConsumedQuantity": round(draw.uniform(-1, 9), 6) if usage else "NULL",
            "ConsumedUnit": "GB" if usage else "NULL",
            "ProviderName": "AWS",
            "ServiceName": draw.choice(["Amazon Simple Queue Service", "Elastic Load Balancing"]),
            "SubAccountId": draw.choice(["51738928782", "NULL"]),
            "Tags": tags,
        }

    return MappedSample(
        mapping="focus",
        key="focus/data/BILLING_PERIOD=2026-11/export-00001.csv.gz",
        body=gzipped(as_csv([row(number) for number in range(60)])),
        events=2 * (60 - 5 - 1),
        filtered={"not usage": 5},
        refused=("WRONG_TYPE",),
    )
