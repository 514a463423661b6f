#!/usr/bin/env bash
# Brings every network from PyTorch into this project and back: same outputs, same bits.
# Usage: eng/torch-roundtrip.sh [FOLDER]   (default: a temporary folder)
# PYTHON names an interpreter with PyTorch 2.6 (default python3), NETWORKS the rows "BACKBONE:PROFILE:SIZE" to run; TransUNet has
# the profile "small" besides. Where this machine's PyTorch convolves wrongly with oneDNN, the reference computes without it and says so.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
polycl=$here/src/PolyCL.Cli/bin/Release/net10.0/polycl
bench=$here/bench/PolyCL.Bench/bin/Release/net10.0/PolyCL.Bench
for program in "$polycl" "$bench"; do
    [ -x "$program" ] || { echo "$program is missing; build it first: dotnet build PolyCL.sln -c Release" >&2; exit 2; }
done
work=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
script=$here/bench/reference/roundtrip.py
rows=${NETWORKS:-unet:paper:64 unet-residual:paper:64 resunet:paper:64 pt-resunet:paper:64 transunet:small:64 transunet:quick:64 nnunet:quick:64}

failed=0
for row in $rows; do
    IFS=: read -r backbone profile size <<< "$row"
    $python "$script" make "$work" "$backbone" "$profile" "$size"
    "$bench" network-make "$backbone" "$profile" "$size" "$work/ours.safetensors"
    "$bench" network-make "$backbone" "$profile" "$size" "$work/ours-encoder.safetensors" encoder
    "$polycl" models import "$work/theirs.pth" --like "$work/ours.safetensors" --out "$work/theirs.safetensors" > "$work/log"
    "$polycl" models import "$work/theirs-encoder.pth" --like "$work/ours-encoder.safetensors" --encoder --out "$work/theirs-encoder.safetensors" >> "$work/log"
    "$polycl" predict --model "$work/theirs.safetensors" --image "$work/slice.nii" --out "$work/mask.nii" \
        --probabilities "$work/probabilities.nii" --threads 1 --quiet >> "$work/log"
    "$polycl" models export "$work/theirs.safetensors" --out "$work/back.pth" >> "$work/log"
    for model in ours ours-encoder; do
        "$polycl" models export "$work/$model.safetensors" --out "$work/$model.pth" >> "$work/log"
    done
    for model in theirs theirs-encoder ours ours-encoder; do
        "$bench" network-run "$work/$model.safetensors" "$work/input.pth" "$work/$model-out.pth"
    done
    $python "$script" check "$work" "$backbone" "$profile" "$size" || failed=1
done
exit "$failed"
