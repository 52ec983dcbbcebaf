#!/usr/bin/env bash
# Makes the virtual environment with the pinned versions, where it is missing or behind, and prints its Python.
#   venv.sh FOLDER; PYTHON names a Python 3.13 where none is on the path
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
venv=$1

is_313() {
  [[ $("$1" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null) == "3 13" ]]
}

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  found=
  for python in ${PYTHON:+"$PYTHON"} python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python; do
    if is_313 "$python"; then
      found=$python
      break
    fi
  done
  if [[ -z $found ]]; then
    echo "LocalStack 4.14.0 needs Python 3.13: name one by PYTHON=…" >&2
    exit 1
  fi
  "$found" -m venv --clear "$venv"
  # Twice quiet: it would tell at length which version was withdrawn, and why.
  "$venv/bin/pip" install --quiet --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$venv/installed.txt"
fi
echo "$venv/bin/python"
