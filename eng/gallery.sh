#!/usr/bin/env bash
# Runs all notebooks and keeps the executed copies in docs/gallery; about ten minutes on two cores.
# Another profile: bash eng/gallery.sh smoke FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
profile=${1:-quick}
out=${2:-docs/gallery}
mkdir -p "$out"

dotnet build -c Release -v quiet src/PolyCL.Cli
for notebook in notebooks/*.ipynb; do
    # The default needs no parameter, so that the copy has the notebook's own cells.
    parameters=()
    [ "$profile" = quick ] || parameters=(-p "profile=$profile")
    dotnet run -c Release --no-build --project src/PolyCL.Cli -- \
        notebook run "$notebook" --out "$out/$(basename "$notebook")" "${parameters[@]}"
done
