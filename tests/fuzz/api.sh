#!/usr/bin/env bash
# Fuzzes the API of the built program by its own OpenAPI document.
#   FLUSSO_PROGRAM  the program that was built
#   SEED            what is drawn follows from it; `random` draws one and prints it
#   EXAMPLES        at most so many requests of each sort an operation
#   KEEP            a folder for the log, the report and the settings; else they are gone afterwards
set -euo pipefail
cd "$(dirname "$0")/../.."

SEED=${SEED:-1}
if [[ $SEED == random ]]; then
  SEED=$((RANDOM * 32768 + RANDOM))
fi
echo "SEED=$SEED repeats it"
venv=${CARGO_TARGET_DIR:-target}/fuzz-venv
python=$(infra/local/venv.sh "$venv" tests/fuzz/requirements.txt)
exec "$python" -B tests/fuzz/api.py "$FLUSSO_PROGRAM" "$SEED" "${EXAMPLES:-40}"
