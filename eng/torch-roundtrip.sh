#!/usr/bin/env bash
# Brings a U-Net from PyTorch into this project and back: same probabilities, same bits.
# Usage: eng/torch-roundtrip.sh [FOLDER]   (default: a temporary folder; PYTHON names an interpreter with PyTorch 2.6, default python3)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
polycl=$here/src/PolyCL.Cli/bin/Release/net10.0/polycl
[ -x "$polycl" ] || { echo "$polycl is missing; build it first: dotnet build src/PolyCL.Cli -c Release" >&2; exit 2; }
work=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}

$python "$here/bench/reference/roundtrip.py" make "$work"
"$polycl" models import "$work/theirs.pth" --backbone unet --size 64 --out "$work/model.safetensors"
"$polycl" predict --model "$work/model.safetensors" --image "$work/slice.nii" --out "$work/mask.nii" --probabilities "$work/probabilities.nii" --threads 1 --quiet
"$polycl" models export "$work/model.safetensors" --out "$work/ours.pth"
$python "$here/bench/reference/roundtrip.py" check "$work"
