#!/usr/bin/env bash
# Runs the built command line on every file of the NIfTI conformance corpus, one process each: exit code, time, memory.
# Usage: eng/conformance.sh [POLYCL]   (default: the Release build; the corpus by POLYCL_SHARED, ../shared, else the golden files)
# Valid files must end in 0, malformed ones in 2 (or 0 where the manifest allows reading them), each within 2 s and 200 MB of memory.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
polycl=${1:-$here/src/PolyCL.Cli/bin/Release/net10.0/polycl}
corpus=${POLYCL_SHARED:-$here/../shared}/fixtures/nifti
[ -d "$corpus" ] || corpus=$here/tests/PolyCL.Tests/golden/nifti
[ -x "$polycl" ] || { echo "$polycl is missing; build it first: dotnet build src/PolyCL.Cli -c Release" >&2; exit 2; }
seconds_limit=${SECONDS_LIMIT:-2}
kilobytes_limit=${KILOBYTES_LIMIT:-204800}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines "POLICY FILE": valid, or the policy of a malformed file.
policies() {
    awk -F'"' '/^ *"file": /  { if (file != "") print policy, file; file = $4; policy = "valid" }
               /^ *"policy": / { policy = $4 }
               END { print policy, file }' "$corpus/manifest.json"
}

# Runs inspect on $1; sets code, seconds and kilobytes (0 when this system cannot tell).
measure() {
    if /usr/bin/time -f '%e %M' -o "$work/time" true 2>/dev/null; then
        timeout 20 /usr/bin/time -q -f '%e %M' -o "$work/time" "$polycl" inspect "$1" --json >"$work/out" 2>"$work/err"
        code=$?
        read -r seconds kilobytes <"$work/time"
    elif [ "$(uname)" = Darwin ]; then
        timeout 20 /usr/bin/time -l "$polycl" inspect "$1" --json >"$work/out" 2>"$work/err"
        code=$?
        seconds=$(awk '$2 == "real" { print $1 }' "$work/err")
        kilobytes=$(awk '/maximum resident set size/ { print int($1 / 1024) }' "$work/err")
    else # no /usr/bin/time: whole seconds, no memory
        local start=$SECONDS
        timeout 20 "$polycl" inspect "$1" --json >"$work/out" 2>"$work/err"
        code=$?
        seconds=$((SECONDS - start))
        kilobytes=0
    fi
}

passed=0
failed=0
slowest=0
largest=0
while read -r policy file; do
    measure "$corpus/$file"
    case "$policy:$code" in
        valid:0 | error:2 | error-or-*:0 | error-or-*:2 | read-bounded:0 | read-bounded:2) verdict= ;;
        *) verdict="exit code $code" ;;
    esac
    if [ "$code" -eq 2 ] && ! grep -q '^{"error":{"code":"' "$work/err"; then verdict="$verdict no JSON error"; fi
    if awk "BEGIN { exit !(${seconds:-0} > $seconds_limit) }"; then verdict="$verdict ${seconds} s"; fi
    if [ "${kilobytes:-0}" -gt "$kilobytes_limit" ]; then verdict="$verdict ${kilobytes} kB"; fi
    if [ -z "$verdict" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$file ($policy): $verdict" >&2
    fi
    slowest=$(awk "BEGIN { print (${seconds:-0} > $slowest) ? ${seconds:-0} : $slowest }")
    [ "${kilobytes:-0}" -le "$largest" ] || largest=$kilobytes
done < <(policies)

echo "conformance: $passed passed, $failed failed; slowest $slowest s, largest $largest kB"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
