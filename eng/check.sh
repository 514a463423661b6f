#!/usr/bin/env bash
# Builds with locked packages, runs all tests, then the format checks. Exit code 0 only when everything holds.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

dotnet restore PolyCL.sln --locked-mode || { echo "0 passed, 1 failed"; exit 1; }
dotnet run -c Release --project tests/PolyCL.Tests -- --no-spinner --colours 0 | tee "$log"
tests=${PIPESTATUS[0]}
passed=$(sed -nE 's/.* ([0-9,]+) passed, .*/\1/p' "$log" | tail -1 | tr -d ,)
failed=$(sed -nE 's/.* ([0-9,]+) failed, ([0-9,]+) errored.*/\1 \2/p' "$log" | tail -1 | tr -d , | awk '{print $1 + $2}')
passed=${passed:-0}
failed=${failed:-0}
[ "$tests" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1

check() {
    if "$@"; then passed=$((passed + 1)); else echo "check failed: $*" >&2; failed=$((failed + 1)); fi
}
check dotnet build PolyCL.sln -c Release --no-restore -v quiet
check dotnet format PolyCL.sln --no-restore --verify-no-changes --exclude-diagnostics CA1848
check dotnet tool restore
check dotnet fantomas --check tests src/PolyCL.FSharp src/PolyCL.Kernel notebooks

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
