#!/usr/bin/env bash
# Without arguments: a demonstration on this machine, from an S3 bucket to metering events and reason files.
# With arguments: meterbeam ingest ARGUMENTS.
# Makes .venv beside this file on the first call; needs Python 3.11 or newer and a package index.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$root/.ci/setup" demo

if [ $# -gt 0 ]; then
    exec "$root/.venv/bin/meterbeam" ingest "$@"
fi
exec "$root/.venv/bin/python" "$root/examples/demo.py"
